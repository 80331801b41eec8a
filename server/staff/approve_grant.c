/* The second pair of eyes: neither those of who asked nor of who receives, and no program's. */
#include "server/staff/grant.h"

#include <string.h>
#include "staff.handlers.h"

static enum status check(struct call *call, const RoleGrant *grant)
{
        const StaffAccount *account = staff_account_get(call->txn, grant->staff_id);

        if (grant->state != GRANT_STATE_PENDING)
                return call_fail(call, FAILED_PRECONDITION, "GRANT_NOT_PENDING",
                        "grant %s does not wait for approval", grant->id);
        if (strcmp(call->caller->id, grant->granted_by) == 0)
                return grant_deny(
                        call, "id", "FOUR_EYES", "who asked for a grant does not approve it");
        if (strcmp(call->caller->id, grant->staff_id) == 0)
                return grant_deny(
                        call, "id", "FOUR_EYES", "who receives a grant does not approve it");
        if (!grant_by_person(call))
                return grant_deny(call, "id", "NOT_A_PERSON", "grants are approved by people");
        if (account->state != STAFF_STATE_ACTIVE)
                return call_fail(call, FAILED_PRECONDITION, "ACCOUNT_SUSPENDED",
                        "account %s is suspended", account->id);
        return OK;
}

enum status staff_approve_grant(
        struct call *call, const ApproveGrantRequest *request, RoleGrant *response)
{
        RoleGrant *grant = role_grant_get(call->txn, request->id);
        enum status status = check(call, grant);

        if (status != OK)
                return status;
        grant->approved_by = call->caller->id;
        grant_start(call, grant);
        role_grant_update(call->txn, grant);
        grant_tell(call, "role_grant.approved", grant);
        call_respond(response, role_grant_get(call->txn, grant->id));
        return OK;
}
