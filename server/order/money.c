/*
 * What follows from an order's counters of money. Stored with the order, so that clients and
 * indexes see it, and computed in one place whenever the order is stored; verify computes it again.
 * Refused: setting the payment state where money moves, which every new way to pay would repeat.
 */
#include "server/order/order.h"

static bool has_ended(const Order *order)
{
        return order->state == ORDER_STATE_CANCELLED || order->state == ORDER_STATE_EXPIRED;
}

int64_t order_due(const Order *order)
{
        int64_t due = order->gross_minor + order->raised_minor - order->captured_minor;

        return has_ended(order) || due < 0 ? 0 : due;
}

static PaymentState payment_state(const Order *order)
{
        if (order->captured_minor == 0 && order->gross_minor > 0)
                return order->open_attempt_id[0] != '\0' ? PAYMENT_STATE_PENDING
                                                         : PAYMENT_STATE_UNPAID;
        if (order->refunded_minor == 0)
                return PAYMENT_STATE_PAID;
        return order->refunded_minor < order->captured_minor ? PAYMENT_STATE_PARTLY_REFUNDED
                                                             : PAYMENT_STATE_REFUNDED;
}

void order_reckon(Order *order)
{
        order->due_minor = order_due(order);
        order->payment_state = payment_state(order);
}
