/* Wraps some keys anew, in order of their owners. A key that is made behind its back is wrapped
 * with the new one already. */
#include "privacy.handlers.h"
#include "server/privacy/performers.h"
#include "server/privacy/rotation.h"

#define STEP_KEYS 250

enum status privacy_wrap_keys(
        struct call *call, const TimerRequest *request, Google__Protobuf__Empty *response)
{
        KeyRotation *rotation = key_rotation_get(call->txn, request->subject_id);

        if (rotation == NULL || rotation->state != ROTATION_STATE_WRAPPING)
                return call_fail(call, FAILED_PRECONDITION, "ROTATION_STATE",
                        "rotation %s wraps no keys now", request->subject_id);
        size_t looked =
                txn_wrap_anew(call->txn, rotation->wrap, STEP_KEYS, &rotation->after_owner_id);

        rotation->key_count += (int64_t)looked;
        if (looked == STEP_KEYS) {
                rotation_store(call, rotation, ROTATION_STATE_WRAPPING);
                call_schedule(call, call->now_us, "privacy.WrapKeys", rotation->id);
                return OK;
        }
        rotation_store(call, rotation, ROTATION_STATE_RETIRING);
        call_job(call, PRIVACY_RETIRE_KEYS, rotation->id, 0);
        return OK;
}
