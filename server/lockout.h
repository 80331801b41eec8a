#pragma once
/*
 * What mistakes cost whoever makes them: the account that was tried and the address that they came
 * from are locked for a growing time. An account that does not exist is locked like one that does,
 * so nobody learns which are there.
 *
 * account: what was tried, with what it is before it: "sign-in:ann@example.com", "staff:bob". In a
 * prepare step first, which saves the work, and again in the transaction.
 */
#include "server/call.h"

/* OK, or fails with ACCOUNT_LOCKED or ADDRESS_LOCKED and when to come again. */
enum status lockout_check(struct call *call, const char *account);
/* One more mistake; returns how many there were. The call ends with call_refuse, or it is not
 * kept. */
int32_t lockout_count(struct call *call, const char *account);
/* The account's owner was here: mistakes are forgotten that were all made where they are now. Those
 * of others stay, or a stranger would learn that the owner came. */
void lockout_forget(struct call *call, const char *account);

/* A keyed hash of the address that the call comes from; without data where that tells nothing. */
struct bytes lockout_peer(struct call *call);
/* How long an account is locked after so many mistakes, of which so many are free. */
int64_t lockout_ms(int64_t failures, int64_t free_failures);
