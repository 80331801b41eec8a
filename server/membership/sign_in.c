/*
 * Opens a session for an e-mail address and a password. Checking a password takes tens of
 * milliseconds and is done before the transaction, against the hash read in a snapshot of its own;
 * the transaction then makes sure that it still is the account's hash. An address that nobody has
 * costs the same time and gets the same answer as a wrong password.
 *
 * A wrong password is remembered although the call fails: that is call_refuse.
 */
#include "server/cart/cart.h"
#include "server/membership/device.h"
#include "server/membership/target.h"
#include "server/password.h"
#include "membership.handlers.h"

enum status membership_sign_in_prepare(struct call *call, const SignInRequest *request)
{
        struct target target;

        if (target_of(call, request->email, request->phone, &target) != OK)
                return call->error.code;
        call->prepared = password_try(call, call_printf(call, "sign-in:%s", target.text),
                account_password(call, credential_get(call->txn, target.hash)), request->password);
        return call->error.code;
}

/* Takes over the guest's cart and orders. Whatever is wrong with them, signing in works. */
static void take_cart(struct call *call, const SignInRequest *request, const Member *member,
        SessionGrant *response)
{
        Member *guest = account_guest(call, request->guest_token);

        if (request->guest_token[0] == '\0')
                return;
        if (guest == NULL) {
                response->warnings = call_array(call, const char *, 1);
                response->warnings[response->n_warnings++] =
                        call_text(call, "the guest's cart could not be found");
                return;
        }
        cart_merge(call, guest->id, member->id, request->merge_mode, &response->warnings,
                &response->n_warnings);
        account_join(call, guest, member);
}

/* Told alike whether there is such an account or not. */
static enum status tell_failure(
        struct call *call, const struct password_trial *trial, const Credential *credential)
{
        const char *member_id = credential == NULL ? "" : credential->member_id;

        if (call->error.code == UNAUTHENTICATED)
                call_event(call, "member.sign_in_failed", member_id, member_id, "failures",
                        (int64_t)trial->failures, NULL);
        return call->error.code;
}

enum status membership_sign_in(
        struct call *call, const SignInRequest *request, SessionGrant *response)
{
        struct password_trial *trial = call->prepared;
        struct target target;

        if (target_of(call, request->email, request->phone, &target) != OK)
                return call->error.code;
        const Credential *credential = credential_get(call->txn, target.hash);

        if (password_judge(call, trial, account_password(call, credential)) != OK)
                return tell_failure(call, trial, credential);
        Member *member = member_get(call->txn, credential->member_id);

        take_cart(call, request, member, response);
        call_event(call, "member.signed_in", member->id, member->id, NULL);
        device_open(call, member, request->device_name, response);
        return OK;
}
