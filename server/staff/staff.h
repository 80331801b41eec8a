#pragma once
/* What other domains may ask about who works for the shop. */
#include "server/call.h"
#include "staff.rows.h"

struct verify_context;

/* A person whose account is open and who holds a post of service now. */
bool staff_serves(struct call *call, const char *staff_id);
/* OK where they may look after what is the team's ("": nobody's in particular), else
 * INVALID_ARGUMENT that names agent_id. */
enum status staff_check_agent(struct call *call, const char *agent_id, const char *team_id);

/* Grants of administrators were approved by another, no post is held twice, leads are in their
 * teams, every account has a password. */
void staff_verify(struct verify_context *context, struct txn *txn);
