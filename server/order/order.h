#pragma once
/*
 * What may happen to an order after it was placed: the operations that payment, fulfilment,
 * checkout and after-sales share. They keep the four states, the stock held for the order and its
 * counters together; callers update nothing of an order by hand.
 */
#include "server/call.h"
#include "server/verify.h"
#include "checkout.rows.h"
#include "server/order/units.h"

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

/* What money pays of it: what points pay and what need not be paid any more is taken off. */
int64_t order_payable(const Order *order);
/* What is still to be paid of it, without and with what a document raised; 0 when it has ended. */
int64_t order_owed(const Order *order);
int64_t order_due(const Order *order);
/* How much of what comes pays something. Parts add up for the order itself; what a document raised
 * is paid together with all of that or not at all, as it may expire and keep nothing. */
int64_t order_takes(const Order *order, int64_t amount_minor);
/* Computes what follows from its counters: payment_state, due_minor and debtor_id. */
void order_reckon(Order *order);

/* An attempt to pay it is open, or ended without paying it. */
void order_payment_opened(struct call *call, Order *order, const char *attempt_id);
void order_payment_failed(struct call *call, Order *order);
/* The order stands: its reservation becomes an allocation and its expiry timer ends. Whoever says
 * so books what was paid for it. */
enum status order_confirm(struct call *call, Order *order);

/* Adds to its counters of money and stores it. The first time that nothing is owed it is paid. Own
 * mistake (assert) where refunds would exceed what was captured: callers give unit-table amounts.
 */
struct order_money {
        int64_t captured_minor;
        int64_t authorised_minor;
        int64_t refunded_minor;
        int64_t released_minor;
        int64_t deducted_minor;
};
void order_book(struct call *call, Order *order, struct order_money change);

/* Paid by people, not through the gateway: it stands and ships before it is paid. */
bool order_by_hand(const Order *order);

/* Whether parcels may be packed and leave: ORDER_NOT_CONFIRMED; PAYMENT_LOST where money that was
 * held for it is not any more. */
enum status order_check_shippable(struct call *call, const Order *order);

/* Ends an unpaid order as CANCELLED or EXPIRED: every open unit is cancelled, stock is released,
 * the timer ends. */
enum status order_end_unpaid(struct call *call, Order *order, OrderState state, const char *reason);

/* Ends an unpaid order whose attempt was asked to close: CANCELLED where end_reason says that it
 * was to be cancelled, EXPIRED otherwise. */
enum status order_end_closing(struct call *call, Order *order);

/* What units paid, or would have, with tax; points_minor of it with points, the rest with money. */
struct order_worth {
        int64_t gross_minor;
        int64_t points_minor;
};
void order_worth_add(struct order_worth *sum, struct order_worth worth);
int64_t order_worth_money(struct order_worth worth);

/* What a call has cancelled so far, zeros at first: so many units of goods and fees, what they paid
 * or would have, of a replacement at most what was settled of it, and what they earned. */
struct order_cancelled {
        int64_t units;
        struct order_worth refund;
        struct loyalty_units *earned;
        size_t earned_count, earned_room;
};

/* Cancels quantity open units of a line and adds them to what is done: stock goes back. The caller
 * refunds, and ends with order_unearn. FAILED_PRECONDITION UNITS_NOT_OPEN with facts. */
enum status order_cancel_units(struct call *call, Order *order, OrderLine *line, int64_t quantity,
        struct order_cancelled *done);
/* Takes back what all of them earned: once a call, since an order's points are one row, however
 * many lines it has. */
void order_unearn(struct call *call, const Order *order, const struct order_cancelled *done);

/* What cancelling these units of a line gives back, at most what was settled of it. */
struct order_worth order_units_worth(const OrderLine *line, struct unit_ranges units);

/* Gives back the points that paid so much of units whose rest the caller refunds, as a share of all
 * that the order was placed with; how many. Stores the order. */
int64_t order_points_back(struct call *call, Order *order, int64_t points_minor);

/* ---- its revisions ---- */

/* Open units that a revision takes out when it is paid, and what then becomes of them. */
void order_take_out(struct call *call, OrderLine *line, int64_t quantity);
enum status order_cancel_leaving(
        struct call *call, Order *order, OrderLine *line, struct order_cancelled *done);
/* The line's revision expired: nothing is held for it any more. */
enum status order_drop_line(struct call *call, OrderLine *line);

/* ---- its lines ---- */

#define ORDER_LINES_MOST 4001 /* what Order.lines holds: 2,000, delivery, and replacements */

/* A line of goods, all of its units open, nothing else set. */
OrderLine *order_line_new(struct call *call, const char *order_id, int64_t quantity);

/* Whether something more may be sent on an order: MEMBER_ERASED. */
enum status order_check_owner(struct call *call, const Order *order);

/* A line of goods for an order that stands, not stored: quantity units of a variant at the price
 * that the order's list has now, with the taxes of now in the order's zone. Refusals have the
 * reasons of a quote: NOT_ON_SALE, NO_PRICE, TAX_CLASS_UNKNOWN, TOO_MANY_UNITS, AMOUNT_TOO_LARGE.
 */
struct priced_wish {
        const char *variant_id;
        int64_t quantity;
};
enum status order_price_line(
        struct call *call, const Order *order, const struct priced_wish *wish, OrderLine **out);

/* Whether an order may come to so much; FAILED_PRECONDITION, AMOUNT_TOO_LARGE. */
bool order_within(const struct call *call, int64_t amount_minor);
enum status order_too_large(struct call *call);

/* Whether it may not be packed or cancelled: it replaces what has not come back, or is not paid. */
bool order_line_held(const OrderLine *line);

/* Reserves stock for its units; turns what is held for it into an allocation. */
enum status order_reserve_line(struct call *call, OrderLine *line);
enum status order_allocate_line(struct call *call, const OrderLine *line);

/* Gives the line the next number of the order, reserves its stock, allocates it where order and
 * line count, and stores it: OUT_OF_STOCK, TOO_MANY_LINES. order_recount is due afterwards. */
enum status order_add_line(struct call *call, const Order *order, OrderLine *line);

/* Adds up the order's totals from its lines; the caller stores it. */
void order_recount(struct call *call, Order *order);

/* Every unit of goods was cancelled or came back. */
bool order_is_withdrawn(struct order_lines lines);

/* Takes back from the line of delivery what rule 17 gives back, for a caller who knows that it is
 * due and refunds it; 0 where delivery cost nothing or was refunded before. */
struct delivery_refund {
        struct order_worth worth;
        int64_t tax_minor;
};
struct delivery_refund order_refund_delivery(struct call *call, const Order *order);

/* After units of its lines moved: computes fulfilment_state, deliver_time and, where no unit is
 * left, state, and stores the order. */
void order_settle(struct call *call, Order *order);

/* Totals are sums of lines, runs add up to quantities, refunds never exceed captures, holdings
 * match what is open, unit counters obey rule 11, and points that pay for it are held or spent. */
void order_verify(struct verify_context *context, struct txn *txn);
