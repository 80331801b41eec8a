/*
 * Starts paying what is due, of an order that was just placed or of one that stands and has come to
 * owe more. Nothing is asked of the gateway here: the attempt and the job that submits it are
 * stored together, and the outcome comes back through RecordOutcome.
 */
#include "payment.handlers.h"
#include "server/order/order.h"
#include "server/payment/ledger.h"

enum status payment_pay_order(
        struct call *call, const PayOrderRequest *request, PaymentAttempt *response)
{
        Order *order = order_get(call->txn, request->order_id);
        PaymentAttempt *attempt;

        if (order->state != ORDER_STATE_PLACED && order->state != ORDER_STATE_CONFIRMED)
                return call_fail(call, FAILED_PRECONDITION, "ORDER_NOT_PAYABLE",
                        "order %s was cancelled or has expired", order->id);
        if (order->open_attempt_id[0] != '\0') {
                call_fact(call, "attempt_id", "%s", order->open_attempt_id);
                return call_fail(call, FAILED_PRECONDITION, "ATTEMPT_OPEN",
                        "order %s is being paid by attempt %s", order->id, order->open_attempt_id);
        }
        if (order_due(order) == 0)
                return call_fail(call, FAILED_PRECONDITION, "NOTHING_DUE",
                        "nothing is due of order %s", order->id);
        attempt = attempt_open(call, order,
                &(struct attempt_wish){.kind = ATTEMPT_KIND_SALE,
                        .amount_minor = order_due(order),
                        .currency_code = order->currency_code,
                        .sandbox_answer = request->sandbox_answer,
                        .document_id = order->id});
        order_payment_opened(call, order, attempt->id);
        call_event(call, "payment.attempt_opened", attempt->id, order->member_id, "amount_minor",
                attempt->amount_minor, NULL);
        *response = *payment_attempt_get(call->txn, attempt->id);
        return OK;
}
