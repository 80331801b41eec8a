/* Changes a segment. Whatever it was, everybody is judged anew: few do this, and often enough it is
 * the rules. */
#include "insight.handlers.h"
#include "server/change.h"
#include "server/insight/segment.h"

enum status insight_update_segment(
        struct call *call, const UpdateSegmentRequest *request, Segment *response)
{
        struct change change;
        void *row = NULL;

        if (!change_of(call, &segment_table, request->segment, request->update_mask, &change))
                return call->error.code;
        enum status status = change_check(call, &change);

        if (status == OK)
                status = change_apply(call, &change, &row);
        if (status == OK && row != NULL)
                status = segment_check(call, row);
        if (status != OK || row == NULL)
                return status;
        Segment *segment = row;

        if (!segment->ended && segment_get(call->txn, segment->id)->ended &&
                segment_check_room(call) != OK)
                return call->error.code;
        segment_evaluate(call, segment);
        segment_update(call->txn, segment);
        call_event(call, "segment.updated", segment->id, "", NULL);
        *response = *segment;
        return OK;
}
