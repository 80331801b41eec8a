/*
 * A reward may be for the best customers first: until its time only members whose tier is asked to
 * what is exclusive know of it, and to all others it is not there, in the very bytes of a reward
 * that never was. Refused: events with registrations of their own, which would be gifts with a
 * stock, a cap a member and a way to take them back, once more.
 */
#include "server/reward/offer.h"

#include "server/loyalty/loyalty.h"

bool offer_is_open(const struct call *call, const Reward *reward)
{
        return reward->state == REWARD_STATE_OFFERED &&
               time_us(reward->start_time) <= call->now_us &&
               (reward->end_time == NULL || call->now_us < time_us(reward->end_time));
}

bool offer_is_known(struct call *call, const Reward *reward)
{
        if (time_us(reward->start_time) > call->now_us ||
                reward->occasion != REWARD_OCCASION_UNSPECIFIED)
                return false;
        return time_us(reward->exclusive_until_time) <= call->now_us ||
               privilege_of(call, call->caller->id, PRIVILEGE_EXCLUSIVE_EVENTS) > 0;
}

enum status offer_absent(struct call *call, const char *field, const char *id)
{
        return call_fail_absent(call, field, "REWARD", "reward", id);
}
