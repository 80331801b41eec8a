/*
 * Opens a session for an e-mail address and a password. Checking a password takes tens of
 * milliseconds and is done before the transaction, against the hash read in a snapshot of its own;
 * the transaction then makes sure that it still is the account's hash. An address that nobody has
 * costs the same time and gets the same answer as a wrong password.
 *
 * A wrong password is remembered although the call fails: that is call_refuse.
 */
#include <inttypes.h>
#include <string.h>
#include "server/cart/cart.h"
#include "server/membership/account.h"
#include "server/secret.h"
#include "server/session.h"
#include "membership.handlers.h"

struct verdict {
        const char *password_hash; /* what was verified; NULL: there was no account */
        bool matches;
};

static struct bytes email_hash_of(struct call *call, const SignInRequest *request)
{
        return secret_blind(call, account_fold_email(call, request->email));
}

enum status membership_sign_in_prepare(struct call *call, const SignInRequest *request)
{
        struct verdict *verdict = call_new(call, struct verdict);
        const Credential *credential = credential_get(call->txn, email_hash_of(call, request));

        call_leave_snapshot(call);
        if (credential != NULL)
                verdict->password_hash = credential->password_hash;
        verdict->matches = secret_password_matches(call, verdict->password_hash, request->password);
        call->prepared = verdict;
        return OK;
}

static enum status refuse(struct call *call)
{
        return call_refuse(call, UNAUTHENTICATED, "BAD_CREDENTIALS",
                "no account has this e-mail address and password");
}

static enum status refuse_locked(struct call *call, int64_t left_us)
{
        enum status status = call_fail(call, PERMISSION_DENIED, "ACCOUNT_LOCKED",
                "too many wrong passwords; try again later");

        call->error.retry_after_ms = (left_us + 999) / 1000;
        call_fact(call, "retry_after_ms", "%" PRId64, call->error.retry_after_ms);
        return status;
}

static enum status count_failure(struct call *call, Credential *credential)
{
        int64_t lock_ms = account_lock_ms(++credential->failures);

        credential->locked_until =
                lock_ms == 0 ? NULL : call_time(call, session_now_us(call) + lock_ms * 1000);
        credential_update(call->txn, credential);
        call_event(call, "member.sign_in_failed", credential->member_id, credential->member_id,
                "failures", (int64_t)credential->failures, NULL);
        return refuse(call);
}

static void forget_failures(struct call *call, Credential *credential)
{
        if (credential->failures == 0)
                return;
        credential->failures = 0;
        credential->locked_until = NULL;
        credential_update(call->txn, credential);
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
        const struct verdict *verdict = call->prepared;
        Credential *credential = credential_get(call->txn, email_hash_of(call, request));

        if (credential == NULL)
                return refuse(call);
        int64_t left_us = time_us(credential->locked_until) - session_now_us(call);

        if (left_us > 0)
                return refuse_locked(call, left_us);
        if (verdict->password_hash == NULL ||
                strcmp(verdict->password_hash, credential->password_hash) != 0)
                return call_fail(call, ABORTED, "CREDENTIAL_CHANGED",
                        "the account changed while the password was checked; try again");
        if (!verdict->matches)
                return count_failure(call, credential);
        forget_failures(call, credential);
        Member *member = member_get(call->txn, credential->member_id);

        if (member == NULL)
                return refuse(call);
        take_cart(call, request, member, response);
        call_event(call, "member.signed_in", member->id, member->id, NULL);
        account_grant(call, member, response);
        return OK;
}
