#pragma once
/*
 * Signing in with a password, the same for members and staff: a trial before the transaction, since
 * it takes tens of milliseconds, and a verdict in it, which counts wrong ones (lockout.h). Both
 * cost the same and answer the same whether there is such an account or not.
 */
#include "server/lockout.h"

struct password_trial {
        const char *account; /* as lockout.h wants it */
        const char *hash;    /* what was compared with; NULL: there was no account */
        bool matches;
        int32_t failures; /* after the verdict: how many there were, with this one */
};

/* In the prepare step; gives its snapshot back. hash NULL: there is no such account, or it has no
 * password. NULL with the error set where it is locked or there is no memory: nothing was tried. */
struct password_trial *password_try(
        struct call *call, const char *account, const char *hash, const char *password);

/* In the transaction, with the account's hash as it is there. OK; UNAUTHENTICATED with
 * BAD_CREDENTIALS by call_refuse, so that the counted failure is kept, and then the caller tells an
 * event; else ACCOUNT_LOCKED, ADDRESS_LOCKED or CREDENTIAL_CHANGED by call_fail. */
enum status password_judge(struct call *call, struct password_trial *trial, const char *hash);

/* What a new password must be. OK, or INVALID_ARGUMENT that names the field: PASSWORD_COMMON,
 * PASSWORD_IS_NAME. name: what the account is called, "" where it is not yet known. Length is the
 * contract's to judge. */
enum status password_check(
        struct call *call, const char *field, const char *password, const char *name);
