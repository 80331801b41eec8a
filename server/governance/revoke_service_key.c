/* Ends a key at once: its sessions are gone with this call's commit. */
#include "governance.handlers.h"
#include "server/session.h"

enum status governance_revoke_service_key(
        struct call *call, const RevokeServiceKeyRequest *request, ServiceKey *response)
{
        ServiceKey *key = service_key_get(call->txn, request->id);

        if (key->state != SERVICE_KEY_STATE_REVOKED) {
                key->state = SERVICE_KEY_STATE_REVOKED;
                service_key_update(call->txn, key);
                session_close_all(call, key->id);
                call_event(call, "service_key.revoked", key->id, "", NULL);
        }
        *response = *key;
        return OK;
}
