/*
 * Refunds a case: the rows of its units in the unit table, fixed when they were taken (rule 16).
 * Goods that come back are inspected first; what never arrived or may be kept is refunded when it
 * is approved, and its units are used up then. Of an exchange only what its units paid more than
 * the replacements cost is refunded. Delivery goes back with the last unit, or where the seller is
 * at fault (rule 17). A case whose units were free is refunded too: it
 * moves no money and opens no attempt. Points that its units earned go back in the same
 * transaction; what was spent of them is kept of the refund (rule 12).
 */
#include "aftersales.handlers.h"
#include "server/aftersales/points_back.h"
#include "server/aftersales/return_case.h"
#include "server/order/order.h"
#include "server/payment/payment.h"
#include "server/reward/reward.h"

static enum status check_state(struct call *call, const ReturnCase *row)
{
        if (row->refund_time != NULL)
                return call_fail(call, FAILED_PRECONDITION, "RETURN_ALREADY_REFUNDED",
                        "case %s was refunded before", row->id);
        if (row->type == RETURN_TYPE_REFUND_ONLY && row->state != RETURN_STATE_APPROVED)
                return case_wrong_state(call, row, "RETURN_NOT_APPROVED", "APPROVED");
        if (row->type != RETURN_TYPE_REFUND_ONLY && row->state != RETURN_STATE_INSPECTED)
                return case_wrong_state(call, row, "RETURN_NOT_INSPECTED", "INSPECTED");
        if (row->due_minor > 0)
                return call_fail(call, FAILED_PRECONDITION, "EXCHANGE_NOT_PAID",
                        "%lld are due before case %s is settled", (long long)row->due_minor,
                        row->id);
        return OK;
}

/* Rule 17, after the case's units are used up. */
static void refund_delivery(struct call *call, ReturnCase *row, struct order_worth *worth)
{
        if (!case_seller_at_fault(row->cause) &&
                !order_is_withdrawn(order_lines(call, row->order_id)))
                return;
        const struct delivery_refund refund =
                order_refund_delivery(call, order_get(call->txn, row->order_id));

        row->delivery_refund_minor = refund.worth.gross_minor;
        row->delivery_refund_tax_minor = refund.tax_minor;
        order_worth_add(worth, refund.worth);
}

/* What its units paid and did not exchange. */
static struct order_worth book_lines(
        struct call *call, const ReturnCase *row, struct return_lines lines)
{
        struct order_worth sum = {0};

        for (size_t i = 0; i < lines.n; i++) {
                const ReturnLine *taken = lines.at[i];
                OrderLine *line =
                        order_line_get(call->txn, row->order_id, taken->order_line_number);
                const struct order_worth worth = {
                        .gross_minor = taken->refund_minor - taken->exchanged_minor,
                        .points_minor = taken->points_minor - taken->exchanged_points_minor};

                line->refunded_minor += worth.gross_minor;
                line->points_back_minor += worth.points_minor;
                order_line_update(call->txn, line);
                order_worth_add(&sum, worth);
        }
        return sum;
}

/* Freight that the customer bears, as far as the money goes; not where whoever reviewed the case
 * found the seller at fault. */
static int64_t fee_of(const ReturnCase *row, int64_t money_minor)
{
        if (case_seller_at_fault(row->cause))
                return 0;
        return row->return_fee_minor < money_minor ? row->return_fee_minor : money_minor;
}

/* The points of the case, its money, and what is kept of that (rule 16). */
static const PaymentAttempt *refund(
        struct call *call, ReturnCase *row, struct return_lines lines, struct order_worth worth)
{
        int64_t refund_minor = order_worth_money(worth);
        Order *order = order_get(call->txn, row->order_id);
        int64_t money_minor = payment_refund_money(order, refund_minor);

        /* First, so that points that its units earned can be taken of them. */
        row->points_back = order_points_back(call, order, worth.points_minor);
        row->return_fee_minor = fee_of(row, money_minor);
        row->points_deducted_minor =
                points_back_of_case(call, row, lines, money_minor - row->return_fee_minor);
        int64_t kept = row->return_fee_minor + row->points_deducted_minor;

        if (kept > 0)
                payment_deduct(call, order, kept, row->id);
        return payment_refund(call, order, refund_minor - kept, row->id);
}

enum status aftersales_refund_return(
        struct call *call, const RefundReturnRequest *request, ReturnCase *response)
{
        ReturnCase *row = return_case_get(call->txn, request->id);
        enum status status = check_state(call, row);

        if (status != OK)
                return status;
        struct return_lines lines = case_lines(call, row->id);

        if (row->type == RETURN_TYPE_REFUND_ONLY)
                case_use_up(call, row, lines);
        struct order_worth worth = book_lines(call, row, lines);

        refund_delivery(call, row, &worth);
        const PaymentAttempt *attempt = refund(call, row, lines, worth);

        /* Never by a partial return (rule 6). */
        if (order_is_withdrawn(order_lines(call, row->order_id)))
                coupon_release(call, order_get(call->txn, row->order_id));
        if (attempt != NULL)
                row->refund_attempt_id = attempt->id;
        row->refund_time = call_now(call);
        case_step(call, row, RETURN_STATE_REFUNDED);
        case_store(call, row, response);
        case_event(call, "return.refunded", row);
        return OK;
}
