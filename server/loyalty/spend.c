/*
 * Points spent for what other domains give for them, and given back. The reason that is kept is the
 * document's id, so that what it spent can be read off the ledger.
 */
#include "server/loyalty/loyalty.h"
#include "server/loyalty/points.h"

#include <assert.h>

enum status loyalty_spend(
        struct call *call, const char *member_id, int64_t points, const char *document_id)
{
        const struct points_cause cause = {.source = POINT_SOURCE_REWARD, .source_id = document_id};
        LoyaltyAccount *account = points_account(call, member_id);

        if (points_spend(call, account, points, POINT_ACCOUNT_REDEEMED, &cause))
                return OK;
        call_fact(call, "wanted", "%lld", (long long)points);
        call_fact(call, "available", "%lld", (long long)points_spendable(call, account));
        return call_fail(call, FAILED_PRECONDITION, "POINTS_NOT_AVAILABLE", "it costs %lld points",
                (long long)points);
}

void loyalty_unspend(
        struct call *call, const char *member_id, int64_t points, const char *document_id)
{
        const struct points_cause cause = {.source = POINT_SOURCE_REWARD, .source_id = document_id};
        bool back = points_give_back(call, points_account(call, member_id), points, &cause);

        assert(back);
}

int32_t loyalty_tier_level(struct call *call, const char *member_id)
{
        const LoyaltyAccount *account = loyalty_account_get(call->txn, member_id);

        return account == NULL ? 0 : account->tier_level;
}
