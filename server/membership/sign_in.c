/*
 * Opens a session for an e-mail address and a password. Checking a password takes tens of
 * milliseconds and is done before the transaction, against the hash read in a snapshot of its own;
 * the transaction then makes sure that it still is the account's hash. An address that nobody has
 * costs the same time and gets the same answer as a wrong password.
 *
 * A wrong password is remembered although the call fails: that is call_refuse.
 */
#include "server/cart/cart.h"
#include "server/membership/account.h"
#include "server/password.h"
#include "server/secret.h"
#include "membership.handlers.h"

static struct bytes email_hash_of(struct call *call, const SignInRequest *request)
{
        return secret_blind(call, account_fold_email(call, request->email));
}

enum status membership_sign_in_prepare(struct call *call, const SignInRequest *request)
{
        const Credential *credential = credential_get(call->txn, email_hash_of(call, request));

        call_leave_snapshot(call);
        call->prepared = password_try(
                call, credential == NULL ? NULL : credential->password_hash, request->password);
        return OK;
}

/* The verdict on the password; the account keeps what it cost. */
static enum status judge(struct call *call, Credential *credential)
{
        if (credential == NULL)
                return password_judge(call, call->prepared, &(struct password_account){0});
        struct password_account account = {
                .hash = credential->password_hash,
                .failures = credential->failures,
                .locked_until = credential->locked_until,
        };
        enum status status = password_judge(call, call->prepared, &account);

        if (!account.changed)
                return status;
        credential->failures = account.failures;
        credential->locked_until = account.locked_until;
        credential_update(call->txn, credential);
        if (status != OK)
                call_event(call, "member.sign_in_failed", credential->member_id,
                        credential->member_id, "failures", (int64_t)credential->failures, NULL);
        return status;
}

/* Takes over the guest's cart. Whatever is wrong with it, signing in works. */
static void take_cart(struct call *call, const SignInRequest *request, const Member *member,
        SessionGrant *response)
{
        const Member *guest = account_guest(call, request->guest_token);

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
}

enum status membership_sign_in(
        struct call *call, const SignInRequest *request, SessionGrant *response)
{
        Credential *credential = credential_get(call->txn, email_hash_of(call, request));
        enum status status = judge(call, credential);

        if (status != OK)
                return status;
        Member *member = member_get(call->txn, credential->member_id);

        take_cart(call, request, member, response);
        call_event(call, "member.signed_in", member->id, member->id, NULL);
        account_grant(call, member, response);
        return OK;
}
