/*
 * A locked account answers at once, right password or wrong; the lock grows twice as long with
 * every further mistake, up to an hour, so that guessing is slow and forgetting is not punished.
 * An account that nobody has costs the same time and gets the same answer as a wrong password.
 */
#include "server/password.h"

#include <inttypes.h>
#include <string.h>
#include "server/secret.h"
#include "server/session.h"

#define LOCK_FIRST_MS INT64_C(30000)
#define LOCK_MOST_MS  INT64_C(3600000)

int64_t password_lock_ms(int32_t failures)
{
        int64_t ms = LOCK_FIRST_MS;

        if (failures <= PASSWORD_FAILURES_FREE)
                return 0;
        for (int32_t i = PASSWORD_FAILURES_FREE + 1; i < failures && ms < LOCK_MOST_MS; i++)
                ms *= 2;
        return ms < LOCK_MOST_MS ? ms : LOCK_MOST_MS;
}

struct password_trial *password_try(struct call *call, const char *hash, const char *password)
{
        struct password_trial *trial = call_new(call, struct password_trial);

        trial->hash = hash;
        trial->matches = secret_password_matches(call, hash, password);
        return trial;
}

static enum status refuse(struct call *call)
{
        return call_refuse(
                call, UNAUTHENTICATED, "BAD_CREDENTIALS", "no account has this name and password");
}

static enum status refuse_locked(struct call *call, int64_t left_us)
{
        enum status status = call_fail(call, PERMISSION_DENIED, "ACCOUNT_LOCKED",
                "too many wrong passwords; try again later");

        call->error.retry_after_ms = (left_us + 999) / 1000;
        call_fact(call, "retry_after_ms", "%" PRId64, call->error.retry_after_ms);
        return status;
}

static enum status count_failure(struct call *call, struct password_account *account)
{
        int64_t lock_ms = password_lock_ms(++account->failures);

        account->locked_until =
                lock_ms == 0 ? NULL : call_time(call, session_now_us(call) + lock_ms * 1000);
        account->changed = true;
        return refuse(call);
}

enum status password_judge(
        struct call *call, const struct password_trial *trial, struct password_account *account)
{
        if (account->hash == NULL)
                return refuse(call);
        int64_t left_us = time_us(account->locked_until) - session_now_us(call);

        if (left_us > 0)
                return refuse_locked(call, left_us);
        if (trial->hash == NULL || strcmp(trial->hash, account->hash) != 0)
                return call_fail(call, ABORTED, "CREDENTIAL_CHANGED",
                        "the account changed while the password was checked; try again");
        if (!trial->matches)
                return count_failure(call, account);
        account->changed = account->failures != 0;
        account->failures = 0;
        account->locked_until = NULL;
        return OK;
}
