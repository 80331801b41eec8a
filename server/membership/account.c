/*
 * What the methods of membership share. Addresses are compared without case: the standard lets the
 * local part differ by case, but no provider does, and two accounts that differ by it are one
 * person's mistake.
 */
#include "server/membership/account.h"

#include <ctype.h>
#include "checkout.rows.h"
#include "server/membership/device.h"
#include "server/membership/membership.h"
#include "server/notification/notification.h"
#include "server/session.h"

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

void account_promote(struct call *call, Member *guest)
{
        device_end_others(call, guest->id, "");
        guest->kind = MEMBER_KIND_MEMBER;
        guest->update_time = call_now(call);
}

/* One more can be listed with the others. */
static bool has_room(struct call *call, const char *member_id)
{
        struct scan *scan = member_by_joined_member_id(call->txn, member_id);
        size_t count = 1; /* the member */

        while (member_next(scan) != NULL)
                count++;
        return count < CALL_OWNERS_MAX;
}

void account_join(struct call *call, Member *guest, const Member *member)
{
        if (order_next(order_of(call->txn, guest->id)) == NULL || !has_room(call, member->id))
                return;
        guest->joined_member_id = member->id;
        guest->update_time = call_now(call);
        member_update(call->txn, guest);
        device_end_others(call, guest->id, "");
        call_event(call, "member.guest_joined", guest->id, member->id, NULL);
}

/* ---- passwords ---- */

const char *account_password(struct call *call, const Credential *credential)
{
        const MemberPassword *password =
                credential == NULL ? NULL : member_password_get(call->txn, credential->member_id);

        if (password != NULL)
                return password->password_hash;
        return credential == NULL || credential->password_hash[0] == '\0'
                       ? NULL
                       : credential->password_hash;
}

const char *account_password_of(struct call *call, const char *member_id)
{
        const MemberPassword *password = member_password_get(call->txn, member_id);

        if (password != NULL)
                return password->password_hash;
        return account_password(
                call, credential_next(credential_by_member_id(call->txn, member_id)));
}

void account_keep_password(struct call *call, const char *member_id, const char *password_hash)
{
        MemberPassword row = MEMBER_PASSWORD_INIT;

        row.member_id = member_id;
        row.password_hash = password_hash;
        if (member_password_has(call->txn, member_id))
                member_password_update(call->txn, &row);
        else
                member_password_insert(call->txn, &row);
}

void account_tell_password(struct call *call, const char *member_id)
{
        notification_send(
                call, &(struct notification){.member_id = member_id,
                              .template_key = "account.password_changed",
                              .dedupe_key = call_printf(call, "password:%s", call_new_id(call))});
}

void membership_lock_out(struct call *call, const char *member_id)
{
        const Credential *credential;

        while ((credential = credential_next(credential_by_member_id(call->txn, member_id))) !=
                NULL)
                credential_delete(call->txn,
                        bytes_of(credential->email_hash.data, credential->email_hash.len));
        if (member_password_has(call->txn, member_id))
                member_password_delete(call->txn, member_id);
        device_end_others(call, member_id, "");
}
