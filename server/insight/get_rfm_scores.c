/* Scores are computed when they are asked for: they change with the days. */
#include "insight.handlers.h"
#include "server/insight/definitions.h"
#include "server/insight/member.h"
#include "server/insight/standing.h"

static const struct definition definitions[] = {
        {"recency_score", "By days of the shop since the day of the latest paid order: 5 up to the "
                          "first boundary, 1 beyond the fourth."},
        {"frequency_score", "By paid orders: one more for each boundary that is exceeded."},
        {"monetary_score", "By what was paid in the first currency, with tax and shipping, less "
                           "refunds: one more for each boundary that is exceeded."},
        {"scale", "The k-th boundary is the ceil(k n / 5)-th smallest value of the n members with "
                  "an account and a paid order at rank_time; fixed until the next ranking."},
        {NULL, NULL},
};

enum status insight_get_rfm_scores(
        struct call *call, const GetRfmScoresRequest *request, RfmScores *response)
{
        const CustomerActivity *activity =
                request->member_id[0] != '\0' ? customer_activity_get(call->txn, request->member_id)
                                              : NULL;

        response->scale = rfm_scale_get(call->txn, RFM_ID);
        response->definitions = definitions_tell(call, definitions, &response->n_definitions);
        if (activity == NULL)
                return OK;
        struct standing standing = standing_of(activity, response->scale, call->now_us);

        response->recency_score = standing_recency_score(&standing);
        response->frequency_score = standing_frequency_score(&standing);
        response->monetary_score = standing_monetary_score(&standing);
        return OK;
}
