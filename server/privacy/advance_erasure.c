/*
 * A step of an erasure. What it deletes is unreadable already; what is left then are the wrapped
 * bytes of the destroyed key in free pages and logs, which the next rotation makes worth nothing.
 */
#include "privacy.handlers.h"
#include "server/owned.h"
#include "server/privacy/rotation.h"

#define STEP_CHANGES 2000 /* keys, and those of the row with which it is reached */

enum status privacy_advance_erasure(
        struct call *call, const TimerRequest *request, Google__Protobuf__Empty *response)
{
        Erasure *erasure = erasure_get(call->txn, request->subject_id);

        if (erasure == NULL || erasure->state != ERASURE_STATE_DELETING)
                return call_fail(call, FAILED_PRECONDITION, "ERASURE_STATE",
                        "erasure %s deletes no rows now", request->subject_id);
        enum owned_left left =
                owned_forget(call, erasure->member_id, STEP_CHANGES, &erasure->row_count);

        if (left == OWNED_MORE) {
                call_schedule(call, call->now_us, "privacy.AdvanceErasure", erasure->id);
        } else {
                erasure->state = ERASURE_STATE_WRAPPING;
                erasure->rotation_id = rotation_ask(call, ROTATION_KIND_ERASURE)->id;
        }
        erasure_update(call->txn, erasure);
        call_event(call, "member.erasure_advanced", erasure->id, erasure->member_id, "rows",
                erasure->row_count, NULL);
        return OK;
}
