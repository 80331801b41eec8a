#pragma once
/* What other domains may ask of after-sales. */
#include "server/verify.h"

/* A case is the sum of its lines, a line what its units paid; the units of an order line that are
 * in a case or returned are those of its cases, and its last step is its state. */
void aftersales_verify(struct verify_context *context, struct txn *txn);
