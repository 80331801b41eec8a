#pragma once
/* Inside this domain: booking money and making attempts. */
#include "server/call.h"
#include "checkout.rows.h"
#include "payment.rows.h"

/* Appends one entry. order_id and document_id may be "". */
struct booking {
        LedgerAccount account;
        const char *order_id;
        const char *member_id;
        const char *document_id;
        int64_t amount_minor;
        const char *currency_code;
};
void ledger_book(struct call *call, const struct booking *booking);

/* The timer that ends an unpaid difference, by order id. */
#define DUE_EXPIRY_METHOD "payment.ExpireDue"

/* Once money came: nothing is due any more, so the document that waited for it learns that. */
enum status due_settle(struct call *call, Order *order);
/* Ends the difference, unpaid; the document learns it. Money that still comes goes to suspense. */
enum status due_expire(struct call *call, Order *order);

/* The timer that ends an authorisation, by order id. */
#define AUTHORISATION_EXPIRY_METHOD "payment.ExpireAuthorisation"

/* What of the order's authorised money is being captured: at most one attempt is open for that. */
int64_t authorisation_in_flight(struct call *call, const Order *order);
PaymentAttempt *authorisation_capture(
        struct call *call, Order *order, int64_t amount_minor, SandboxAnswer sandbox_answer);
/* After less is to be paid, or a capture ended: voids what is held beyond that, and refunds what
 * was captured beyond it. What is being captured waits for its outcome. */
void authorisation_balance(struct call *call, Order *order);
/* The money is not coming: what is held is voided and due again. */
void authorisation_lose(struct call *call, Order *order);

/* Money that nothing was owed for: booked to suspense and sent back the way it came, that of
 * attempt. */
void suspense_return(struct call *call, const Order *order, const PaymentAttempt *attempt,
        int64_t amount_minor, const char *currency_code);

/* Books a refund of captured money and has it carried out, by the gateway or by hand. */
PaymentAttempt *refund_open(
        struct call *call, Order *order, int64_t amount_minor, const char *document_id);

/* Books money that an attempt took for an order. */
void ledger_book_captured(
        struct call *call, const Order *order, const PaymentAttempt *attempt, int64_t amount_minor);

/* Stores a new attempt about an order and has it given to the gateway. */
struct attempt_wish {
        AttemptKind kind;
        int64_t amount_minor;
        const char *currency_code;
        SandboxAnswer sandbox_answer;
        const char *document_id;
        bool by_hand; /* people carry it out; the gateway is not asked */
};
PaymentAttempt *attempt_open(
        struct call *call, const Order *order, const struct attempt_wish *wish);
