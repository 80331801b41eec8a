/*
 * Makes a member. The password is hashed before the transaction; whether the address is free is
 * decided in it. A guest who signs up stays the same row, so nothing that hangs on it moves; the
 * guest's token ends, since it would now be a member's without a password.
 */
#include "server/membership/device.h"
#include "server/password.h"
#include "server/secret.h"
#include "membership.handlers.h"

enum status membership_sign_up_prepare(struct call *call, const SignUpRequest *request)
{
        if (password_check(call, "password", request->password, request->email) != OK)
                return call->error.code;
        call_leave_snapshot(call);
        call->prepared = secret_password(call, request->password);
        return OK;
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
        device_end_others(call, guest->id, "");
        guest->kind = MEMBER_KIND_MEMBER;
        guest->update_time = call_now(call);
        return guest;
}

static void keep_password(struct call *call, const Member *member, struct bytes email_hash)
{
        Credential credential = CREDENTIAL_INIT;

        credential.email_hash = (ProtobufCBinaryData){
                .len = email_hash.len,
                .data = (uint8_t *)email_hash.data,
        };
        credential.member_id = member->id;
        credential.password_hash = call->prepared;
        credential_insert(call->txn, &credential);
}

enum status membership_sign_up(
        struct call *call, const SignUpRequest *request, SessionGrant *response)
{
        const char *email = account_fold_email(call, request->email);
        struct bytes email_hash = secret_blind(call, email);

        if (credential_has(call->txn, email_hash)) {
                call_fail_field(call, "email", "EMAIL_TAKEN",
                        "email: there is an account with this address");
                return call_fail(call, ALREADY_EXISTS, "EMAIL_TAKEN",
                        "email: there is an account with this address");
        }
        Member *member = become_member(call, request);

        if (member == NULL)
                return call->error.code;
        bool was_guest = request->guest_token[0] != '\0';

        member->email = email;
        if (request->display_name[0] != '\0')
                member->display_name = request->display_name;
        if (request->language[0] != '\0')
                member->language = request->language;
        if (was_guest)
                member_update(call->txn, member);
        else
                member_insert(call->txn, member);
        keep_password(call, member, email_hash);
        call_event(call, "member.signed_up", member->id, member->id, "was_guest",
                (int64_t)was_guest, NULL);
        device_open(call, member, request->device_name, response);
        return OK;
}
