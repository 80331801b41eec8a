/*
 * Captures what the bank holds. What is asked for is fixed when the attempt is made; what is given
 * back while the gateway has not answered is refunded when it has.
 */
#include "payment.handlers.h"
#include "server/payment/ledger.h"

enum status payment_capture_payment(
        struct call *call, const CapturePaymentRequest *request, PaymentAttempt *response)
{
        Order *order = order_get(call->txn, request->order_id);
        int64_t held = order->authorised_minor;
        int64_t amount = request->amount_minor != 0 ? request->amount_minor : held;

        if (held == 0)
                return call_fail(call, FAILED_PRECONDITION, "NOTHING_AUTHORISED",
                        "nothing is held for order %s that could be captured", order->id);
        if (authorisation_in_flight(call, order) > 0)
                return call_fail(call, FAILED_PRECONDITION, "CAPTURE_OPEN",
                        "the gateway has not answered the last capture of order %s", order->id);
        if (amount > held) {
                call_fact(call, "authorised_minor", "%lld", (long long)held);
                return call_fail_field(call, "amount_minor", "MORE_THAN_AUTHORISED",
                        "amount_minor: %lld %s are held for order %s", (long long)held,
                        order->currency_code, order->id);
        }
        *response = *authorisation_capture(call, order, amount, request->sandbox_answer);
        return OK;
}
