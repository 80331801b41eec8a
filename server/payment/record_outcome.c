/*
 * Rule 10. The first final outcome of an attempt decides; the same again is counted and changes
 * nothing; one that contradicts what is known changes no order: the money is booked to suspense,
 * sent back, and a person is told. So an answer may come late, twice or wrong, in any order, and
 * no money is lost or taken twice.
 */
#include "payment.handlers.h"

#include <string.h>
#include "server/order/order.h"
#include "server/payment/ledger.h"
#include "server/payment/payment.h"
#include "server/service/service.h"

/* From the customer, at the customer's own wish. */
static bool pays(const PaymentAttempt *attempt)
{
        return attempt->kind == ATTEMPT_KIND_SALE || attempt->kind == ATTEMPT_KIND_AUTHORISE;
}

static bool takes_money(const PaymentAttempt *attempt)
{
        return attempt->kind == ATTEMPT_KIND_SALE || attempt->kind == ATTEMPT_KIND_CAPTURE;
}

static AttemptState state_after(Outcome outcome)
{
        if (outcome == OUTCOME_SUCCEEDED)
                return ATTEMPT_STATE_SUCCEEDED;
        return outcome == OUTCOME_DECLINED ? ATTEMPT_STATE_DECLINED : ATTEMPT_STATE_CLOSED;
}

static bool names_amount(const PaymentAttempt *attempt, const RecordOutcomeRequest *request)
{
        return request->amount_minor == attempt->amount_minor &&
               strcmp(request->currency_code, attempt->currency_code) == 0;
}

/* This very money was sent back before: the outcome is a contradiction told twice. */
static bool sent_back(
        struct call *call, const PaymentAttempt *attempt, const RecordOutcomeRequest *request)
{
        struct scan *scan = payment_attempt_by_order_id(call->txn, attempt->order_id);

        for (PaymentAttempt *other; (other = payment_attempt_next(scan)) != NULL;)
                if ((other->kind == ATTEMPT_KIND_REFUND || other->kind == ATTEMPT_KIND_VOID) &&
                        strcmp(other->document_id, attempt->id) == 0 &&
                        names_amount(other, request))
                        return true;
        return false;
}

/* The outcome says nothing that was not known. */
static bool known(
        struct call *call, const PaymentAttempt *attempt, const RecordOutcomeRequest *request)
{
        if (attempt->state == ATTEMPT_STATE_OPEN)
                return false;
        if (request->outcome == OUTCOME_PENDING)
                return true;
        if (request->outcome != OUTCOME_SUCCEEDED)
                return attempt->state == state_after(request->outcome);
        if (!pays(attempt) && !takes_money(attempt))
                return attempt->state == ATTEMPT_STATE_SUCCEEDED && names_amount(attempt, request);
        if (attempt->captured && names_amount(attempt, request))
                return true;
        /* The voids of an authorisation that counts are no contradictions. */
        if (attempt->captured && attempt->kind == ATTEMPT_KIND_AUTHORISE)
                return false;
        return sent_back(call, attempt, request);
}

static void open_ticket(struct call *call, const char *kind, const PaymentAttempt *attempt,
        const RecordOutcomeRequest *request)
{
        service_open_ticket(call, kind, attempt->id, attempt->member_id,
                call_printf(call, "attempt of %lld %s for order %s; outcome %d names %lld %s",
                        (long long)attempt->amount_minor, attempt->currency_code, attempt->order_id,
                        (int)request->outcome, (long long)request->amount_minor,
                        request->currency_code));
}

/* Nothing was taken, but it is held for nothing. */
static void void_hold(struct call *call, const Order *order, const PaymentAttempt *attempt,
        const RecordOutcomeRequest *request)
{
        attempt_open(call, order,
                &(struct attempt_wish){.kind = ATTEMPT_KIND_VOID,
                        .amount_minor = request->amount_minor,
                        .currency_code = request->currency_code,
                        .document_id = attempt->id});
}

static void contradict(struct call *call, const Order *order, const PaymentAttempt *attempt,
        const RecordOutcomeRequest *request)
{
        if (takes_money(attempt) && request->outcome == OUTCOME_SUCCEEDED)
                suspense_return(
                        call, order, attempt, request->amount_minor, request->currency_code);
        else if (pays(attempt) && request->outcome == OUTCOME_SUCCEEDED && !attempt->captured)
                void_hold(call, order, attempt, request);
        open_ticket(call, "PAYMENT_CONTRADICTED", attempt, request);
        call_event(call, "payment.contradicted", attempt->id, attempt->member_id, "outcome",
                (int64_t)request->outcome, "amount_minor", request->amount_minor, NULL);
}

/* The order's own attempt ended without paying it. */
static enum status give_up(struct call *call, Order *order, const PaymentAttempt *attempt)
{
        if (strcmp(order->open_attempt_id, attempt->id) != 0)
                return OK;
        if (attempt->closing && order->state == ORDER_STATE_PLACED)
                return order_end_closing(call, order);
        order_payment_failed(call, order);
        return attempt->closing && order->raised_minor > 0 ? due_expire(call, order) : OK;
}

static struct order_money money_of(
        struct call *call, const Order *order, const PaymentAttempt *attempt)
{
        if (attempt->kind == ATTEMPT_KIND_SALE) {
                ledger_book_captured(call, order, attempt, attempt->amount_minor);
                return (struct order_money){.captured_minor = attempt->amount_minor};
        }
        call_schedule(call, call->now_us + call->terms->authorisation_days * TERMS_DAY_US,
                AUTHORISATION_EXPIRY_METHOD, order->id);
        return (struct order_money){.authorised_minor = attempt->amount_minor};
}

