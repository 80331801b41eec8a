/*
 * What was shown to somebody, told by whoever showed it: a page of it is one call, one row of
 * theirs and a figure for each reason. Refused: a row for each recommendation that is answered,
 * which would make a read a write, and count what nobody looked at.
 */
#include <string.h>
#include "insight.handlers.h"
#include "server/insight/recommend.h"

static enum status check(struct call *call, const RecordImpressionsRequest *request)
{
        for (size_t i = 0; i < request->n_impressions; i++)
                for (size_t before = 0; before < i; before++)
                        if (strcmp(request->impressions[before]->product_id,
                                    request->impressions[i]->product_id) == 0) {
                                const char *field =
                                        call_printf(call, "impressions[%zu].product_id", i);

                                return call_fail_field(
                                        call, field, "REPEATED", "%s: each product once", field);
                        }
        return OK;
}

static const ShownRecommendation *find(const ShownRecommendations *row, const char *product_id)
{
        for (size_t i = 0; row != NULL && i < row->n_shown; i++)
                if (strcmp(row->shown[i]->product_id, product_id) == 0)
                        return row->shown[i];
        return NULL;
}

static ShownRecommendation *shown_now(
        struct call *call, const Impression *impression, const ShownRecommendation *before)
{
        ShownRecommendation *shown = call_new(call, ShownRecommendation);

        *shown = (ShownRecommendation)SHOWN_RECOMMENDATION_INIT;
        shown->product_id = impression->product_id;
        shown->reason = impression->reason;
        shown->show_time = call_now(call);
        shown->show_count = (before == NULL ? 0 : before->show_count) + 1;
        return shown;
}

/* Those of the request, then the others there were, as far as there is room. */
static void fill(struct call *call, const RecordImpressionsRequest *request,
        const ShownRecommendations *before, ShownRecommendations *row)
{
        row->shown = call_array(call, ShownRecommendation *, SIGHTS_MAX);
        for (size_t i = 0; i < request->n_impressions; i++)
                row->shown[row->n_shown++] = shown_now(call, request->impressions[i],
                        find(before, request->impressions[i]->product_id));
        for (size_t i = 0; before != NULL && i < before->n_shown && row->n_shown < SIGHTS_MAX; i++)
                if (find(row, before->shown[i]->product_id) == NULL)
                        row->shown[row->n_shown++] = before->shown[i];
}

static void count(struct call *call, const RecordImpressionsRequest *request)
{
        int64_t counts[RECOMMENDATION_REASON_POPULAR + 1] = {0};

        for (size_t i = 0; i < request->n_impressions; i++)
                counts[request->impressions[i]->reason]++;
        for (int reason = 1; reason <= RECOMMENDATION_REASON_POPULAR; reason++)
                if (counts[reason] > 0)
                        recommend_count_shown(call, reason, counts[reason]);
}

enum status insight_record_impressions(
        struct call *call, const RecordImpressionsRequest *request, ShownRecommendations *response)
{
        if (recommend_check_caller(call) != OK || check(call, request) != OK)
                return call->error.code;
        const ShownRecommendations *before = shown_recommendations_get(call->txn, call->caller->id);
        ShownRecommendations row = SHOWN_RECOMMENDATIONS_INIT;

        row.member_id = call->caller->id;
        fill(call, request, before, &row);
        if (before == NULL)
                shown_recommendations_insert(call->txn, &row);
        else
                shown_recommendations_update(call->txn, &row);
        count(call, request);
        call_event(call, "recommendation.shown", row.member_id, row.member_id, "products",
                (int64_t)request->n_impressions, NULL);
        *response = row;
        return OK;
}
