#pragma once
/* What other domains may do with money. */
#include "server/call.h"
#include "server/verify.h"
#include "payment.rows.h"
#include "checkout.rows.h"

/* Opens a refund of amount_minor of an order at the gateway, books it to the ledger and the order.
 * NULL where amount_minor is 0. document_id: the case or order it is for. */
PaymentAttempt *payment_refund(
        struct call *call, Order *order, int64_t amount_minor, const char *document_id);

/* Asks the gateway to close the order's open attempt; the order ends when it has (rule 7). */
void payment_close_attempt(struct call *call, Order *order);

/* Books goodwill: an account of its own. */
void payment_goodwill(struct call *call, const char *member_id, int64_t amount_minor,
        const char *currency_code, const char *document_id);

/* captured and refunded of every order, and every goodwill credit, are the sums of their ledger
 * entries; succeeded attempts have theirs. */
void payment_verify(struct verify_context *context, struct txn *txn);
