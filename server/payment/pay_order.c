/*
 * Starts paying what is due, of an order that was just placed or of one that stands and has come to
 * owe more. Nothing is asked of the gateway here: the attempt and the job that submits it are
 * stored together, and the outcome comes back through RecordOutcome.
 */
#include "payment.handlers.h"
#include "server/order/order.h"
#include "server/payment/ledger.h"

static AttemptKind kind_for(CaptureMode mode)
{
        return mode == CAPTURE_MODE_MANUAL ? ATTEMPT_KIND_AUTHORISE : ATTEMPT_KIND_SALE;
}

/* One that still may take money: also one that the order gave up and the gateway has not closed. */
static const PaymentAttempt *open_payment(struct call *call, const Order *order)
{
        struct scan *scan = payment_attempt_by_order_id(call->txn, order->id);

        for (const PaymentAttempt *row; (row = payment_attempt_next(scan)) != NULL;) {
                if (row->state == ATTEMPT_STATE_OPEN &&
                        (row->kind == ATTEMPT_KIND_SALE || row->kind == ATTEMPT_KIND_AUTHORISE))
                        return row;
        }
        return NULL;
}

enum status payment_pay_order(
        struct call *call, const PayOrderRequest *request, PaymentAttempt *response)
{
        Order *order = order_get(call->txn, request->order_id);
        const PaymentAttempt *open = open_payment(call, order);
        PaymentAttempt *attempt;

        if (order->state != ORDER_STATE_PLACED && order->state != ORDER_STATE_CONFIRMED)
                return call_fail(call, FAILED_PRECONDITION, "ORDER_NOT_PAYABLE",
                        "order %s was cancelled or has expired", order->id);
        if (open != NULL) {
                call_fact(call, "attempt_id", "%s", open->id);
                return call_fail(call, FAILED_PRECONDITION, "ATTEMPT_OPEN",
                        "order %s is being paid by attempt %s", order->id, open->id);
        }
        if (order_due(order) == 0)
                return call_fail(call, FAILED_PRECONDITION, "NOTHING_DUE",
                        "nothing is due of order %s", order->id);
        if (request->capture_mode == CAPTURE_MODE_MANUAL && order->state != ORDER_STATE_PLACED)
                return call_fail_field(call, "capture_mode", "CAPTURED_AT_ONCE",
                        "capture_mode: what order %s owes is captured at once; it stands already",
                        order->id);
        attempt = attempt_open(call, order,
                &(struct attempt_wish){.kind = kind_for(request->capture_mode),
                        .amount_minor = order_due(order),
                        .currency_code = order->currency_code,
                        .sandbox_answer = request->sandbox_answer,
                        .document_id = order->id});
        order_payment_opened(call, order, attempt->id);
        /* An order that was just placed has a timer that does it; this one could wait for ever. */
        if (order->state == ORDER_STATE_CONFIRMED)
                call_job(call, "payment.close", attempt->id,
                        call->now_us + call->terms->hold_minutes * TERMS_MINUTE_US);
        call_event(call, "payment.attempt_opened", attempt->id, order->member_id, "amount_minor",
                attempt->amount_minor, NULL);
        call_respond(response, payment_attempt_get(call->txn, attempt->id));
        return OK;
}
