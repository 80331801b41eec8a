#pragma once
/* What others may ask of members. */
#include "server/call.h"
#include "server/verify.h"

/* Takes from a member whatever they could sign in by: addresses, password, sessions. */
void membership_lock_out(struct call *call, const char *member_id);

/* What opens an account has one to open: addresses, passwords, sessions. */
void membership_verify(struct verify_context *context, struct txn *txn);
