/*
 * The totals of an order, from its lines. An order that is placed takes them from its quote, one
 * that gets a line more is added up anew, and verify adds up both. Value that moves from a unit to
 * its replacement is in the gross of both lines; exchanged_minor takes it out of one of them, so
 * that what is left is what the customer paid. A line whose revision is not paid is no part of
 * them.
 */
#include "server/order/totals.h"
#include "server/order/order.h"

void totals_add(struct order_totals *totals, const OrderLine *line)
{
        if (line->uncounted)
                return;
        if (line->kind == LINE_KIND_GOODS) {
                totals->goods += line->amount_minor;
                totals->units += line->quantity;
                totals->goods_lines++;
        } else {
                totals->shipping += line->amount_minor;
        }
        for (size_t i = 0; i < line->n_taxes; i++)
                totals->tax += line->taxes[i]->amount_minor;
        totals->discount += line->discount_minor;
        totals->gross += line->gross_minor - line->exchanged_minor - line->due_minor;
        totals->exchanged += line->exchanged_minor;
        totals->due += line->due_minor;
        totals->refunded += line->refunded_minor;
}

void order_recount(struct call *call, Order *order)
{
        struct order_lines lines = order_lines(call, order->id);
        struct order_totals totals = {0};

        for (size_t i = 0; i < lines.n; i++)
                totals_add(&totals, lines.at[i]);
        order->goods_minor = totals.goods;
        order->discount_minor = totals.discount;
        order->shipping_minor = totals.shipping;
        order->tax_minor = totals.tax;
        order->gross_minor = totals.gross;
        order->exchanged_minor = totals.exchanged;
        order->line_count = totals.goods_lines;
        order->unit_count = totals.units;
}
