/*
 * What the methods of membership share. Addresses are compared without case: the standard lets the
 * local part differ by case, but no provider does, and two accounts that differ by it are one
 * person's mistake.
 */
#include "server/membership/account.h"

#include <ctype.h>
#include "server/session.h"

#define DAY_MS        INT64_C(86400000)
#define MEMBER_TTL_MS (30 * DAY_MS)
#define GUEST_TTL_MS  (7 * DAY_MS)

const char *account_fold_email(struct call *call, const char *email)
{
        char *folded = call_text(call, email);

        for (char *at = folded; *at != '\0'; at++)
                if ((unsigned char)*at < 0x80)
                        *at = (char)tolower((unsigned char)*at);
        return folded;
}

Member *account_new(struct call *call, MemberKind kind)
{
        Member *member = call_new(call, Member);

        *member = (Member)MEMBER_INIT;
        member->id = call_new_id(call);
        member->kind = kind;
        member->create_time = call_now(call);
        member->update_time = member->create_time;
        return member;
}

Member *account_guest(struct call *call, const char *token)
{
        const struct caller *caller = token[0] == '\0' ? NULL : session_caller(call, token);

        if (caller == NULL || !(caller->roles >> ROLE_GUEST & 1))
                return NULL;
        Member *member = member_get(call->txn, caller->id);

        return member != NULL && member->kind == MEMBER_KIND_GUEST ? member : NULL;
}

void account_grant(struct call *call, Member *member, SessionGrant *response)
{
        bool guest = member->kind == MEMBER_KIND_GUEST;
        int64_t ttl_ms = guest ? GUEST_TTL_MS : MEMBER_TTL_MS;

        response->token =
                session_open(call, member->id, 1u << (guest ? ROLE_GUEST : ROLE_MEMBER), ttl_ms);
        response->expire_time = call_time(call, session_now_us(call) + ttl_ms * 1000);
        response->member = member;
}
