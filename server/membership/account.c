/*
 * What the methods of membership share. Addresses are compared without case: the standard lets the
 * local part differ by case, but no provider does, and two accounts that differ by it are one
 * person's mistake.
 */
#include "server/membership/account.h"

#include <ctype.h>
#include "server/membership/device.h"
#include "server/session.h"

const char *account_fold_email(struct call *call, const char *email)
{
        char *folded = call_text(call, email);

        for (char *at = folded; *at != '\0'; at++)
                if ((unsigned char)*at < 0x80)
                        *at = (char)tolower((unsigned char)*at);
        return folded;
}

const char *account_lockout_name(struct call *call, const char *email)
{
        return call_printf(call, "sign-in:%s", account_fold_email(call, email));
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

static const char *guest_id_of(struct call *call, const char *token)
{
        const struct caller *caller = session_caller(call, token);
        MemberSession *session;

        if (caller != NULL)
                return caller->roles >> ROLE_GUEST & 1 ? caller->id : NULL;
        return device_find(call, token, &session) == DEVICE_CURRENT ? session->member_id : NULL;
}

Member *account_guest(struct call *call, const char *token)
{
        const char *id = token[0] == '\0' ? NULL : guest_id_of(call, token);
        Member *member = id == NULL ? NULL : member_get(call->txn, id);

        return member != NULL && member->kind == MEMBER_KIND_GUEST ? member : NULL;
}
