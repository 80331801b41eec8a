/*
 * Makes a member. The password is hashed before the transaction. A guest who signs up stays the
 * same row, so nothing that hangs on it moves; the guest's token ends, since it would now be a
 * member's without a password.
 *
 * Whether the address has an account already decides nothing but who is written to: the new member
 * is sent a code, or the owner a warning. The account works at once in the session that it was made
 * in; the address opens it only after the code has come back (ConfirmAddress).
 */
#include "server/membership/code.h"
#include "server/membership/device.h"
#include "server/password.h"
#include "server/secret.h"
#include "membership.handlers.h"

enum status membership_sign_up_prepare(struct call *call, const SignUpRequest *request)
{
        if (password_check(call, "password", request->password,
                    request->email[0] != '\0' ? request->email : request->phone) != OK)
                return call->error.code;
        call_leave_snapshot(call);
        call->prepared = secret_password(call, request->password);
        return call->error.code;
}

/* The guest's row made a member's, or a new one. NULL with the error set. */
static Member *become_member(struct call *call, const SignUpRequest *request)
{
        if (request->guest_token[0] == '\0')
                return account_new(call, MEMBER_KIND_MEMBER);
        Member *guest = account_guest(call, request->guest_token);

        if (guest == NULL) {
                call_fail_field(call, "guest_token", "GUEST_TOKEN_UNKNOWN",
                        "guest_token: not a guest's, or it has ended; sign up without it");
                return NULL;
        }
        account_promote(call, guest);
        return guest;
}

/* Nothing where codes have gone there, or come from there, too often: one can be asked for later.
 */
static void write_to(struct call *call, const Member *member, const struct target *target)
{
        const Credential *owner = credential_get(call->txn, target->hash);
        const struct code code = {CODE_PURPOSE_CONFIRM_ADDRESS, member->id, target};

        if (code_wait_ms(call, target) > 0)
                return;
        if (owner == NULL)
                code_send(call, &code);
        else
                code_tell_owner(call, &code, owner->member_id);
}

enum status membership_sign_up(
        struct call *call, const SignUpRequest *request, SessionGrant *response)
{
        bool was_guest = request->guest_token[0] != '\0';
        struct target target;

        if (target_of(call, request->email, request->phone, &target) != OK)
                return call->error.code;
        Member *member = become_member(call, request);

        if (member == NULL)
                return call->error.code;
        target_set(member, &target, TARGET_CLAIMED);
        if (request->display_name[0] != '\0')
                member->display_name = request->display_name;
        if (request->language[0] != '\0')
                member->language = request->language;
        if (was_guest)
                member_update(call->txn, member);
        else
                member_insert(call->txn, member);
        account_keep_password(call, member->id, call->prepared);
        write_to(call, member, &target);
        call_event(call, "member.signed_up", member->id, member->id, "was_guest",
                (int64_t)was_guest, NULL);
        device_open(call, member, request->device_name, response);
        return OK;
}
