#pragma once
/* What other domains may ask of fulfilment. */
#include "server/verify.h"

/* The units of every order line that are packed, on their way or past it are those of its parcels,
 * and what its allocations count as packed lies in parcels at those locations. */
void fulfilment_verify(struct verify_context *context, struct txn *txn);
