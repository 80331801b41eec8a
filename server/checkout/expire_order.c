/*
 * The timer of an unpaid order (rule 7). Without an open attempt the order ends. With one the
 * gateway is asked to close it first, and the timer is set again: if it fires before any answer,
 * the wait is over and the order ends; money that still comes goes to suspense.
 */
#include "checkout.handlers.h"
#include "server/order/order.h"
#include "server/payment/payment.h"

enum status checkout_expire_order(struct call *call, const TimerRequest *request, Empty *response)
{
        Order *order = order_get(call->txn, request->subject_id);
        const PaymentAttempt *attempt;

        if (order == NULL || order->state != ORDER_STATE_PLACED)
                return OK;
        if (order->open_attempt_id[0] == '\0')
                return order_end_unpaid(call, order, ORDER_STATE_EXPIRED, "NOT_PAID");
        attempt = payment_attempt_get(call->txn, order->open_attempt_id);
        if (attempt->closing)
                return order_end_closing(call, order);
        payment_close_attempt(call, order);
        return OK;
}
