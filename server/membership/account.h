#pragma once
/* Members, guests and their sessions, for this folder. */
#include "server/call.h"
#include "membership.rows.h"
#include "membership_internal.rows.h"

#define FAILURES_FREE 4 /* wrong passwords that cost nothing but themselves */

/* The address as it is compared: in lower case. */
const char *account_fold_email(struct call *call, const char *email);
/* How long an account is locked after so many wrong passwords in a row; 0: not at all. */
int64_t account_lock_ms(int32_t failures);

/* A new row of this kind with its times, not yet stored. */
Member *account_new(struct call *call, MemberKind kind);
/* The guest whose token this is, or NULL when it is unknown, expired or no guest's. */
Member *account_guest(struct call *call, const char *token);
/* Opens a session of the member's kind and answers it. */
void account_grant(struct call *call, Member *member, SessionGrant *response);
