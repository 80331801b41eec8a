/*
 * How a member comes to a reward: for points, or because the shop gives it on an occasion. What is
 * given is a redemption like any other, for no points, so that stock, figures and proofs are one.
 */
#include "lib/base/calendar.h"
#include "server/loyalty/loyalty.h"
#include "server/reward/offer.h"
#include "server/reward/redemption.h"
#include "server/reward/reward.h"

RewardRedemption *redemption_new(struct call *call, const Reward *reward, const char *member_id)
{
        RewardRedemption *row = call_new(call, RewardRedemption);

        *row = (RewardRedemption)REWARD_REDEMPTION_INIT;
        row->id = call_new_id(call);
        row->member_id = member_id;
        row->reward_id = reward->id;
        row->kind = reward->kind;
        row->create_time = call_now(call);
        row->update_time = row->create_time;
        return row;
}

void redemption_issue_coupon(struct call *call, const Reward *reward, RewardRedemption *row)
{
        Coupon *coupon = call_new(call, Coupon);

        *coupon = (Coupon)COUPON_INIT;
        coupon->id = call_new_id(call);
        coupon->member_id = row->member_id;
        coupon->state = COUPON_STATE_CLAIMED;
        coupon->currency_code = reward->coupon->currency_code;
        coupon->amount_minor = reward->coupon->amount_minor;
        coupon->goods_min_minor = reward->coupon->goods_min_minor;
        coupon->expire_time =
                call_time(call, calendar_days_end_us(call->now_us, reward->coupon->valid_days));
        coupon->redemption_id = row->id;
        coupon->create_time = call_now(call);
        coupon->update_time = coupon->create_time;
        coupon_insert(call->txn, coupon);
        call_schedule(call, time_us(coupon->expire_time), COUPON_EXPIRY_METHOD, coupon->id);
        row->state = REDEMPTION_STATE_DONE;
        row->coupon_id = coupon->id;
}

void redemption_store_new(struct call *call, Reward *reward, RewardRedemption *row)
{
        reward->redeemed++;
        reward->update_time = call_now(call);
        reward_update(call->txn, reward);
        reward_redemption_insert(call->txn, row);
}

static bool is_left(const Reward *reward)
{
        return reward->stock == 0 || reward->redeemed < reward->stock;
}

/* The best that the member's tier reaches; NULL: nothing is offered. */
static Reward *choose(struct call *call, RewardOccasion occasion, int32_t level)
{
        struct scan *scan = reward_by_occasion_latest(call->txn, occasion);

        for (Reward *row; (row = reward_next(scan)) != NULL;)
                if (row->tier_level_min <= level && offer_is_open(call, row) && is_left(row))
                        return row;
        return NULL;
}

const char *reward_give(struct call *call, RewardOccasion occasion, const char *member_id)
{
        Reward *reward = choose(call, occasion, loyalty_tier_level(call, member_id));

        if (reward == NULL)
                return "";
        RewardRedemption *row = redemption_new(call, reward, member_id);

        redemption_issue_coupon(call, reward, row);
        redemption_store_new(call, reward, row);
        call_event(call, "reward.given", row->id, member_id, NULL);
        return row->coupon_id;
}
