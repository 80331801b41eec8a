/*
 * A step of an evaluation: some customers are judged, where it came to is in the segment, and the
 * next step is a timer of this instant. So it goes on where it was after any crash, and no step
 * keeps the writer for long.
 */
#include "insight.handlers.h"
#include "server/insight/member.h"
#include "server/insight/segment.h"

enum status insight_continue_evaluation(
        struct call *call, const TimerRequest *request, Segment *response)
{
        Segment *segment = segment_get(call->txn, request->subject_id);

        if (segment == NULL || segment->state != SEGMENT_STATE_EVALUATING)
                return OK;
        const char *last = member_sweep(call, segment->evaluated_to);

        segment = segment_get(call->txn, segment->id); /* they came and went */
        segment->evaluated_to = last;
        if (last[0] != '\0') {
                call_schedule(call, call->now_us, call->method->name, segment->id);
        } else {
                segment->state = SEGMENT_STATE_READY;
                segment->evaluate_time = call_now(call);
        }
        segment_update(call->txn, segment);
        call_event(
                call, "segment.evaluated", segment->id, "", "members", segment->member_count, NULL);
        *response = *segment;
        return OK;
}
