/* The new wrapping key is durable: from now on new keys of owners are wrapped with it, and those
 * that there are follow in steps. */
#include "privacy.handlers.h"
#include "server/privacy/rotation.h"

enum status privacy_record_wrapping_key(struct call *call, const RecordWrappingKeyRequest *request,
        Google__Protobuf__Empty *response)
{
        KeyRotation *rotation = key_rotation_get(call->txn, request->rotation_id);

        if (rotation->state != ROTATION_STATE_MAKING)
                return call_fail(call, FAILED_PRECONDITION, "ROTATION_STATE",
                        "rotation %s makes no key now", rotation->id);
        rotation->wrap = request->wrap;
        rotation->master = request->master;
        rotation_store(call, rotation, ROTATION_STATE_WRAPPING);
        call_schedule(call, call->now_us, "privacy.WrapKeys", rotation->id);
        return OK;
}
