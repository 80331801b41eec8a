/*
 * A new password for whoever is signed in and knows the old one: a session alone is not enough,
 * since somebody may have left a computer open. Wrong old ones count as at sign-in. Every other
 * session ends: who had the old password may have opened them.
 */
#include "server/membership/device.h"
#include "server/password.h"
#include "server/secret.h"
#include "membership.handlers.h"

struct change {
        struct password_trial *trial;
        const char *new_hash;
};

static enum status refuse_none(struct call *call)
{
        return call_fail(call, FAILED_PRECONDITION, "NO_PASSWORD", "the caller has no password");
}

enum status membership_change_password_prepare(
        struct call *call, const ChangePasswordRequest *request)
{
        struct change *change = call_new(call, struct change);
        const char *hash = account_password_of(call, call->caller->id);
        const Member *member = member_get(call->txn, call->caller->id);

        if (hash == NULL || member == NULL)
                return refuse_none(call);
        if (password_check(call, "new_password", request->new_password, member->email) != OK)
                return call->error.code;
        change->trial = password_try(call, call_printf(call, "password:%s", call->caller->id), hash,
                request->old_password);
        if (change->trial == NULL)
                return call->error.code;
        if (change->trial->matches)
                change->new_hash = secret_password(call, request->new_password);
        call->prepared = change;
        return call->error.code;
}

/* The caller is known: it is the field that is wrong. */
static enum status tell_failure(struct call *call, const struct password_trial *trial)
{
        if (call->error.code != UNAUTHENTICATED)
                return call->error.code;
        call_event(call, "member.sign_in_failed", call->caller->id, call->caller->id, "failures",
                (int64_t)trial->failures, NULL);
        call_fail_field(
                call, "old_password", "BAD_CREDENTIALS", "old_password: is not the password");
        return call_refuse(call, PERMISSION_DENIED, "BAD_CREDENTIALS",
                "the old password is not the account's");
}

enum status membership_change_password(
        struct call *call, const ChangePasswordRequest *request, Google__Protobuf__Empty *response)
{
        const struct change *change = call->prepared;
        const char *hash = account_password_of(call, call->caller->id);

        if (password_judge(call, change->trial, hash) != OK)
                return tell_failure(call, change->trial);
        account_keep_password(call, call->caller->id, change->new_hash);
        account_tell_password(call, call->caller->id);
        call_event(call, "member.password_changed", call->caller->id, call->caller->id, "sessions",
                (int64_t)device_end_others(call, call->caller->id, call->caller->session_id), NULL);
        return OK;
}
