#pragma once
/*
 * Signing in with a password, the same for members and staff: a trial before the transaction, since
 * it takes tens of milliseconds, and a verdict in it, which counts wrong ones and locks the account
 * for a time that doubles. Whose row keeps the counters is the domain's affair.
 */
#include "server/call.h"

#define PASSWORD_FAILURES_FREE 4 /* wrong passwords that cost nothing but themselves */

struct password_trial {
        const char *hash; /* what was compared with; NULL: there was no account */
        bool matches;
};

/* What an account keeps of its password, as it is in the transaction. */
struct password_account {
        const char *hash;        /* NULL: there is no such account */
        int32_t failures;        /* since the last right one */
        Timestamp *locked_until; /* the machine's clock; NULL: not locked */
        bool changed;            /* by the verdict: to be stored, whatever its status */
};

/* In the prepare step, after call_leave_snapshot. hash NULL: as long as if there were one. */
struct password_trial *password_try(struct call *call, const char *hash, const char *password);

/* OK; UNAUTHENTICATED with BAD_CREDENTIALS by call_refuse, so that the counted failure is kept;
 * else ACCOUNT_LOCKED or CREDENTIAL_CHANGED by call_fail. */
enum status password_judge(
        struct call *call, const struct password_trial *trial, struct password_account *account);

/* How long an account is locked after so many wrong passwords in a row; 0: not at all. */
int64_t password_lock_ms(int32_t failures);
