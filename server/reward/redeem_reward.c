/*
 * Points become a reward, all of it in one transaction: caps, stock and points are judged together,
 * so that the last gift goes to one member and nobody pays for nothing. A gift is no order: it has
 * no price, tax or return, only a unit on a shelf that is held for it. Refused: an order at 0.00,
 * which would have all of these and could be edited into something else.
 */
#include "reward.handlers.h"
#include "server/loyalty/loyalty.h"
#include "server/reward/offer.h"
#include "server/reward/redemption.h"
#include "server/supply/supply.h"

static enum status refuse(struct call *call, const char *reason, const char *why)
{
        return call_fail(call, FAILED_PRECONDITION, reason, "reward: %s", why);
}

/* How often the member redeemed it in the period that it is now. */
static int32_t redeemed_by(struct call *call, const Reward *reward, const char *member_id)
{
        struct scan *scan =
                reward_redemption_by_member_id_reward_id_latest(call->txn, member_id, reward->id);
        int64_t start_us = loyalty_period_start_us(reward->period, call->now_us);
        int32_t count = 0;

        for (const RewardRedemption *row; (row = reward_redemption_next(scan)) != NULL;) {
                if (time_us(row->create_time) < start_us)
                        break;
                count += row->state != REDEMPTION_STATE_CANCELLED;
        }
        return count;
}

static enum status check(
        struct call *call, const Reward *reward, const RedeemRewardRequest *request)
{
        if (!offer_is_known(call, reward))
                return offer_absent(call, "reward_id", request->reward_id);
        if (!offer_is_open(call, reward))
                return refuse(call, "REWARD_NOT_OFFERED", "is not offered now");
        if (reward->kind == REWARD_KIND_GIFT && request->delivery_address == NULL)
                return call_fail_field(call, "delivery_address", "ADDRESS_MISSING",
                        "delivery_address: where the gift goes");
        if (loyalty_tier_level(call, call->caller->id) < reward->tier_level_min) {
                call_fact(call, "tier_level_min", "%d", reward->tier_level_min);
                return refuse(call, "TIER_TOO_LOW", "is for a higher tier");
        }
        if (reward->stock > 0 && reward->redeemed >= reward->stock)
                return refuse(call, "REWARD_GONE", "all of them were redeemed");
        if (reward->member_max > 0 &&
                redeemed_by(call, reward, call->caller->id) >= reward->member_max) {
                call_fact(call, "limit", "%d", reward->member_max);
                return refuse(call, "REWARD_CAP", "was redeemed as often as a member may");
        }
        return OK;
}

/* A unit is allocated: nothing is waited for but the parcel. */
static enum status hold_gift(struct call *call, const Reward *reward, RewardRedemption *row)
{
        struct supply_holding *holdings;
        size_t count;
        enum status status =
                supply_reserve(call, reward->variant_id, 1, row->id, &holdings, &count);

        if (status != OK)
                return status;
        row->state = REDEMPTION_STATE_WAITING;
        row->variant_id = reward->variant_id;
        row->location_id = holdings[0].location_id;
        return supply_move(
                call, MOVEMENT_TYPE_ALLOCATE, row->variant_id, row->location_id, 1, row->id);
}

enum status reward_redeem_reward(
        struct call *call, const RedeemRewardRequest *request, RewardRedemption *response)
{
        Reward *reward = reward_get(call->txn, request->reward_id);
        enum status status = check(call, reward, request);

        if (status != OK)
                return status;
        RewardRedemption *row = redemption_new(call, reward, call->caller->id);

        row->points = reward->points;
        if (reward->kind == REWARD_KIND_GIFT)
                row->delivery_address = request->delivery_address;
        status = loyalty_spend(call, row->member_id, row->points, row->id);
        if (status == OK && reward->kind == REWARD_KIND_GIFT)
                status = hold_gift(call, reward, row);
        if (status != OK)
                return status;
        if (reward->kind == REWARD_KIND_COUPON)
                redemption_issue_coupon(call, reward, row);
        redemption_store_new(call, reward, row);
        call_event(call, "reward.redeemed", row->id, row->member_id, "points", row->points, NULL);
        call_respond(response, reward_redemption_get(call->txn, row->id));
        return OK;
}
