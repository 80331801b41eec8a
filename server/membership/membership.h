#pragma once
/* What others may ask of members. */
#include "server/verify.h"

/* What opens an account has one to open: addresses, passwords, sessions. */
void membership_verify(struct verify_context *context, struct txn *txn);
