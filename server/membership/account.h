#pragma once
/* Members, guests and their sessions, for this folder. */
#include "server/call.h"
#include "membership.rows.h"
#include "membership_internal.rows.h"

/* The address as it is compared: in lower case. */
const char *account_fold_email(struct call *call, const char *email);
/* A new row of this kind with its times, not yet stored. */
Member *account_new(struct call *call, MemberKind kind);
/* The guest whose token or refresh token this is, or NULL when it is unknown, expired or no
 * guest's. */
Member *account_guest(struct call *call, const char *token);
/* As lockout.h wants it. */
const char *account_lockout_name(struct call *call, const char *email);
