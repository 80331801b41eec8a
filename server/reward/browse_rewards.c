/* What the caller may redeem now, through the index that has the cheapest first. */
#include "reward.handlers.h"
#include "server/page.h"
#include "server/reward/offer.h"

enum status reward_browse_rewards(
        struct call *call, const BrowseRewardsRequest *request, BrowseRewardsResponse *response)
{
        size_t size = page_size(call, request);
        struct scan *scan = reward_by_state(call->txn, REWARD_STATE_OFFERED);
        enum status status = page_resume(call, request, scan);
        const char *here = NULL;

        if (status != OK)
                return status;
        response->rewards = call_array(call, Reward *, size);
        for (Reward *row; (row = reward_next(scan)) != NULL;) {
                if (!offer_is_open(call, row) || !offer_is_known(call, row))
                        continue;
                if (response->n_rewards == size) {
                        response->next_page_token = here;
                        break;
                }
                response->rewards[response->n_rewards++] = row;
                if (response->n_rewards == size)
                        here = page_token_here(call, request, scan);
        }
        return OK;
}
