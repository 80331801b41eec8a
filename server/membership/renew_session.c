/*
 * A new token for an old one. The old one ends a minute later rather than at once: an answer can be
 * lost, and the caller must then still be who they were to ask for it again.
 */
#include "server/membership/account.h"
#include "server/session.h"
#include "membership.handlers.h"

#define GRACE_MS INT64_C(60000)

enum status membership_renew_session(
        struct call *call, const RenewSessionRequest *request, SessionGrant *response)
{
        Member *member = member_get(call->txn, call->caller->id);

        if (member == NULL)
                return call_fail(call, FAILED_PRECONDITION, "NOT_A_MEMBER",
                        "only sessions of members and guests are renewed; keys do not end");
        session_close_in(call, GRACE_MS);
        account_grant(call, member, response);
        call_event(call, "member.session_renewed", member->id, member->id, NULL);
        return OK;
}
