#pragma once
/* What other domains may do with money. */
#include "server/call.h"
#include "server/verify.h"
#include "payment.rows.h"
#include "checkout.rows.h"
#include "server/order/order.h"

/* Gives back what units paid: their points, and the rest as payment_refund does. */
void payment_give_back(
        struct call *call, Order *order, struct order_worth worth, const char *document_id);
/* Gives back amount_minor of what money pays of an order. What was not captured yet need not be
 * paid any more, and an authorisation is voided by so much; the rest is refunded, booked to the
 * ledger and the order. NULL where nothing is refunded. document_id: the case or order it is for.
 */
PaymentAttempt *payment_refund(
        struct call *call, Order *order, int64_t amount_minor, const char *document_id);

/* What of it would be captured money that is refunded: only of that something can be kept. */
int64_t payment_refund_money(const Order *order, int64_t amount_minor);
/* Keeps amount_minor of captured money that payment_refund would otherwise give back. */
void payment_deduct(struct call *call, Order *order, int64_t amount_minor, const char *document_id);

/* After a parcel was handed over: captures what is still held for the order, unless a capture is
 * open; then when that has ended. */
void payment_capture_rest(struct call *call, Order *order);

/*
 * A difference that a document (a revision, an exchange) has the customer of a confirmed order pay
 * before it counts. Only payment_due_raise raises one, one at a time: DUE_RAISED where another
 * document waits, ORDER_NOT_CONFIRMED. PayOrder then pays it. The document is told once, through
 * the row of its kind in server/due_documents.c:
 *
 * paid     the money is captured and raised_minor is 0 again; the document adds its lines and
 * raises the order's gross by the amount. expired  it was not paid by expire_us, or the order
 * ended; the document ends.
 *
 * order is stored before they are called; they read it anew, and so does whoever called.
 */
struct due_wish {
        DueKind kind;
        const char *document_id;
        int64_t amount_minor; /* > 0 */
        int64_t expire_us;    /* shop time */
};
enum status payment_due_raise(struct call *call, Order *order, const struct due_wish *wish);
/* The document itself gave up: it is not told. */
void payment_due_withdraw(struct call *call, Order *order);
/* After an order ended: what was still raised expires. Stores the order where there was. */
enum status payment_due_end(struct call *call, Order *order);

typedef enum status due_told(struct call *call, const char *document_id);
struct due_document {
        due_told *paid;
        due_told *expired;
};
/* By DueKind; a kind that nobody raises has none. */
extern const struct due_document due_documents[DUE_KIND_EXCHANGE + 1];

/* Asks the gateway to close the order's open attempt; the order, or what was raised, ends when it
 * has (rule 7). */
void payment_close_attempt(struct call *call, Order *order);

/* Books goodwill: an account of its own. */
void payment_goodwill(struct call *call, const char *member_id, int64_t amount_minor,
        const char *currency_code, const char *document_id);

/* captured and refunded of every order, and every goodwill credit, are the sums of their ledger
 * entries; succeeded attempts have theirs. */
void payment_verify(struct verify_context *context, struct txn *txn);
