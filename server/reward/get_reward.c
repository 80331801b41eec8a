/* One reward. Whether this caller may know of it is decided here: it is nobody's own. */
#include "reward.handlers.h"
#include "server/reward/offer.h"

enum status reward_get_reward(struct call *call, const GetRewardRequest *request, Reward *response)
{
        const Reward *row = reward_get(call->txn, request->id);

        if (!call_is_staff(call) && !offer_is_known(call, row))
                return offer_absent(call, "id", request->id);
        *response = *row;
        return OK;
}
