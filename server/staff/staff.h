#pragma once
/* What other domains may ask about who works for the shop. */
#include "server/call.h"
#include "staff.rows.h"

struct verify_context;

/* A person whose account is open and who holds a post of service now. */
bool staff_serves(struct call *call, const char *staff_id);

/* Grants of administrators were approved by another, no post is held twice, leads are in their
 * teams, every account has a password. */
void staff_verify(struct verify_context *context, struct txn *txn);
