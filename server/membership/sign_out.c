/*
 * Ends the session that the call came with, and no other: the telephone stays signed in when the
 * computer signs out.
 */
#include "server/membership/device.h"
#include "server/session.h"
#include "membership.handlers.h"

enum status membership_sign_out(
        struct call *call, const SignOutRequest *request, Google__Protobuf__Empty *response)
{
        if (member_get(call->txn, call->caller->id) == NULL)
                return call_fail(call, FAILED_PRECONDITION, "NOT_A_MEMBER",
                        "only members and guests sign out; keys are revoked");
        const MemberSession *session = member_session_get(call->txn, call->caller->session_id);

        session_close(call);
        if (session != NULL)
                device_end(call, session);
        call_event(call, "member.signed_out", call->caller->id, call->caller->id, NULL);
        return OK;
}
