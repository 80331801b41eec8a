/*
 * A new password for who reads the account's address. It is hashed before anything is known, so
 * that a wrong code costs as long as a right one. All sessions end: whoever lost the password may
 * have lost it to somebody.
 */
#include "server/membership/code.h"
#include "server/membership/device.h"
#include "server/notification/notification.h"
#include "server/password.h"
#include "server/secret.h"
#include "membership.handlers.h"

enum status membership_reset_password_prepare(
        struct call *call, const ResetPasswordRequest *request)
{
        if (password_check(call, "new_password", request->new_password,
                    request->email[0] != '\0' ? request->email : request->phone) != OK)
                return call->error.code;
        call_leave_snapshot(call);
        call->prepared = secret_password(call, request->new_password);
        return call->error.code;
}

/* Whoever has the code reads the address: they may know. */
static enum status refuse_nobody(struct call *call, const struct target *target)
{
        call_fail_field(call, target->field, "NO_ACCOUNT", "%s: no account has it", target->field);
        return call_fail(call, NOT_FOUND, "NO_ACCOUNT", "no account has this address");
}

enum status membership_reset_password(
        struct call *call, const ResetPasswordRequest *request, SessionGrant *response)
{
        struct target target;
        const struct code code = {CODE_PURPOSE_RESET_PASSWORD, call->caller->id, &target};

        if (target_of(call, request->email, request->phone, &target) != OK ||
                code_check(call, &code, request->code) != OK)
                return call->error.code;
        const Credential *credential = credential_get(call->txn, target.hash);

        if (credential == NULL)
                return refuse_nobody(call, &target);
        Member *member = member_get(call->txn, credential->member_id);
        int32_t sessions = device_end_others(call, member->id, "");

        account_keep_password(call, member->id, call->prepared);
        account_tell_password(call, member->id);
        call_event(call, "member.password_changed", member->id, member->id, "sessions",
                (int64_t)sessions, NULL);
        device_open(call, member, request->device_name, response);
        return OK;
}
