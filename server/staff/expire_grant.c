/* The end of a grant's time, and of a request that nobody approved. */
#include "server/staff/grant.h"
#include "staff.handlers.h"

enum status staff_expire_grant(
        struct call *call, const TimerRequest *request, Google__Protobuf__Empty *response)
{
        RoleGrant *grant = role_grant_get(call->txn, request->subject_id);

        if (grant == NULL ||
                (grant->state != GRANT_STATE_ACTIVE && grant->state != GRANT_STATE_PENDING))
                return OK;
        grant_end(call, grant, GRANT_STATE_EXPIRED, "");
        return OK;
}
