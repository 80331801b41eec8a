/* Asks for a new master key. The file is not touched here: a handler changes rows and no files. */
#include "privacy.handlers.h"
#include "server/privacy/rotation.h"

enum status privacy_rotate_master_key(
        struct call *call, const RotateMasterKeyRequest *request, KeyRotation *response)
{
        const KeyRotation *earlier = rotation_pending(call, ROTATION_KIND_MASTER_KEY);

        if (earlier != NULL) {
                call_fact(call, "rotation_id", "%s", earlier->id);
                return call_fail(call, FAILED_PRECONDITION, "ROTATION_RUNNING",
                        "rotation %s of the master key is not done", earlier->id);
        }
        *response = *rotation_ask(call, ROTATION_KIND_MASTER_KEY);
        call_event(call, "privacy.rotation_asked", response->id, "", NULL);
        return OK;
}
