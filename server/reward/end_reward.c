/* Offers a reward no longer; ending it twice changes nothing. */
#include "reward.handlers.h"

enum status reward_end_reward(struct call *call, const EndRewardRequest *request, Reward *response)
{
        Reward *row = reward_get(call->txn, request->id);

        if (row->state == REWARD_STATE_OFFERED) {
                row->state = REWARD_STATE_ENDED;
                row->update_time = call_now(call);
                reward_update(call->txn, row);
                call_event(call, "reward.ended", row->id, "", NULL);
        }
        call_respond(response, reward_get(call->txn, row->id));
        return OK;
}
