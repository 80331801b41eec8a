#pragma once
/* What other domains may ask of who looks after members. */
#include "care.rows.h"
#include "server/call.h"

struct verify_context;

/* Whoever looks after a member of a team is in it. */
void care_verify(struct verify_context *context, struct txn *txn);
