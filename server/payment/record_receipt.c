/*
 * Money that people received. A receipt is an attempt that has succeeded already; its name
 * elsewhere makes it idempotent for good, as a list of a bank may be read twice after weeks. What
 * pays nothing is not kept: it goes to suspense and back, and a person is told.
 */
#include "payment.handlers.h"

#include <string.h>
#include "server/order/order.h"
#include "server/payment/ledger.h"
#include "server/service/service.h"

static bool is_finance(const struct call *call)
{
        return call_has_role(call, ROLE_FINANCE) || call_has_role(call, ROLE_ADMINISTRATOR);
}

static enum status check(struct call *call, const RecordReceiptRequest *request, const Order *order)
{
        if (!order_by_hand(order))
                return call_fail(call, FAILED_PRECONDITION, "PAID_THROUGH_GATEWAY",
                        "order %s is paid through the gateway, which tells what came", order->id);
        if (order->payment_method != PAYMENT_METHOD_CASH_ON_DELIVERY && !is_finance(call))
                return call_fail(call, PERMISSION_DENIED, "FINANCE_ONLY",
                        "only finance tells what came by transfer or for an invoice");
        if (strcmp(request->currency_code, order->currency_code) != 0)
                return call_fail_field(call, "currency_code", "CURRENCY_DIFFERS",
                        "currency_code: order %s is in %s", order->id, order->currency_code);
        return OK;
}

static enum status answer_known(struct call *call, const RecordReceiptRequest *request,
        const PaymentAttempt *known, PaymentAttempt *response)
{
        if (strcmp(known->order_id, request->order_id) != 0 ||
                known->amount_minor != request->amount_minor)
                return call_fail(call, ALREADY_EXISTS, "EXTERNAL_ID_REUSED",
                        "external_id %s is the name of another receipt, %s", known->external_id,
                        known->id);
        *response = *known;
        return OK;
}

static PaymentAttempt *new_receipt(
        struct call *call, const RecordReceiptRequest *request, const Order *order)
{
        PaymentAttempt *receipt = attempt_open(call, order,
                &(struct attempt_wish){.kind = ATTEMPT_KIND_RECEIPT,
                        .amount_minor = request->amount_minor,
                        .currency_code = order->currency_code,
                        .document_id = order->id,
                        .by_hand = true});

        receipt->state = ATTEMPT_STATE_SUCCEEDED;
        receipt->captured = order_takes(order, request->amount_minor) > 0;
        receipt->external_id = request->external_id;
        receipt->final_time = call_now(call);
        receipt->outcome_count = 1;
        payment_attempt_update(call->txn, receipt);
        call_event(call, "payment.received", receipt->id, order->member_id, "amount_minor",
                request->amount_minor, NULL);
        return receipt;
}

static enum status take(
        struct call *call, Order *order, const PaymentAttempt *receipt, int64_t amount_minor)
{
        if (amount_minor == 0)
                return OK;
        ledger_book_captured(call, order, receipt, amount_minor);
        order_book(call, order, (struct order_money){.captured_minor = amount_minor});
        return due_settle(call, order);
}

enum status payment_record_receipt(
        struct call *call, const RecordReceiptRequest *request, PaymentAttempt *response)
{
        Order *order = order_get(call->txn, request->order_id);
        const PaymentAttempt *known =
                payment_attempt_get_by_external_id(call->txn, request->external_id);
        enum status status = check(call, request, order);
        int64_t due = order_due(order);
        int64_t taken = order_takes(order, request->amount_minor);

        if (status != OK)
                return status;
        if (known != NULL)
                return answer_known(call, request, known, response);
        const PaymentAttempt *receipt = new_receipt(call, request, order);

        if (taken < request->amount_minor) {
                suspense_return(
                        call, order, receipt, request->amount_minor - taken, order->currency_code);
                service_open_ticket(call,
                        request->amount_minor < due ? "RECEIPT_OF_A_PART" : "RECEIPT_TOO_MUCH",
                        receipt->id, order->member_id,
                        call_printf(call, "%lld %s came for order %s, %lld were due, %lld stay",
                                (long long)request->amount_minor, order->currency_code, order->id,
                                (long long)due, (long long)taken));
        }
        call_respond(response, payment_attempt_get(call->txn, receipt->id));
        return take(call, order, receipt, taken);
}
