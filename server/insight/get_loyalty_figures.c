/* The programme in figures: sums that the ledger keeps, told with what they mean. */
#include "insight.handlers.h"
#include "server/insight/definitions.h"
#include "server/loyalty/loyalty.h"

static const struct definition definitions[] = {
        {"tiers.member_count", "Members who have the tier now, those in its grace among them."},
        {"given", "Points given for orders, activities and by staff, less what staff took."},
        {"pending", "Points of orders whose return window is open, or a case of theirs."},
        {"expired", "Points whose last day passed before they were spent."},
        {"taken_back", "Points of what was cancelled or came back; not those spent before."},
        {NULL, NULL},
};

static void tell_tiers(struct call *call, LoyaltyFigures *response)
{
        response->tiers = call_array(call, TierFigure *, LOYALTY_LEVEL_MAX);
        for (int32_t level = 1; level <= LOYALTY_LEVEL_MAX; level++) {
                TierFigure *row = call_new(call, TierFigure);

                *row = (TierFigure)TIER_FIGURE_INIT;
                row->level = level;
                row->member_count = loyalty_members_at(call, level);
                if (row->member_count > 0)
                        response->tiers[response->n_tiers++] = row;
        }
}

enum status insight_get_loyalty_figures(
        struct call *call, const GetLoyaltyFiguresRequest *request, LoyaltyFigures *response)
{
        tell_tiers(call, response);
        response->given = -loyalty_points_in(call, POINT_ACCOUNT_ISSUED);
        response->pending = loyalty_points_in(call, POINT_ACCOUNT_PENDING);
        response->available = loyalty_points_in(call, POINT_ACCOUNT_AVAILABLE);
        response->held = loyalty_points_in(call, POINT_ACCOUNT_HELD);
        response->spent = loyalty_points_in(call, POINT_ACCOUNT_REDEEMED);
        response->expired = loyalty_points_in(call, POINT_ACCOUNT_EXPIRED);
        response->taken_back = loyalty_points_in(call, POINT_ACCOUNT_CLAWED_BACK);
        response->definitions = definitions_tell(call, definitions, &response->n_definitions);
        return OK;
}
