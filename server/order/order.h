#pragma once
/*
 * What may happen to an order after it was placed: the operations that payment, fulfilment,
 * checkout and after-sales share. They keep the four states, the stock held for the order and its
 * counters together; callers update nothing of an order by hand.
 */
#include "server/call.h"
#include "server/verify.h"
#include "checkout.rows.h"

/* The timer that ends an unpaid order, by order id. */
#define ORDER_EXPIRY_METHOD "checkout.ExpireOrder"

struct order_lines {
        OrderLine **at; /* by number; the call's */
        size_t n;
};

struct order_lines order_lines(struct call *call, const char *order_id);

/* Stores the order with its update_time, payment_state and due_minor: for callers that changed one
 * of its states or counters. */
void order_store(struct call *call, Order *order);

/* What is still to be paid of it, with what a document raised; 0 when it has ended. */
int64_t order_due(const Order *order);
/* Computes what follows from its counters: payment_state and due_minor. */
void order_reckon(Order *order);

/* An attempt to pay it is open, or ended without paying it. */
void order_payment_opened(struct call *call, Order *order, const char *attempt_id);
void order_payment_failed(struct call *call, Order *order);
/* Money came for an order that stands already. */
void order_received(struct call *call, Order *order, int64_t captured_minor);

/* The order is paid: its reservation becomes an allocation and its expiry timer ends. captured is
 * added to captured_minor (0 for an order with nothing to pay). */
enum status order_paid(struct call *call, Order *order, int64_t captured_minor);

/* Ends an unpaid order as CANCELLED or EXPIRED: every open unit is cancelled, stock is released,
 * the timer ends. */
enum status order_end_unpaid(struct call *call, Order *order, OrderState state, const char *reason);

/* Ends an unpaid order whose attempt was asked to close: CANCELLED where end_reason says that it
 * was to be cancelled, EXPIRED otherwise. */
enum status order_end_closing(struct call *call, Order *order);

/* Cancels quantity open units of a line of a paid order: stock goes back; returns through refund
 * what they paid. The caller refunds it. FAILED_PRECONDITION UNITS_NOT_OPEN with facts. */
enum status order_cancel_units(
        struct call *call, Order *order, OrderLine *line, int64_t quantity, int64_t *refund_minor);

/* After units of its lines moved: computes fulfilment_state, deliver_time and, where no unit is
 * left, state, and stores the order. */
void order_settle(struct call *call, Order *order);

/* Books a refund against what was captured: counters and payment_state. INTERNAL assert where it
 * would exceed captured: callers give unit-table amounts. */
void order_refunded(struct call *call, Order *order, int64_t amount_minor);

/* Totals are sums of lines, runs add up to quantities, refunds never exceed captures, holdings
 * match what is open, unit counters obey rule 11. */
void order_verify(struct verify_context *context, struct txn *txn);
