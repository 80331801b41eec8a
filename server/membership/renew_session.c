/*
 * New tokens for a refresh token. Each is good once: when one comes a second time, either a thief
 * has it or its owner's device does, and nobody can tell which of the two has the tokens since; so
 * the session ends for both. An answer that was lost is no second time: the retry has the same
 * request id and is given the same answer, which only whoever made the first request can ask for.
 */
#include "server/membership/device.h"
#include "server/notification/notification.h"
#include "membership.handlers.h"

static enum status refuse_reuse(struct call *call, const MemberSession *session)
{
        const char *member_id = call_text(call, session->member_id);

        device_end(call, session);
        notification_send(
                call, &(struct notification){.member_id = member_id,
                              .template_key = "account.session_ended",
                              .dedupe_key = call_printf(call, "session:%s", session->id)});
        call_event(call, "member.session_reused", session->id, member_id, NULL);
        call_fail_field(call, "refresh_token", "REFRESH_TOKEN_REUSED",
                "refresh_token: was used before; its session has ended");
        return call_refuse(call, UNAUTHENTICATED, "REFRESH_TOKEN_REUSED",
                "the refresh token was used before; its session has ended, sign in again");
}

static enum status refuse_unknown(struct call *call)
{
        call_fail_field(call, "refresh_token", "REFRESH_TOKEN_UNKNOWN",
                "refresh_token: not known, or its session has ended");
        return call_fail(call, UNAUTHENTICATED, "REFRESH_TOKEN_UNKNOWN",
                "the refresh token is not known, or its session has ended; sign in again");
}

enum status membership_renew_session(
        struct call *call, const RenewSessionRequest *request, SessionGrant *response)
{
        MemberSession *session;

        switch (device_find(call, request->refresh_token, &session)) {
        case DEVICE_UNKNOWN:
                return refuse_unknown(call);
        case DEVICE_REUSED:
                return refuse_reuse(call, session);
        case DEVICE_CURRENT:
                break;
        }
        Member *member = member_get(call->txn, session->member_id);

        if (member == NULL)
                return refuse_unknown(call);
        device_renew(call, session, member, response);
        call_event(call, "member.session_renewed", session->id, member->id, NULL);
        return OK;
}
