/*
 * Money that the bank holds and the shop has not captured. order.authorised_minor is what is left
 * of it, with what is being captured; a void counts when it is asked for, since what was given up
 * must not be captured by anybody, a capture when it has succeeded. An order has one authorisation
 * and at most one open capture.
 *
 * A capture that fails is a hold that was lost: its money is due again, the order keeps its stock
 * and ships nothing more until it is paid. Refused: trying again by itself, which delays the
 * question to the customer while parcels leave.
 */
#include <assert.h>
#include "server/order/order.h"
#include "server/payment/ledger.h"
#include "server/payment/payment.h"

/* The one that counts. */
static const PaymentAttempt *authorisation_of(struct call *call, const Order *order)
{
        struct scan *scan = payment_attempt_by_order_id(call->txn, order->id);
        const PaymentAttempt *attempt;

        while ((attempt = payment_attempt_next(scan)) != NULL)
                if (attempt->kind == ATTEMPT_KIND_AUTHORISE && attempt->captured)
                        break;
        assert(attempt != NULL);
        return attempt;
}

int64_t authorisation_in_flight(struct call *call, const Order *order)
{
        struct scan *scan = payment_attempt_by_order_id(call->txn, order->id);
        int64_t sum = 0;

        for (const PaymentAttempt *attempt; (attempt = payment_attempt_next(scan)) != NULL;)
                if (attempt->kind == ATTEMPT_KIND_CAPTURE && attempt->state == ATTEMPT_STATE_OPEN)
                        sum += attempt->amount_minor;
        return sum;
}

PaymentAttempt *authorisation_capture(
        struct call *call, Order *order, int64_t amount_minor, SandboxAnswer sandbox_answer)
{
        PaymentAttempt *attempt = attempt_open(call, order,
                &(struct attempt_wish){.kind = ATTEMPT_KIND_CAPTURE,
                        .amount_minor = amount_minor,
                        .currency_code = order->currency_code,
                        .sandbox_answer = sandbox_answer,
                        .document_id = authorisation_of(call, order)->id});

        call_event(call, "payment.capture_opened", attempt->id, order->member_id, "amount_minor",
                amount_minor, NULL);
        return attempt;
}

void payment_capture_rest(struct call *call, Order *order)
{
        if (order->authorised_minor > 0 && authorisation_in_flight(call, order) == 0)
                authorisation_capture(
                        call, order, order->authorised_minor, SANDBOX_ANSWER_UNSPECIFIED);
}

static void let_go(struct call *call, Order *order, int64_t amount_minor)
{
        const PaymentAttempt *attempt = attempt_open(call, order,
                &(struct attempt_wish){.kind = ATTEMPT_KIND_VOID,
                        .amount_minor = amount_minor,
                        .currency_code = order->currency_code,
                        .document_id = authorisation_of(call, order)->id});

        order_book(call, order, (struct order_money){.authorised_minor = -amount_minor});
        if (order->authorised_minor == 0)
                call_unschedule(call, AUTHORISATION_EXPIRY_METHOD, order->id);
        call_event(call, "payment.void_opened", attempt->id, order->member_id, "amount_minor",
                amount_minor, NULL);
}

void authorisation_balance(struct call *call, Order *order)
{
        int64_t in_flight = authorisation_in_flight(call, order);
        int64_t free = order->authorised_minor - in_flight;
        int64_t surplus = order->captured_minor + order->authorised_minor - order_payable(order);
        int64_t voided = surplus < free ? surplus : free;

        if (voided > 0)
                let_go(call, order, voided);
        surplus -= voided;
        if (surplus <= 0 || in_flight > 0)
                return;
        /* It was to be released and has been captured meanwhile. */
        order_book(call, order, (struct order_money){.released_minor = -surplus});
        refund_open(call, order, surplus, order->id);
}

void authorisation_lose(struct call *call, Order *order)
{
        if (order->authorised_minor > 0)
                let_go(call, order, order->authorised_minor);
}
