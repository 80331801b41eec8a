/*
 * What follows from an order's counters of money. Stored with the order, so that clients and
 * indexes see it, and computed in one place whenever the order is stored; verify computes it again.
 * Refused: setting the payment state where money moves, which every new way to pay would repeat.
 */
#include "server/order/order.h"

#include <assert.h>
#include "server/loyalty/loyalty.h"

static bool has_ended(const Order *order)
{
        return order->state == ORDER_STATE_CANCELLED || order->state == ORDER_STATE_EXPIRED;
}

int64_t order_payable(const Order *order)
{
        return order->gross_minor - order->points_minor - order->released_minor;
}

/* What of so much money has not come. */
static int64_t missing(const Order *order, int64_t payable_minor)
{
        int64_t missing = payable_minor - order->captured_minor - order->authorised_minor;

        return has_ended(order) || missing < 0 ? 0 : missing;
}

int64_t order_owed(const Order *order)
{
        return missing(order, order_payable(order));
}

int64_t order_due(const Order *order)
{
        return missing(order, order_payable(order) + order->raised_minor);
}

int64_t order_takes(const Order *order, int64_t amount_minor)
{
        int64_t due = order_due(order), owed = order_owed(order);

        if (amount_minor >= due)
                return due;
        return amount_minor < owed ? amount_minor : owed;
}

static PaymentState payment_state(const Order *order)
{
        int64_t paid = order->captured_minor + order->authorised_minor;
        int64_t back = order->refunded_minor + order->points_back_minor;
        /* What stands and has nothing left to be paid is paid, and so was what gave all of its
         * points back. */
        bool stood = order->state == ORDER_STATE_CONFIRMED ||
                     (order->points_back_minor > 0 && order_payable(order) == 0);

        if (paid == 0 && order->gross_minor > 0 && (!stood || order_owed(order) > 0))
                return order->open_attempt_id[0] != '\0' ? PAYMENT_STATE_PENDING
                                                         : PAYMENT_STATE_UNPAID;
        if (paid < order_payable(order))
                return PAYMENT_STATE_PARTLY_PAID;
        if (order->authorised_minor > 0)
                return PAYMENT_STATE_AUTHORISED;
        if (back == 0)
                return PAYMENT_STATE_PAID;
        return back < order->captured_minor + order->points_minor ? PAYMENT_STATE_PARTLY_REFUNDED
                                                                  : PAYMENT_STATE_REFUNDED;
}

void order_reckon(Order *order)
{
        order->due_minor = order_due(order);
        order->payment_state = payment_state(order);
        order->debtor_id = order->payment_method == PAYMENT_METHOD_INVOICE && order_owed(order) > 0
                                   ? order->member_id
                                   : "";
}

bool order_by_hand(const Order *order)
{
        return order->payment_method > PAYMENT_METHOD_GATEWAY;
}

void order_book(struct call *call, Order *order, struct order_money change)
{
        order->captured_minor += change.captured_minor;
        order->authorised_minor += change.authorised_minor;
        order->refunded_minor += change.refunded_minor;
        order->released_minor += change.released_minor;
        order->deducted_minor += change.deducted_minor;
        assert(order->authorised_minor >= 0 && order->released_minor >= 0);
        assert(order->refunded_minor >= 0 && order->deducted_minor >= 0);
        assert(order->refunded_minor + order->deducted_minor <= order->captured_minor);
        if (order->state == ORDER_STATE_CONFIRMED && order->pay_time == NULL &&
                order_owed(order) == 0) {
                order->pay_time = call_now(call);
                call_event(call, "order.paid", order->id, order->member_id, "gross_minor",
                        order->gross_minor, "captured_minor", order->captured_minor,
                        "authorised_minor", order->authorised_minor, "points_minor",
                        order->points_minor, NULL);
                loyalty_order_paid(call, order);
        }
        order_store(call, order);
}

enum status order_check_shippable(struct call *call, const Order *order)
{
        if (order->state != ORDER_STATE_CONFIRMED)
                return call_fail(call, FAILED_PRECONDITION, "ORDER_NOT_CONFIRMED",
                        "order %s is not confirmed; only what is paid may be shipped", order->id);
        if (order_by_hand(order) || order_owed(order) == 0)
                return OK;
        call_fact(call, "due_minor", "%lld", (long long)order_owed(order));
        return call_fail(call, FAILED_PRECONDITION, "PAYMENT_LOST",
                "order %s is no longer paid: %lld are due before anything is shipped", order->id,
                (long long)order_owed(order));
}
