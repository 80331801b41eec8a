/* Changes a segment. Whatever it was, everybody is judged anew: few do this, and often enough it is
 * the rules. */
#include "insight.handlers.h"
#include "server/change.h"
#include "server/insight/segment.h"

enum status insight_update_segment(
        struct call *call, const UpdateSegmentRequest *request, Segment *response)
{
        Segment *segment = change_row(call, &segment_table, request->segment, request->update_mask);

        if (segment == NULL || segment_check(call, segment) != OK)
                return call->error.code;
        if (!segment->ended && segment_get(call->txn, segment->id)->ended &&
                segment_check_room(call) != OK)
                return call->error.code;
        segment_evaluate(call, segment);
        segment_update(call->txn, segment);
        call_event(call, "segment.updated", segment->id, "", NULL);
        *response = *segment;
        return OK;
}
