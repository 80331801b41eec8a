/*
 * Opens a session for a person of the shop. The same trial, cost and lock as a member's sign-in;
 * what differs is that the session holds no posts, only the account's name: those are read anew by
 * every call. It is short and not renewed, since a day's work ends.
 */
#include <string.h>
#include "server/grants.h"
#include "server/password.h"
#include "server/secret.h"
#include "server/session.h"
#include "server/staff/account.h"
#include "staff.handlers.h"

struct prepared {
        struct password_trial *trial;
        const char *new_hash; /* NULL: the password stays */
};

enum status staff_sign_in_prepare(struct call *call, const StaffSignInRequest *request)
{
        struct prepared *prepared = call_new(call, struct prepared);
        const StaffAccount *account =
                staff_account_get_by_login_name(call->txn, request->login_name);
        const StaffCredential *credential =
                account == NULL ? NULL : staff_credential_get(call->txn, account->id);
        bool changes = request->new_password[0] != '\0';

        if (changes && password_check(call, "new_password", request->new_password,
                               request->login_name) != OK)
                return call->error.code;
        prepared->trial = password_try(call, call_printf(call, "staff:%s", request->login_name),
                credential == NULL ? NULL : credential->password_hash, request->password);
        if (prepared->trial == NULL)
                return call->error.code;
        if (prepared->trial->matches && changes)
                prepared->new_hash = secret_password(call, request->new_password);
        call->prepared = prepared;
        return call->error.code;
}

/* The verdict on the password; what a wrong one cost is told whether the account exists or not. */
static enum status judge(struct call *call, const StaffCredential *credential)
{
        const struct prepared *prepared = call->prepared;
        enum status status = password_judge(
                call, prepared->trial, credential == NULL ? NULL : credential->password_hash);

        if (status == UNAUTHENTICATED)
                call_event(call, "staff_account.sign_in_failed",
                        credential == NULL ? "" : credential->staff_id, "", "failures",
                        (int64_t)prepared->trial->failures, NULL);
        return status;
}

/* A one-time password only opens the way to one's own. */
static enum status check_password(
        struct call *call, const StaffCredential *credential, const StaffSignInRequest *request)
{
        bool changes = request->new_password[0] != '\0';

        if (changes && strcmp(request->new_password, request->password) == 0)
                return call_fail_field(call, "new_password", "SAME_PASSWORD",
                        "new_password: must be another than the old one");
        if (credential->one_time_until == NULL)
                return OK;
        if (time_us(credential->one_time_until) <= session_now_us(call))
                return call_fail(call, UNAUTHENTICATED, "ONE_TIME_PASSWORD_EXPIRED",
                        "the one-time password is too old; ask for another");
        if (!changes)
                return call_fail_field(call, "new_password", "REQUIRED",
                        "new_password: the password was good once; choose your own");
        return OK;
}

static void open_session(struct call *call, StaffAccount *account, StaffSession *response)
{
        struct posts posts = grants_of(call->txn, account->id, call->now_us);

        session_forget_expired(call, account->id);
        call_schedule(
                call, call->now_us + STAFF_SESSION_MS * 1000, "staff.ForgetSessions", account->id);
        response->token = session_open(call, account->id, SESSION_BY_GRANT, STAFF_SESSION_MS);
        response->expire_time = call_time(call, session_now_us(call) + STAFF_SESSION_MS * 1000);
        response->staff_account = account;
        response->posts = call_array(call, Post, ROLE_COUNT);
        for (int role = ROLE_GUEST; role < ROLE_COUNT; role++)
                if (posts.roles >> role & 1)
                        response->posts[response->n_posts++] = (Post)role;
}

enum status staff_sign_in(
        struct call *call, const StaffSignInRequest *request, StaffSession *response)
{
        const struct prepared *prepared = call->prepared;
        StaffAccount *account = staff_account_get_by_login_name(call->txn, request->login_name);
        StaffCredential *credential =
                account == NULL ? NULL : staff_credential_get(call->txn, account->id);
        enum status status = judge(call, credential);

        if (status == OK && account->state != STAFF_STATE_ACTIVE)
                status = call_fail(
                        call, PERMISSION_DENIED, "ACCOUNT_SUSPENDED", "the account is suspended");
        if (status == OK)
                status = check_password(call, credential, request);
        if (status != OK)
                return status;
        if (prepared->new_hash != NULL) {
                staff_keep_password(call, account->id, prepared->new_hash, STAFF_OWN_PASSWORD_US);
                session_close_all(call, account->id);
                call_event(call, "staff_account.password_changed", account->id, "", NULL);
        }
        call_event(call, "staff_account.signed_in", account->id, "", NULL);
        open_session(call, account, response);
        return OK;
}
