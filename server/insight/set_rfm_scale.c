/* Boundaries that were computed: segments by scores are judged anew with them. */
#include "insight.handlers.h"
#include "server/insight/member.h"
#include "server/insight/rank.h"
#include "server/insight/segment.h"

static void copy(struct call *call, size_t *n, int64_t **to, const int64_t *from)
{
        *n = 4;
        *to = call_array(call, int64_t, 4);
        for (size_t i = 0; i < 4; i++)
                (*to)[i] = from[i];
}

enum status insight_set_rfm_scale(
        struct call *call, const SetRfmScaleRequest *request, RfmScale *response)
{
        RfmScale *scale = rfm_scale_get(call->txn, RFM_ID);
        struct scan *scan = segment_all(call->txn);

        if (scale == NULL || request->n_recency_days != 4 || request->n_order_counts != 4 ||
                request->n_spends_minor != 4)
                return call_fail(call, FAILED_PRECONDITION, "NOT_ASKED", "nobody asked for it");
        copy(call, &scale->n_recency_days, &scale->recency_days, request->recency_days);
        copy(call, &scale->n_order_counts, &scale->order_counts, request->order_counts);
        copy(call, &scale->n_spends_minor, &scale->spends_minor, request->spends_minor);
        scale->member_count = request->member_count;
        scale->rank_time = call_now(call);
        scale->ranking = false;
        rank_store(call, scale, "rfm_scale.set");
        for (Segment *segment; (segment = segment_next(scan)) != NULL;)
                if (!segment->ended && segment_uses_scores(segment)) {
                        segment_evaluate(call, segment);
                        segment_update(call->txn, segment);
                }
        *response = *scale;
        return OK;
}
