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

/* Stores a new attempt about an order and has it given to the gateway. */
struct attempt_wish {
        AttemptKind kind;
        int64_t amount_minor;
        const char *currency_code;
        SandboxAnswer sandbox_answer;
        const char *document_id;
};
PaymentAttempt *attempt_open(
        struct call *call, const Order *order, const struct attempt_wish *wish);
