#pragma once
/* What other domains may ask of the service desk. */
#include "server/call.h"
#include "service.rows.h"

/* Opens a ticket about a row; told again while one is open, answers that one. description carries
 * no personal data. */
Ticket *service_open_ticket(struct call *call, const char *kind, const char *subject_id,
        const char *description);
