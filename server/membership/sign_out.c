/*
 * Ends the session that the call came with, and no other: the telephone stays signed in when the
 * computer signs out.
 */
#include "server/membership/account.h"
#include "server/session.h"
#include "membership.handlers.h"

enum status membership_sign_out(
        struct call *call, const SignOutRequest *request, Google__Protobuf__Empty *response)
{
        if (member_get(call->txn, call->caller->id) == NULL)
                return call_fail(call, FAILED_PRECONDITION, "NOT_A_MEMBER",
                        "only members and guests sign out; keys are revoked");
        session_close(call);
        call_event(call, "member.signed_out", call->caller->id, call->caller->id, NULL);
        return OK;
}
