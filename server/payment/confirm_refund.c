/*
 * A refund by hand was booked when it was promised; this only tells that the money left. Told again
 * with the same reference it changes nothing.
 */
#include "payment.handlers.h"

#include <string.h>

enum status payment_confirm_refund(
        struct call *call, const ConfirmRefundRequest *request, PaymentAttempt *response)
{
        PaymentAttempt *attempt = payment_attempt_get(call->txn, request->attempt_id);

        if (attempt->kind != ATTEMPT_KIND_REFUND || !attempt->by_hand)
                return call_fail(call, FAILED_PRECONDITION, "NOT_BY_HAND",
                        "attempt %s is not a refund by hand", attempt->id);
        if (attempt->state == ATTEMPT_STATE_OPEN) {
                attempt->state = ATTEMPT_STATE_SUCCEEDED;
                attempt->gateway_reference = request->reference;
                attempt->final_time = call_now(call);
                attempt->update_time = call_now(call);
                attempt->outcome_count = 1;
                payment_attempt_update(call->txn, attempt);
                call_event(call, "payment.attempt_ended", attempt->id, attempt->member_id, "state",
                        (int64_t)attempt->state, "amount_minor", attempt->amount_minor, NULL);
        } else if (strcmp(attempt->gateway_reference, request->reference) != 0) {
                return call_fail(call, FAILED_PRECONDITION, "REFUND_CONFIRMED",
                        "refund %s was sent as %s", attempt->id, attempt->gateway_reference);
        }
        call_respond(response, payment_attempt_get(call->txn, attempt->id));
        return OK;
}
