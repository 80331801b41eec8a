/*
 * The timer of an unpaid difference, as that of an unpaid order: while an attempt is open the
 * gateway is asked to close it first, and when the timer fires again the wait is over.
 */
#include "payment.handlers.h"
#include "server/order/order.h"
#include "server/payment/ledger.h"
#include "server/payment/payment.h"

enum status payment_expire_due(struct call *call, const TimerRequest *request, Empty *response)
{
        Order *order = order_get(call->txn, request->subject_id);

        if (order == NULL || order->raised_minor == 0)
                return OK;
        if (order->open_attempt_id[0] == '\0' ||
                payment_attempt_get(call->txn, order->open_attempt_id)->closing)
                return due_expire(call, order);
        payment_close_attempt(call, order);
        return OK;
}