static enum status succeed_payment(struct call *call, Order *order, PaymentAttempt *attempt,
        const RecordOutcomeRequest *request)
{
        enum status status = OK;

        if (strcmp(order->open_attempt_id, attempt->id) != 0 || !names_amount(attempt, request) ||
                order_takes(order, attempt->amount_minor) != attempt->amount_minor) {
                contradict(call, order, attempt, request);
                return give_up(call, order, attempt);
        }
        attempt->captured = true;
        payment_attempt_update(call->txn, attempt);
        order->open_attempt_id = "";
        if (order->state == ORDER_STATE_PLACED)
                status = order_confirm(call, order);
        if (status != OK)
                return status;
        order_book(call, order, money_of(call, order, attempt));
        return due_settle(call, order);
}

static enum status end_capture(struct call *call, Order *order, PaymentAttempt *attempt,
        const RecordOutcomeRequest *request)
{
        int64_t amount = attempt->amount_minor;

        if (attempt->state != ATTEMPT_STATE_SUCCEEDED || !names_amount(attempt, request)) {
                if (attempt->state == ATTEMPT_STATE_SUCCEEDED)
                        contradict(call, order, attempt, request);
                else
                        open_ticket(call, "CAPTURE_FAILED", attempt, request);
                authorisation_lose(call, order);
                return OK;
        }
        attempt->captured = true;
        payment_attempt_update(call->txn, attempt);
        ledger_book_captured(call, order, attempt, attempt->amount_minor);
        order_book(call, order,
                (struct order_money){.captured_minor = amount, .authorised_minor = -amount});
        if (order->authorised_minor == 0)
                call_unschedule(call, AUTHORISATION_EXPIRY_METHOD, order->id);
        authorisation_balance(call, order);
        if (order->fulfilment_state != FULFILMENT_STATE_OPEN)
                payment_capture_rest(call, order);
        return OK;
}

/* A void or a refund: promised already, whatever the gateway says. */
static enum status end_giving(struct call *call, const Order *order, const PaymentAttempt *attempt,
        const RecordOutcomeRequest *request)
{
        if (attempt->state == ATTEMPT_STATE_SUCCEEDED && !names_amount(attempt, request))
                contradict(call, order, attempt, request);
        else if (attempt->state != ATTEMPT_STATE_SUCCEEDED)
                open_ticket(call,
                        attempt->kind == ATTEMPT_KIND_VOID ? "VOID_FAILED" : "REFUND_FAILED",
                        attempt, request);
        return OK;
}

/* The attempt's state is stored already; now what it means. */
static enum status decide(struct call *call, Order *order, PaymentAttempt *attempt,
        const RecordOutcomeRequest *request)
{
        if (pays(attempt))
                return attempt->state == ATTEMPT_STATE_SUCCEEDED
                               ? succeed_payment(call, order, attempt, request)
                               : give_up(call, order, attempt);
        if (attempt->kind == ATTEMPT_KIND_CAPTURE)
                return end_capture(call, order, attempt, request);
        return end_giving(call, order, attempt, request);
}

/* Nobody knows yet: asked for until somebody does, or until nobody answers any more. */
static void wait_on(
        struct call *call, const PaymentAttempt *attempt, const RecordOutcomeRequest *request)
{
        if (attempt->outcome_count == 1)
                call_job(call, "payment.query", attempt->id, call->now_us + 30 * INT64_C(1000000));
        else
                open_ticket(call, "PAYMENT_UNANSWERED", attempt, request);
        call_event(call, "payment.pending", attempt->id, attempt->member_id, NULL);
}

static void store(struct call *call, PaymentAttempt *attempt)
{
        attempt->update_time = call_now(call);
        payment_attempt_update(call->txn, attempt);
}

static enum status first_final(
        struct call *call, PaymentAttempt *attempt, const RecordOutcomeRequest *request)
{
        attempt->state = state_after(request->outcome);
        attempt->gateway_reference = request->gateway_reference;
        attempt->decline_reason = request->decline_reason;
        attempt->final_time = call_now(call);
        store(call, attempt);
        call_event(call, "payment.attempt_ended", attempt->id, attempt->member_id, "state",
                (int64_t)attempt->state, "amount_minor", request->amount_minor, NULL);
        return decide(call, order_get(call->txn, attempt->order_id), attempt, request);
}

enum status payment_record_outcome(
        struct call *call, const RecordOutcomeRequest *request, PaymentAttempt *response)
{
        PaymentAttempt *attempt = payment_attempt_get(call->txn, request->attempt_id);
        enum status status = OK;

        if (request->outcome == OUTCOME_SUCCEEDED && request->amount_minor <= 0)
                return call_fail_field(call, "amount_minor", "AMOUNT_MISSING",
                        "amount_minor: a success names the amount that moved");
        if (request->outcome == OUTCOME_SUCCEEDED && request->currency_code[0] == '\0')
                return call_fail_field(call, "currency_code", "CURRENCY_MISSING",
                        "currency_code: a success names the currency that moved");
        attempt->outcome_count++;
        if (known(call, attempt, request)) {
                store(call, attempt);
                call_event(call, "payment.outcome_repeated", attempt->id, attempt->member_id, NULL);
        } else if (request->outcome == OUTCOME_PENDING) {
                store(call, attempt);
                wait_on(call, attempt, request);
        } else if (attempt->state == ATTEMPT_STATE_OPEN) {
                status = first_final(call, attempt, request);
        } else {
                store(call, attempt);
                contradict(call, order_get(call->txn, attempt->order_id), attempt, request);
        }
        if (status == OK)
                call_respond(response, payment_attempt_get(call->txn, attempt->id));
        return status;
}
