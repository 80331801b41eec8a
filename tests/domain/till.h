#pragma once
/* What tests of money ask of a stall: what a gateway might say, and what was booked. */
#include "payment.rows.h"
#include "tests/domain/stall.h"

const PaymentAttempt *till_attempt(struct stall *stall, const char *attempt_id);
/* The order's latest attempt of a kind; NULL: none. */
const PaymentAttempt *till_latest(struct stall *stall, const char *order_id, AttemptKind kind);

/* What the gateway says about an attempt, at any time; "SUCCEEDED". */
struct outcome till_tell(struct stall *stall, const char *attempt_id, const char *outcome,
        const char *amount_and_currency);
void till_say(struct stall *stall, const char *attempt_id, const char *outcome, int amount_minor);

/* Offers every method: cash and transfers up to 10.00, and invoices to alice. */
void till_offer_all(struct stall *stall);
/* An order of somebody that is paid by a method: "INVOICE". */
const char *till_place(
        struct stall *stall, struct persona who, struct basket basket, const char *method);
/* What PlaceOrder answers to the same. */
struct outcome till_try_place(
        struct stall *stall, struct persona who, struct basket basket, const char *method);
/* Finance tells what came. */
const PaymentAttempt *till_receive(
        struct stall *stall, const char *order_id, int amount_minor, const char *external_id);

/* The order's figures of money, and the ledger's view of the same where it is the only order. */
struct till_figures {
        PaymentState state;
        int64_t authorised, captured, refunded, released, due;
};
void till_assert(struct stall *stall, const char *order_id, struct till_figures expected);

int64_t till_booked(struct stall *stall, LedgerAccount account);
size_t till_tickets(struct stall *stall, const char *kind);
