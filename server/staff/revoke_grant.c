/* Ends a grant. It stays to be read, with who ended it and why. */
#include "server/staff/grant.h"
#include "staff.handlers.h"

enum status staff_revoke_grant(
        struct call *call, const RevokeGrantRequest *request, RoleGrant *response)
{
        RoleGrant *grant = role_grant_get(call->txn, request->id);
        bool counts = grant->state == GRANT_STATE_ACTIVE;

        if (!counts && grant->state != GRANT_STATE_PENDING)
                return call_fail(call, FAILED_PRECONDITION, "GRANT_ENDED",
                        "grant %s has ended before", grant->id);
        if (counts && grant->post == POST_ADMINISTRATOR &&
                grant_is_last_administrator(call, grant->staff_id))
                return grant_refuse_last(call, "id");
        grant_end(call, grant, GRANT_STATE_REVOKED, request->reason);
        call_respond(response, role_grant_get(call->txn, grant->id));
        return OK;
}
