/*
 * An account that nobody has costs the same time as one that somebody has: its trial is an Argon2
 * of its own. Its mistakes are counted and lock it all the same.
 */
#include "server/password.h"

#include <string.h>
#include "server/secret.h"

struct password_trial *password_try(
        struct call *call, const char *account, const char *hash, const char *password)
{
        struct password_trial *trial = call_new(call, struct password_trial);

        if (lockout_check(call, account) != OK)
                return NULL;
        call_leave_snapshot(call);
        trial->account = account;
        trial->hash = hash;
        return secret_password_match(call, hash, password, &trial->matches) == OK ? trial : NULL;
}

static bool has_changed(const char *then, const char *now)
{
        return then == NULL || now == NULL ? then != now : strcmp(then, now) != 0;
}

enum status password_judge(struct call *call, struct password_trial *trial, const char *hash)
{
        if (lockout_check(call, trial->account) != OK)
                return call->error.code;
        if (has_changed(trial->hash, hash))
                return call_fail(call, ABORTED, "CREDENTIAL_CHANGED",
                        "the account changed while the password was checked; try again");
        if (trial->matches) {
                lockout_forget(call, trial->account);
                return OK;
        }
        trial->failures = lockout_count(call, trial->account);
        return call_refuse(
                call, UNAUTHENTICATED, "BAD_CREDENTIALS", "no account has this name and password");
}
