/* What became of recommendations, with what the figures mean. */
#include "insight.handlers.h"
#include "server/insight/definitions.h"

static const struct definition definitions[] = {
        {"months.show_count", "Recommendations that were shown in the month, each time, as far as "
                              "clients told of it, by their reason."},
        {"months.click_count", "Recommendations that a customer followed in the month, by the "
                               "reason that came with them."},
        {"months.buy_count",
                "Products in orders paid in the month that their customer had followed "
                "in the 30 days before, each once."},
        {NULL, NULL},
};

enum status insight_get_recommendation_figures(struct call *call,
        const GetRecommendationFiguresRequest *request, RecommendationFigures *response)
{
        struct scan *scan = recommendation_month_all(call->txn);
        size_t count = 0;
        RecommendationMonth *row;

        if (request->month_to < request->month_from)
                return call_fail_field(
                        call, "month_to", "BEFORE_MONTH_FROM", "month_to: not before month_from");
        while ((row = recommendation_month_next(scan)) != NULL)
                count++;
        response->months = call_array(call, RecommendationMonth *, count);
        scan = recommendation_month_all(call->txn);
        while ((row = recommendation_month_next(scan)) != NULL)
                if (row->month >= request->month_from && row->month <= request->month_to)
                        response->months[response->n_months++] = row;
        response->definitions = definitions_tell(call, definitions, &response->n_definitions);
        return OK;
}
