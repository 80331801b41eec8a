/*
 * Taking units into a case: the lowest numbers among those in the state concerned (rule 16), and
 * what they paid. A customer's refund-only case uses up what the carrier lost or brought back
 * first: those units have no other use. What is still in transit cannot be taken: it may get lost,
 * and a case that held it would hide that. Its line waits without units until it is approved.
 *
 * Refused: letting the customer name units. Units of a line are alike but for a penny, and who may
 * choose the penny would.
 */
#include "server/aftersales/taking.h"

#include <assert.h>
#include "server/order/units.h"

const UnitState *taking_origins(ReturnType type, bool is_staff)
{
        static const UnitState delivered[] = {UNIT_STATE_DELIVERED, UNIT_STATE_UNSPECIFIED};
        static const UnitState never_arrived[] = {
                UNIT_STATE_LOST, UNIT_STATE_RETURNED_TO_SENDER, UNIT_STATE_UNSPECIFIED};
        static const UnitState any[] = {UNIT_STATE_LOST, UNIT_STATE_RETURNED_TO_SENDER,
                UNIT_STATE_DELIVERED, UNIT_STATE_UNSPECIFIED};

        if (type == RETURN_TYPE_RETURN_AND_REFUND)
                return delivered;
        return is_staff ? any : never_arrived;
}

static void add_range(struct call *call, ReturnLine *taken, const OrderLine *line,
        struct unit_range units, UnitState origin)
{
        UnitRange *range = call_new(call, UnitRange);

        *range = (UnitRange)UNIT_RANGE_INIT;
        range->first = units.first;
        range->count = units.count;
        range->origin = origin;
        taken->units[taken->n_units++] = range;
        taken->quantity += units.count;
        taken->refund_minor += units_gross(line, units.first, units.count);
        taken->refund_tax_minor += units_tax(line, units.first, units.count);
}

static void take_from(
        struct call *call, OrderLine *line, ReturnLine *taken, UnitState origin, int64_t quantity)
{
        struct unit_ranges moved;
        bool enough = units_move(call, line, origin, UNIT_STATE_IN_CASE, quantity, &moved);

        assert(enough);
        taken->units = arena_grow(call->arena, taken->units, taken->n_units * sizeof(UnitRange *),
                (taken->n_units + moved.n) * sizeof(UnitRange *));
        for (size_t i = 0; i < moved.n; i++)
                add_range(call, taken, line, moved.at[i], origin);
}

static enum status too_few(
        struct call *call, const ApplyReturnLine *asked, ReturnType type, int64_t available)
{
        bool back = type == RETURN_TYPE_RETURN_AND_REFUND;

        call_fact(call, "line", "%d", asked->order_line_number);
        call_fact(call, "wanted", "%lld", (long long)asked->quantity);
        call_fact(call, "available", "%lld", (long long)available);
        return call_fail(call, FAILED_PRECONDITION,
                back ? "UNITS_NOT_DELIVERED" : "UNITS_NOT_REFUNDABLE",
                "line %d has %lld units that %s, not %lld", asked->order_line_number,
                (long long)available,
                back ? "were delivered and are not in a case"
                     : "can be refunded without being sent back",
                (long long)asked->quantity);
}

static enum status take_line(struct call *call, const ReturnCase *row, OrderLine *line,
        const ApplyReturnLine *asked, ReturnLine *taken)
{
        const UnitState *origins = taking_origins(row->type, call_is_staff(call));
        int64_t left = asked->quantity;

        for (; *origins != UNIT_STATE_UNSPECIFIED && left > 0; origins++) {
                int64_t there = units_in(line, *origins);
                int64_t count = there < left ? there : left;

                if (count > 0)
                        take_from(call, line, taken, *origins, count);
                left -= count;
        }
        if (left > 0)
                return too_few(call, asked, row->type, asked->quantity - left);
        order_line_update(call->txn, line);
        return_line_insert(call->txn, taken);
        return OK;
}

static ReturnLine *new_line(struct call *call, const ReturnCase *row, const OrderLine *line,
        const ApplyReturnLine *asked)
{
        ReturnLine *taken = call_new(call, ReturnLine);

        *taken = (ReturnLine)RETURN_LINE_INIT;
        taken->return_case_id = row->id;
        taken->number = row->line_count + 1;
        taken->order_line_number = line->number;
        taken->line_key = asked->line_key;
        taken->variant_id = line->variant_id;
        return taken;
}

enum status taking_take(struct call *call, const ApplyReturnRequest *request, ReturnCase *row)
{
        for (size_t i = 0; i < request->n_lines; i++) {
                const ApplyReturnLine *asked = request->lines[i];
                OrderLine *line =
                        order_line_get(call->txn, request->order_id, asked->order_line_number);
                const char *field = call_printf(call, "lines[%zu].order_line_number", i);

                if (line == NULL || line->kind != LINE_KIND_GOODS)
                        return call_fail_field(call, field, "LINE_NOT_FOUND",
                                "%s: the order has no line of goods %d", field,
                                asked->order_line_number);
                ReturnLine *taken = new_line(call, row, line, asked);
                enum status status = take_line(call, row, line, asked, taken);

                if (status != OK)
                        return status;
                row->line_count++;
                row->unit_count += taken->quantity;
                row->refund_minor += taken->refund_minor;
                row->refund_tax_minor += taken->refund_tax_minor;
        }
        return OK;
}

/* ---- what is still in transit ---- */

void taking_await(struct call *call, const ApplyReturnRequest *request, ReturnCase *row)
{
        for (size_t i = 0; i < request->n_lines; i++) {
                const ApplyReturnLine *asked = request->lines[i];
                const OrderLine *line =
                        order_line_get(call->txn, request->order_id, asked->order_line_number);
                ReturnLine *awaited = new_line(call, row, line, asked);

                awaited->quantity = asked->quantity;
                return_line_insert(call->txn, awaited);
                row->line_count++;
                row->unit_count += awaited->quantity;
        }
}

bool taking_waits(const ReturnLine *line)
{
        return line->n_units == 0;
}

static enum status take_awaited(struct call *call, ReturnCase *row, ReturnLine *awaited)
{
        OrderLine *line = order_line_get(call->txn, row->order_id, awaited->order_line_number);
        ApplyReturnLine asked = APPLY_RETURN_LINE_INIT;
        int64_t delivered = units_in(line, UNIT_STATE_DELIVERED);

        asked.order_line_number = awaited->order_line_number;
        asked.quantity = awaited->quantity;
        if (delivered < asked.quantity)
                return too_few(call, &asked, row->type, delivered);
        awaited->quantity = 0;
        take_from(call, line, awaited, UNIT_STATE_DELIVERED, asked.quantity);
        order_line_update(call->txn, line);
        return_line_update(call->txn, awaited);
        row->refund_minor += awaited->refund_minor;
        row->refund_tax_minor += awaited->refund_tax_minor;
        return OK;
}

enum status taking_take_awaited(struct call *call, ReturnCase *row)
{
        struct return_lines lines = case_lines(call, row->id);
        enum status status = OK;

        for (size_t i = 0; status == OK && i < lines.n; i++)
                if (taking_waits(lines.at[i]))
                        status = take_awaited(call, row, lines.at[i]);
        return status;
}
