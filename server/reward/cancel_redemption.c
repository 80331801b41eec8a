/*
 * Takes a redemption back while nothing of it was used: the gift's unit is free again, the coupon
 * ends, and the points come back first of all with the expiry that they had.
 */
#include "reward.handlers.h"
#include "server/loyalty/loyalty.h"
#include "server/reward/redemption.h"
#include "server/supply/supply.h"

static enum status refuse(struct call *call, const RewardRedemption *row)
{
        return call_fail(call, FAILED_PRECONDITION, "NOT_CANCELLABLE",
                "redemption %s was sent, used or cancelled before", row->id);
}

static enum status take_coupon(struct call *call, const RewardRedemption *row)
{
        Coupon *coupon = coupon_get(call->txn, row->coupon_id);

        if (coupon->state != COUPON_STATE_CLAIMED)
                return refuse(call, row);
        coupon->state = COUPON_STATE_CANCELLED;
        coupon->update_time = call_now(call);
        coupon_update(call->txn, coupon);
        call_unschedule(call, COUPON_EXPIRY_METHOD, coupon->id);
        return OK;
}

static enum status undo(struct call *call, const RewardRedemption *row)
{
        if (row->kind == REWARD_KIND_COUPON && row->state == REDEMPTION_STATE_DONE)
                return take_coupon(call, row);
        if (row->state != REDEMPTION_STATE_WAITING)
                return refuse(call, row);
        return supply_move(
                call, MOVEMENT_TYPE_DEALLOCATE, row->variant_id, row->location_id, 1, row->id);
}

enum status reward_cancel_redemption(
        struct call *call, const CancelRedemptionRequest *request, RewardRedemption *response)
{
        RewardRedemption *row = reward_redemption_get(call->txn, request->id);
        Reward *reward = reward_get(call->txn, row->reward_id);
        enum status status = undo(call, row);

        if (status != OK)
                return status;
        loyalty_unspend(call, row->member_id, row->points, row->id);
        row->state = REDEMPTION_STATE_CANCELLED;
        row->update_time = call_now(call);
        reward_redemption_update(call->txn, row);
        reward->redeemed--;
        reward->update_time = call_now(call);
        reward_update(call->txn, reward);
        call_event(call, "reward.cancelled", row->id, row->member_id, "points", row->points, NULL);
        call_respond(response, reward_redemption_get(call->txn, row->id));
        return OK;
}
