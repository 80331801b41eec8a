#pragma once
/* What other domains and the server may ask of checkout. */
#include "server/call.h"
#include "server/verify.h"

/* What an order's latest revision is told about the difference that it raised
 * (server/due_documents.c): paid, it counts; expired, what it holds is free again. */
enum status checkout_revision_paid(struct call *call, const char *order_id);
enum status checkout_revision_expired(struct call *call, const char *order_id);

/* Revisions are numbered without gaps, the one that waits is what its order waits for, and lines
 * and units are added and taken out as they say. */
void checkout_verify(struct verify_context *context, struct txn *txn);
