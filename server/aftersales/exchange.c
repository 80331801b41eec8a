/*
 * An exchange (rule 11) is a return whose units pay for others instead of being refunded. What they
 * paid moves from their line to the replacements' (OrderLine.exchanged_minor), so that the order's
 * gross stays what the customer paid and no unit is refunded twice, however long the chain of
 * exchanges gets. Lines of one case count together: what is too much of one pays for another, and
 * what is then missing or left is split over the lines by rule 4.
 *
 * Refused: an order of its own for the replacement. Its payment would be a refund that never
 * happened, and nothing would keep the chain within what was paid.
 */
#include "server/aftersales/exchange.h"

#include "lib/base/calendar.h"
#include "lib/base/money.h"
#include "server/aftersales/aftersales.h"
#include "server/aftersales/replacement.h"
#include "server/order/order.h"
#include "server/payment/payment.h"

enum status exchange_propose(struct call *call, const ApplyReturnRequest *request, ReturnCase *row)
{
        const Order *order = order_get(call->txn, row->order_id);
        struct return_lines lines = case_lines(call, row->id);

        for (size_t i = 0; i < lines.n; i++) {
                ReturnLine *taken = lines.at[i];
                const char *wanted = request->lines[i]->replacement_variant_id;
                OrderLine *made;

                taken->replacement_variant_id = wanted[0] != '\0' ? wanted : taken->variant_id;
                enum status status = replacement_make(call, order, taken, &made);

                if (status != OK)
                        return status;
                taken->replacement_minor = made->gross_minor;
                row->replacement_minor += made->gross_minor;
                return_line_update(call->txn, taken);
        }
        return OK;
}

/* ---- approved ---- */

/* What the lines of a case pay and cost. */
struct balance {
        int64_t *paid;      /* by line: what its units paid */
        int64_t *costs;     /* what their replacement costs */
        int64_t *exchanged; /* of paid, what counts towards all replacements */
        int64_t *due;       /* of costs, what is paid in money */
        int64_t *points;    /* of costs, what points paid that were exchanged */
};

/* What is exchanged is split over its tenders as what its units paid; points that are exchanged
 * pay for the replacements by what is not due of them. */
static void weigh_points(struct call *call, struct return_lines lines, struct balance *balance)
{
        int64_t *settled = call_array(call, int64_t, lines.n);
        int64_t points = 0;

        for (size_t i = 0; i < lines.n; i++) {
                ReturnLine *taken = lines.at[i];
                const int64_t paid[] = {
                        taken->points_minor, taken->refund_minor - taken->points_minor};
                int64_t parts[2];

                money_split(balance->exchanged[i], paid, 2, parts);
                taken->exchanged_points_minor = parts[0];
                points += parts[0];
                settled[i] = balance->costs[i] - balance->due[i];
        }
        money_split(points, settled, lines.n, balance->points);
}

static struct balance weigh(struct call *call, struct return_lines lines, ReturnCase *row)
{
        struct balance balance = {.paid = call_array(call, int64_t, lines.n),
                .costs = call_array(call, int64_t, lines.n),
                .exchanged = call_array(call, int64_t, lines.n),
                .due = call_array(call, int64_t, lines.n),
                .points = call_array(call, int64_t, lines.n)};

        row->replacement_minor = 0;
        for (size_t i = 0; i < lines.n; i++) {
                balance.paid[i] = lines.at[i]->refund_minor;
                balance.costs[i] = lines.at[i]->replacement_minor;
                row->replacement_minor += balance.costs[i];
        }
        row->exchanged_minor = row->refund_minor < row->replacement_minor ? row->refund_minor
                                                                          : row->replacement_minor;
        row->due_minor = row->replacement_minor - row->exchanged_minor;
        money_split(row->exchanged_minor, balance.paid, lines.n, balance.exchanged);
        money_split(row->due_minor, balance.costs, lines.n, balance.due);
        weigh_points(call, lines, &balance);
        return balance;
}

/* Prices of today, in case they are not those of the application. */
static enum status make_all(
        struct call *call, const Order *order, struct return_lines lines, OrderLine **made)
{
        for (size_t i = 0; i < lines.n; i++) {
                enum status status = replacement_make(call, order, lines.at[i], &made[i]);

                if (status != OK)
                        return status;
                lines.at[i]->replacement_minor = made[i]->gross_minor;
        }
        return OK;
}

static enum status agree_line(struct call *call, const Order *order, ReturnLine *taken,
        OrderLine *made, int64_t points_minor)
{
        OrderLine *line = order_line_get(call->txn, order->id, taken->order_line_number);
        struct units_tender whole = {points_minor, made->gross_minor};
        enum status status;

        units_tender_line(&whole, made);
        made->return_case_id = taken->return_case_id;
        made->awaits_return = true;
        made->due_minor = taken->difference_minor;
        status = order_add_line(call, order, made);
        if (status != OK)
                return status;
        line->exchanged_minor += taken->exchanged_minor;
        line->exchanged_points_minor += taken->exchanged_points_minor;
        order_line_update(call->txn, line);
        taken->replacement_line_number = made->number;
        return_line_update(call->txn, taken);
        return OK;
}

