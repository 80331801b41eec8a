#pragma once
/* What is proved of erasures and rotations. */
#include "server/verify.h"

void privacy_verify(struct verify_context *context, struct txn *txn);
