#pragma once
/* The audit log's own proof. */
#include "server/verify.h"

void audit_verify(struct verify_context *context, struct txn *txn);
