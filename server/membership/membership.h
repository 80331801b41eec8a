#pragma once
/* What others may ask of members. */
#include "server/call.h"
#include "server/verify.h"

/* The timer that forgets a guest who does not come back, by the guest's id. */
#define GUEST_FORGET_METHOD "privacy.ForgetGuest"

/* Takes from a member whatever they could sign in by: addresses, password, sessions. */
void membership_lock_out(struct call *call, const char *member_id);

/* What opens an account has one to open: addresses, passwords, sessions. */
void membership_verify(struct verify_context *context, struct txn *txn);
