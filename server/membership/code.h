#pragma once
/*
 * Codes of six digits that show who reads an e-mail address or a phone. A code is good for whoever
 * asked for it, for one purpose and one address: one that was talked out of somebody is of no use
 * in another session.
 */
#include "server/membership/target.h"

#define CODE_TTL_US INT64_C(600000000)

struct code {
        CodePurpose purpose;
        const char *member_id; /* who asks: a member or a guest */
        const struct target *target;
};

/* When the next may be sent there, or asked for from where the call comes, in milliseconds; 0: now.
 * */
int64_t code_wait_ms(struct call *call, const struct target *target);
/* Makes a code and sends it; the one before is no good any more. */
void code_send(struct call *call, const struct code *code);
/* Looks and costs the same, but no code is made: tells the owner of the address instead that
 * somebody tried to sign up with it. */
void code_tell_owner(struct call *call, const struct code *code, const char *owner_id);

/* OK, and it is used up; else CODE_WRONG by call_refuse, which counts the try, ACCOUNT_LOCKED or
 * ADDRESS_LOCKED. Nothing may have been changed before. */
enum status code_check(struct call *call, const struct code *code, const char *digits);
