/*
 * A member's points and tier with what follows of them today. Who has none is answered all the
 * same: not having earned anything is no mistake.
 */
#include "loyalty.handlers.h"
#include "server/catalog/catalog.h"
#include "server/loyalty/programme.h"
#include "server/loyalty/tier.h"

static void fill(struct call *call, const ProgrammeVersion *programme, LoyaltyAccount *account)
{
        const TierRule *tier = programme_tier(programme, account->tier_level);
        const TierRule *next = programme_tier(programme, account->tier_level + 1);

        account->tier_growth = tier_growth(call, account->member_id, programme);
        if (tier != NULL) {
                account->privileges = tier->privileges;
                account->tier_title = catalog_text(call, tier->titles, tier->n_titles);
        }
        if (next != NULL && next->growth_min > account->tier_growth)
                account->missing_growth = next->growth_min - account->tier_growth;
}

enum status loyalty_get_loyalty_account(
        struct call *call, const GetLoyaltyAccountRequest *request, LoyaltyAccount *response)
{
        const char *member_id =
                request->member_id[0] != '\0' ? request->member_id : call->caller->id;
        const LoyaltyAccount *account = loyalty_account_get(call->txn, member_id);
        const ProgrammeVersion *programme = programme_now(call);

        if (account != NULL)
                *response = *account;
        response->member_id = call_text(call, member_id);
        if (programme != NULL)
                fill(call, programme, response);
        return OK;
}
