/* The old wrapping keys are in no file: what was erased before is final, and the next rotation that
 * waits begins. */
#include "privacy.handlers.h"
#include "server/privacy/rotation.h"

static void finish_erasures(struct call *call, const KeyRotation *rotation)
{
        struct scan *scan = erasure_by_rotation_id(call->txn, rotation->id);
        Erasure *erasure;

        while ((erasure = erasure_next(scan)) != NULL) {
                erasure->state = ERASURE_STATE_FINAL;
                erasure->finish_time = call_now(call);
                erasure_update(call->txn, erasure);
                call_event(call, "member.erasure_final", erasure->id, erasure->member_id, NULL);
        }
}

enum status privacy_record_retired_keys(struct call *call, const RecordRetiredKeysRequest *request,
        Google__Protobuf__Empty *response)
{
        KeyRotation *rotation = key_rotation_get(call->txn, request->rotation_id);

        if (rotation->state != ROTATION_STATE_RETIRING)
                return call_fail(call, FAILED_PRECONDITION, "ROTATION_STATE",
                        "rotation %s retires no keys now", rotation->id);
        rotation->finish_time = call_now(call);
        rotation_store(call, rotation, ROTATION_STATE_DONE);
        finish_erasures(call, rotation);
        rotation_begin_next(call);
        return OK;
}
