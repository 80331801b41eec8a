/* Ends one session: a telephone that was lost is signed out from the computer. */
#include "server/membership/device.h"
#include "membership.handlers.h"

enum status membership_revoke_session(
        struct call *call, const RevokeSessionRequest *request, Google__Protobuf__Empty *response)
{
        const MemberSession *session = member_session_get(call->txn, request->session_id);

        device_end(call, session);
        call_event(call, "member.session_revoked", session->id, session->member_id, NULL);
        return OK;
}
