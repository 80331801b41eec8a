#pragma once
/* The boundaries of the RFM scores. */
#include "server/call.h"
#include "insight.rows.h"

#define RANK_JOB "insight.rank"

/* Has them computed; the caller stores the row. A ranking that is on its way is not asked for
 * twice within an hour. */
RfmScale *rank_ask(struct call *call);
/* Stores it, and says so. */
void rank_store(struct call *call, const RfmScale *scale, const char *type);
