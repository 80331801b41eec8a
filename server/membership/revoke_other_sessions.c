/* Ends every session but the caller's own, also those whose rows the member has not looked at. */
#include "server/membership/device.h"
#include "membership.handlers.h"

enum status membership_revoke_other_sessions(struct call *call,
        const RevokeOtherSessionsRequest *request, RevokeOtherSessionsResponse *response)
{
        const struct caller *caller = call->caller;

        if (!member_has(call->txn, caller->id))
                return call_fail(call, FAILED_PRECONDITION, "NOT_A_MEMBER",
                        "only members and guests have sessions; keys are revoked");
        response->revoked_count = device_end_others(call, caller->id, caller->session_id);
        call_event(call, "member.other_sessions_revoked", caller->id, caller->id, "sessions",
                (int64_t)response->revoked_count, NULL);
        return OK;
}
