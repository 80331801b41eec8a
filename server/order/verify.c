/*
 * Proves every order from its own rows: totals are the sums of lines, lines are sums of units, and
 * what is held for a line is what has not left yet, and all of that together is what stock rows say
 * is held.
 */
#include "server/order/order.h"

#include <string.h>
#include "server/order/held.h"
#include "server/order/tender.h"
#include "server/order/totals.h"
#include "server/order/units.h"

static void line_fault(struct verify_context *context, const OrderLine *line, const char *kind,
        const char *sentence)
{
        verify_fault(
                context, kind, "OrderLine", line->order_id, "line %d: %s", line->number, sentence);
}

static void verify_amounts(struct verify_context *context, const OrderLine *line)
{
        int64_t tax = line->quantity > 0 ? units_tax(line, 0, line->quantity) : -1;
        int64_t amount;

        if (!money_multiply(line->unit_price_minor, line->quantity, &amount) ||
                amount != line->amount_minor)
                line_fault(context, line, "LINE_AMOUNT", "amount is not unit price x quantity");
        if (line->discount_minor < 0 || line->discount_minor > line->amount_minor)
                line_fault(context, line, "LINE_AMOUNT", "more is taken off than it costs");
        if (line->net_minor + tax != line->gross_minor)
                line_fault(context, line, "LINE_TAX", "net and taxes are not the gross");
        if (line->tax_status != TAX_STATUS_UNSPECIFIED &&
                (line->n_taxes > 0 || line->net_minor != line->gross_minor))
                line_fault(context, line, "LINE_RELIEF", "its buyer pays no tax, and it has some");
        if (line->refunded_minor < 0 || line->exchanged_minor < 0 || line->due_minor < 0 ||
                line->refunded_minor + line->exchanged_minor + line->due_minor > line->gross_minor)
                line_fault(context, line, "LINE_REFUND",
                        "more was refunded, exchanged or is due than it cost");
}

static void verify_units(struct verify_context *context, const Order *order, const OrderLine *line)
{
        int64_t units = 0, held = 0;
        int64_t waiting = units_waiting(line);

        for (size_t i = 0; i < line->n_units; i++) {
                const UnitRun *run = line->units[i];

                if (run->count < 1 || run->state == UNIT_STATE_UNSPECIFIED)
                        line_fault(context, line, "UNIT_RUN", "a run of units is malformed");
                units += run->count;
        }
        for (size_t i = 0; i < line->n_allocations; i++)
                held += line->allocations[i]->quantity;
        if (units != line->quantity)
                line_fault(context, line, "UNIT_SUM", "its runs are not its quantity");
        if (line->kind == LINE_KIND_GOODS && held != waiting)
                line_fault(context, line, "LINE_HELD", "the stock held is not what is to be sent");
        if (units_in(line, UNIT_STATE_LEAVING) > 0 && order->due_kind != DUE_KIND_REVISION)
                line_fault(context, line, "UNIT_STATE", "units leave, and no revision waits");
        if (line->uncounted && (line->revision < 2 || line->revision > order->revision_count))
                line_fault(context, line, "LINE_UNCOUNTED", "no revision says that it counts not");
        if ((order->state != ORDER_STATE_CONFIRMED || line->uncounted) &&
                units_in(line, UNIT_STATE_OPEN) + units_in(line, UNIT_STATE_CANCELLED) != units)
                line_fault(context, line, "UNIT_STATE", "units left an order that was never paid");
}

static bool same_totals(const Order *order, const struct order_totals *totals)
{
        return order->goods_minor == totals->goods && order->discount_minor == totals->discount &&
               order->shipping_minor == totals->shipping && order->tax_minor == totals->tax &&
               order->gross_minor == totals->gross && order->exchanged_minor == totals->exchanged &&
               order->line_count == totals->goods_lines && order->unit_count == totals->units;
}

static void verify_money(
        struct verify_context *context, const Order *order, const struct order_totals *totals)
{
        Order reckoned = *order;

        order_reckon(&reckoned);
        if (order->refunded_minor < 0 || order->deducted_minor < 0 ||
                order->refunded_minor + order->deducted_minor > order->captured_minor)
                verify_fault(context, "ORDER_REFUNDED", "Order", order->id,
                        "%lld were refunded and %lld deducted of %lld captured",
                        (long long)order->refunded_minor, (long long)order->deducted_minor,
                        (long long)order->captured_minor);
        if (order->refunded_minor + order->released_minor + order->deducted_minor +
                        order->points_back_minor !=
                totals->refunded)
                verify_fault(context, "ORDER_REFUNDED", "Order", order->id,
                        "%lld were refunded, %lld released, %lld deducted and %lld came back as "
                        "points, %lld of its lines",
                        (long long)order->refunded_minor, (long long)order->released_minor,
                        (long long)order->deducted_minor, (long long)order->points_back_minor,
                        (long long)totals->refunded);
        if (order->payment_state != reckoned.payment_state)
                verify_fault(context, "ORDER_PAYMENT_STATE", "Order", order->id,
                        "its payment state contradicts what was captured and refunded");
        if (strcmp(order->debtor_id, reckoned.debtor_id) != 0)
                verify_fault(context, "ORDER_DEBTOR", "Order", order->id,
                        "who owes it by invoice is not who does");
        /* Stored before what is due was: it is again when the order is next stored. */
        if (order->payment_method == PAYMENT_METHOD_UNSPECIFIED && order->due_minor == 0)
                reckoned.due_minor = 0;
        if (order->due_minor != reckoned.due_minor || order->raised_minor < 0 ||
                (order->raised_minor > 0) != (order->due_document_id[0] != '\0'))
                verify_fault(context, "ORDER_DUE", "Order", order->id,
                        "%lld are due by its figures, not %lld", (long long)reckoned.due_minor,
                        (long long)order->due_minor);
        if (totals->due > 0 &&
                (totals->due != order->raised_minor || order->due_kind != DUE_KIND_EXCHANGE))
                verify_fault(context, "ORDER_DUE", "Order", order->id,
                        "%lld are due of its lines, %lld were raised", (long long)totals->due,
                        (long long)order->raised_minor);
}

static void verify_order(
        struct verify_context *context, struct txn *txn, const Order *order, struct held_sums *held)
{
        struct scan *scan = order_line_of(txn, order->id);
        struct order_totals totals = {0};
        struct tender tender = {.left = {.points_minor = order->points_minor}};

        for (OrderLine *line; (line = order_line_next(scan)) != NULL;) {
                verify_amounts(context, line);
                verify_units(context, order, line);
                tender_verify_line(context, line, &tender);
                totals_add(&totals, line);
                held_add(held, order, line);
        }
        if (!same_totals(order, &totals))
                verify_fault(context, "ORDER_TOTALS", "Order", order->id,
                        "its totals are not the sums of its lines");
        verify_money(context, order, &totals);
        tender_verify_order(context, txn, order, &tender);
}

void order_verify(struct verify_context *context, struct txn *txn)
{
        struct scan *scan = order_all_by_place_time(txn);
        struct held_sums held = {0};

        arena_init(&held.arena);
        scan_fleeting(scan);
        for (Order *order; (order = order_next(scan)) != NULL;) {
                struct txn_memory memory = txn_memory(txn);

                verify_order(context, txn, order, &held);
                txn_forget(txn, memory);
        }
        held_verify(context, txn, &held);
        arena_release(&held.arena);
}