static enum status settle(struct call *call, ReturnCase *row)
{
        Order *order = order_get(call->txn, row->order_id);

        order_recount(call, order);
        order_settle(call, order);
        if (row->due_minor == 0)
                return OK;
        if (!order_within(call, order->gross_minor + row->due_minor))
                return order_too_large(call);
        return payment_due_raise(call, order,
                &(struct due_wish){.kind = DUE_KIND_EXCHANGE,
                        .document_id = row->id,
                        .amount_minor = row->due_minor,
                        .expire_us = time_us(row->expire_time)});
}

enum status exchange_agree(struct call *call, ReturnCase *row)
{
        struct return_lines lines = case_lines(call, row->id);
        OrderLine **made = call_array(call, OrderLine *, lines.n);
        const Order *order = order_get(call->txn, row->order_id);
        enum status status = make_all(call, order, lines, made);

        if (status != OK)
                return status;
        const struct balance balance = weigh(call, lines, row);

        for (size_t i = 0; i < lines.n; i++) {
                lines.at[i]->exchanged_minor = balance.exchanged[i];
                lines.at[i]->difference_minor = balance.due[i];
                status = agree_line(call, order, lines.at[i], made[i], balance.points[i]);
                if (status != OK)
                        return status;
        }
        row->expire_time =
                call_time(call, calendar_days_end_us(call->now_us, call->terms->exchange_days));
        call_schedule(call, time_us(row->expire_time), EXCHANGE_EXPIRY_METHOD, row->id);
        return settle(call, row);
}

/* ---- looked at ---- */

void exchange_release(struct call *call, const ReturnCase *row)
{
        struct return_lines lines = case_lines(call, row->id);

        for (size_t i = 0; i < lines.n; i++) {
                OrderLine *line = order_line_get(
                        call->txn, row->order_id, lines.at[i]->replacement_line_number);

                line->awaits_return = false;
                order_line_update(call->txn, line);
        }
}

/* ---- given up ---- */

/* The replacement keeps what it was to cost; what no money paid of it is exchanged away. */
static enum status give_up_line(
        struct call *call, Order *order, ReturnLine *taken, struct order_worth *refund)
{
        OrderLine *line = order_line_get(call->txn, order->id, taken->replacement_line_number);
        int64_t paid = line->due_minor > 0 ? 0 : taken->difference_minor;
        struct order_cancelled done = {0};
        enum status status;

        line->due_minor = 0;
        line->awaits_return = false;
        line->exchanged_minor = line->gross_minor - paid;
        line->exchanged_points_minor = line->points_minor;
        status = order_cancel_units(
                call, order, line, line->quantity, &done); /* which earned nothing */
        if (status != OK)
                return status;
        order_worth_add(refund, done.refund);
        line = order_line_get(call->txn, order->id, taken->order_line_number);
        line->exchanged_minor -= taken->exchanged_minor;
        line->exchanged_points_minor -= taken->exchanged_points_minor;
        order_line_update(call->txn, line);
        taken->exchanged_minor = 0;
        taken->exchanged_points_minor = 0;
        return_line_update(call->txn, taken);
        return OK;
}

enum status exchange_give_up(struct call *call, ReturnCase *row)
{
        struct return_lines lines = case_lines(call, row->id);
        Order *order = order_get(call->txn, row->order_id);
        struct order_worth refund = {0};

        for (size_t i = 0; i < lines.n; i++) {
                enum status status = give_up_line(call, order, lines.at[i], &refund);

                if (status != OK)
                        return status;
        }
        /* Not where its expiry is why. */
        if (row->due_minor > 0 && order->raised_minor > 0)
                payment_due_withdraw(call, order);
        row->given_up = true;
        row->exchanged_minor = 0;
        row->due_minor = 0;
        order = order_get(call->txn, row->order_id);
        order_recount(call, order);
        order_settle(call, order);
        payment_give_back(call, order, refund, row->id);
        call_unschedule(call, EXCHANGE_EXPIRY_METHOD, row->id);
        return OK;
}

/* ---- its difference ---- */

enum status aftersales_difference_paid(struct call *call, const char *case_id)
{
        ReturnCase *row = return_case_get(call->txn, case_id);
        struct return_lines lines = case_lines(call, case_id);
        Order *order = order_get(call->txn, row->order_id);

        for (size_t i = 0; i < lines.n; i++) {
                OrderLine *line = order_line_get(
                        call->txn, row->order_id, lines.at[i]->replacement_line_number);

                line->due_minor = 0;
                order_line_update(call->txn, line);
        }
        row->due_minor = 0;
        order_recount(call, order);
        order_store(call, order);
        case_store(call, row, call_new(call, ReturnCase));
        case_event(call, "return.difference_paid", row);
        return OK;
}

enum status aftersales_difference_expired(struct call *call, const char *case_id)
{
        ReturnCase *row = return_case_get(call->txn, case_id);
        enum status status;

        if (row->state == RETURN_STATE_APPROVED)
                return exchange_expire(call, row);
        /* What came back is refunded instead. */
        status = exchange_give_up(call, row);
        if (status != OK)
                return status;
        case_store(call, row, call_new(call, ReturnCase));
        case_event(call, "return.difference_expired", row);
        return OK;
}
