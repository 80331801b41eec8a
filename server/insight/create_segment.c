/* Makes a segment; everybody is judged by it in steps that follow. */
#include "insight.handlers.h"
#include "server/change.h"
#include "server/insight/segment.h"

enum status insight_create_segment(
        struct call *call, const CreateSegmentRequest *request, Segment *response)
{
        enum status status = change_check_new(call, &segment_table, request->segment, "segment");
        Segment segment = *request->segment;

        if (status == OK)
                status = segment_check(call, &segment);
        if (status == OK && !segment.ended)
                status = segment_check_room(call);
        if (status != OK)
                return status;
        segment.state = SEGMENT_STATE_EVALUATING;
        Segment *stored = change_insert(call, &segment_table, &segment);

        if (stored == NULL) /* the failure is the transaction's */
                return OK;
        segment_evaluate(call, stored);
        segment_update(call->txn, stored);
        *response = *stored;
        return OK;
}
