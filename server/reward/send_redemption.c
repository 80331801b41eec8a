/* A gift leaves the shelf. */
#include "reward.handlers.h"
#include "server/supply/supply.h"

enum status reward_send_redemption(
        struct call *call, const SendRedemptionRequest *request, RewardRedemption *response)
{
        RewardRedemption *row = reward_redemption_get(call->txn, request->id);
        enum status status;

        if (row->state != REDEMPTION_STATE_WAITING)
                return call_fail(call, FAILED_PRECONDITION, "NOT_WAITING",
                        "redemption %s is no gift that waits", row->id);
        status = supply_move(
                call, MOVEMENT_TYPE_SHIP, row->variant_id, row->location_id, 1, row->id);
        if (status != OK)
                return status;
        row->state = REDEMPTION_STATE_DONE;
        row->carrier = request->carrier;
        row->tracking_number = request->tracking_number;
        row->update_time = call_now(call);
        reward_redemption_update(call->txn, row);
        call_event(call, "reward.sent", row->id, row->member_id, NULL);
        call_respond(response, reward_redemption_get(call->txn, row->id));
        return OK;
}
