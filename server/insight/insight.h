#pragma once
/* What other domains may ask about customers. */
#include "server/call.h"
#include "server/verify.h"
#include "insight.rows.h"

/* Whether a member is in a segment, as of the events followed so far. Members of a segment are
 * segment_member_of(txn, segment_id). */
bool insight_segment_has(struct call *call, const char *segment_id, const char *member_id);

/* Counters are the sums of the rows that they count. */
void insight_verify(struct verify_context *context, struct txn *txn);
