#pragma once
/* What the proofs ask of profiles. */
#include "server/verify.h"

/* Every consent is the last line of its history. */
void profile_verify(struct verify_context *context, struct txn *txn);
