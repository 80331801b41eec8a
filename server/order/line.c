/*
 * A new line of an order, at placement or later: its units, its stock, its place among the others.
 * A line that comes later has its stock allocated at once, unless it waits for money as the rest of
 * its order does, or alone.
 */
#include "server/order/order.h"

#include "server/supply/supply.h"

OrderLine *order_line_new(struct call *call, const char *order_id, int64_t quantity)
{
        OrderLine *line = call_new(call, OrderLine);
        UnitRun *run = call_new(call, UnitRun);

        *run = (UnitRun)UNIT_RUN_INIT;
        run->count = quantity;
        run->state = UNIT_STATE_OPEN;
        *line = (OrderLine)ORDER_LINE_INIT;
        line->order_id = order_id;
        line->kind = LINE_KIND_GOODS;
        line->quantity = quantity;
        line->units = call_array(call, UnitRun *, 1);
        line->units[line->n_units++] = run;
        return line;
}

bool order_line_held(const OrderLine *line)
{
        return line->awaits_return || line->due_minor > 0 || line->uncounted;
}

enum status order_reserve_line(struct call *call, OrderLine *line)
{
        struct supply_holding *holdings;
        size_t count;
        enum status status = supply_reserve(
                call, line->variant_id, line->quantity, line->order_id, &holdings, &count);

        if (status != OK)
                return status;
        line->allocations = call_array(call, LineAllocation *, count);
        for (size_t i = 0; i < count; i++) {
                LineAllocation *held = call_new(call, LineAllocation);

                *held = (LineAllocation)LINE_ALLOCATION_INIT;
                held->location_id = holdings[i].location_id;
                held->quantity = holdings[i].quantity;
                line->allocations[line->n_allocations++] = held;
        }
        return OK;
}

enum status order_add_line(struct call *call, const Order *order, OrderLine *line)
{
        const OrderLine *last = order_line_next(order_line_of_latest(call->txn, order->id));
        enum status status;

        if (last->number >= ORDER_LINES_MOST) {
                call_fact(call, "limit", "%d", ORDER_LINES_MOST);
                return call_fail(call, FAILED_PRECONDITION, "TOO_MANY_LINES",
                        "order %s has %d lines already", order->id, last->number);
        }
        line->number = last->number + 1;
        status = order_reserve_line(call, line);
        if (status == OK && order->state == ORDER_STATE_CONFIRMED && !line->uncounted)
                status = order_allocate_line(call, line);
        if (status != OK)
                return status;
        order_line_insert(call->txn, line);
        call_event(call, "order.line_added", order->id, order->member_id, "line",
                (int64_t)line->number, "quantity", line->quantity, "gross_minor", line->gross_minor,
                NULL);
        return OK;
}
