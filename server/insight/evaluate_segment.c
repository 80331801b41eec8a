/* Asks for a complete evaluation; one that goes on begins anew. */
#include "insight.handlers.h"
#include "server/insight/segment.h"

enum status insight_evaluate_segment(
        struct call *call, const EvaluateSegmentRequest *request, Segment *response)
{
        Segment *segment = segment_get(call->txn, request->id);

        segment_evaluate(call, segment);
        segment_update(call->txn, segment);
        call_event(call, "segment.evaluation_begun", segment->id, "", NULL);
        *response = *segment;
        return OK;
}
