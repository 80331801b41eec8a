/*
 * An order that is paid by hand takes stock before any money came, so who may place one is the
 * shop's decision: cash on delivery and transfers by the terms, which offer neither unless they say
 * up to what amount, invoices by a member's credit line. What a member owes is added up from the
 * orders that are not paid, which an index keeps apart. Refused: a counter on the credit line,
 * which every receipt, cancellation and return would have to keep.
 */
#include "server/checkout/method.h"

#include <string.h>
#include "payment.rows.h"
#include "server/order/order.h"

static enum status check_limit(struct call *call, int64_t total_minor, int64_t most)
{
        if (most > 0 && total_minor <= most)
                return OK;
        call_fact(call, "limit", "%lld", (long long)most);
        if (most == 0)
                return call_fail(call, FAILED_PRECONDITION, "METHOD_NOT_OFFERED",
                        "payment_method: this shop does not offer it");
        return call_fail(call, FAILED_PRECONDITION, "METHOD_LIMIT",
                "payment_method: only for orders of at most %lld", (long long)most);
}

static int64_t owed_by(struct call *call, const char *member_id)
{
        struct scan *scan = order_by_debtor_id(call->txn, member_id);
        int64_t sum = 0;

        for (const Order *order; (order = order_next(scan)) != NULL;)
                sum += order_owed(order);
        return sum;
}

static enum status check_credit(struct call *call, const Order *order, int64_t more_minor)
{
        const CreditLine *line = credit_line_get(call->txn, order->member_id);
        int64_t owed;

        if (line == NULL || line->limit_minor == 0 ||
                strcmp(line->currency_code, order->currency_code) != 0)
                return call_fail(call, FAILED_PRECONDITION, "NO_CREDIT_LINE",
                        "payment_method: there is no credit line for invoices in %s",
                        order->currency_code);
        owed = owed_by(call, order->member_id);
        if (more_minor <= line->limit_minor - owed)
                return OK;
        call_fact(call, "owed", "%lld", (long long)owed);
        call_fact(call, "limit", "%lld", (long long)line->limit_minor);
        return call_fail(call, FAILED_PRECONDITION, "CREDIT_EXCEEDED",
                "payment_method: %lld are owed by invoice already, of at most %lld",
                (long long)owed, (long long)line->limit_minor);
}

/* An order that costs total, of which more is new. */
static enum status check(
        struct call *call, const Order *order, int64_t total_minor, int64_t more_minor)
{
        /* Staff answer for themselves. */
        if (call_is_staff(call))
                return OK;
        switch ((int)order->payment_method) {
        case PAYMENT_METHOD_CASH_ON_DELIVERY:
                return check_limit(call, total_minor, call->terms->cash_on_delivery_minor_max);
        case PAYMENT_METHOD_TRANSFER:
                return check_limit(call, total_minor, call->terms->transfer_minor_max);
        case PAYMENT_METHOD_INVOICE:
                return check_credit(call, order, more_minor);
        default:
                return OK;
        }
}

enum status method_check(struct call *call, const Order *order)
{
        return check(call, order, order_payable(order), order_payable(order));
}

enum status method_check_more(struct call *call, const Order *order, int64_t more_minor)
{
        int64_t total = order_payable(order) - order->refunded_minor;

        return more_minor <= 0 ? OK : check(call, order, total + more_minor, more_minor);
}
