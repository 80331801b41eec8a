#pragma once
/* What other domains may ask of the service desk. */
#include "server/call.h"
#include "service.rows.h"

/* Opens a ticket about a row, of this member ("": nobody's), in the queue of who looks after them,
 * before others where their tier has priority; told again while one is open, answers that one.
 * description carries no personal data. */
Ticket *service_open_ticket(struct call *call, const char *kind, const char *subject_id,
        const char *member_id, const char *description);

/* The member's open tickets go to who looks after them now. */
void service_reroute(struct call *call, const char *member_id);
