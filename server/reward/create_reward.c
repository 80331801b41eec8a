/*
 * Offers a reward. Custom because a gift and a coupon need different things.
 */
#include "reward.handlers.h"
#include "server/change.h"

static enum status refuse(struct call *call, const char *field, const char *why)
{
        return call_fail_field(call, field, "REQUIRED", "%s: %s", field, why);
}

/* What the shop gives costs nothing, and a gift needs an address, which nobody was asked for. */
static enum status check_occasion(struct call *call, const Reward *row)
{
        bool given = row->occasion != REWARD_OCCASION_UNSPECIFIED;

        if (!given && row->points == 0)
                return refuse(call, "reward.points", "what it costs");
        if (given && row->points != 0)
                return call_fail_field(call, "reward.points", "NOT_ALLOWED",
                        "reward.points: what is given on an occasion costs nothing");
        if (given && row->kind == REWARD_KIND_GIFT)
                return call_fail_field(call, "reward.occasion", "NOT_ALLOWED",
                        "reward.occasion: only coupons are given by themselves");
        return OK;
}

static enum status check(struct call *call, const Reward *row)
{
        bool gift = row->kind == REWARD_KIND_GIFT;
        enum status status = check_occasion(call, row);

        if (status != OK)
                return status;
        if (gift && row->variant_id[0] == '\0')
                return refuse(call, "reward.variant_id", "what is sent");
        if (!gift && row->coupon == NULL)
                return refuse(call, "reward.coupon", "what it gives");
        if (gift ? row->coupon != NULL : row->variant_id[0] != '\0')
                return call_fail_field(call, gift ? "reward.coupon" : "reward.variant_id",
                        "NOT_ALLOWED", "%s: a reward is a gift or a coupon",
                        gift ? "reward.coupon" : "reward.variant_id");
        if ((row->member_max > 0) != (row->period != CAP_PERIOD_UNSPECIFIED))
                return call_fail_field(call, "reward.period", "PERIOD_MISSING",
                        "reward.period: a cap and its period go together");
        if (row->end_time != NULL && time_us(row->end_time) <= time_us(row->start_time))
                return call_fail_field(call, "reward.end_time", "ENDS_BEFORE_START",
                        "reward.end_time: after the start");
        if (row->exclusive_until_time != NULL &&
                time_us(row->exclusive_until_time) <= time_us(row->start_time))
                return call_fail_field(call, "reward.exclusive_until_time", "ENDS_BEFORE_START",
                        "reward.exclusive_until_time: after the start");
        if (reward_get_by_slug(call->txn, row->slug) != NULL)
                return call_fail_field(
                        call, "reward.slug", "SLUG_TAKEN", "reward.slug: another reward has it");
        return OK;
}

enum status reward_create_reward(
        struct call *call, const CreateRewardRequest *request, Reward *response)
{
        Reward row = *request->reward;
        enum status status = change_check_new(call, &reward_table, &row, "reward");

        if (status == OK)
                status = check(call, &row);
        if (status != OK)
                return status;
        row.state = REWARD_STATE_OFFERED;
        call_respond(response, change_insert(call, &reward_table, &row));
        return OK;
}
