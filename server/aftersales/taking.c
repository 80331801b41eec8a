/*
 * Taking units into a case: the lowest numbers among those in the state concerned (rule 16), and
 * what they paid. A customer's refund-only case uses up what the carrier lost or brought back
 * first: those units have no other use. What is still in transit cannot be taken: it may get lost,
 * and a case that held it would hide that. Its line waits without units until it is approved.
 *
 * Two cases may want the same units while some travel. Who asked first is served first: a case
 * takes nothing that earlier ones wait for, so what all wait for together can still arrive. Units
 * that get lost are the later wish's loss.
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

        if (case_comes_back(type))
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
        taken->points_minor += units_points_of(line, moved);
}

/* ---- what others wait for ---- */

const int64_t *taking_wished(struct call *call, const char *order_id, int32_t before)
{
        const OrderLine *last = order_line_next(order_line_of_latest(call->txn, order_id));
        int64_t *wished = call_array(call, int64_t, (size_t)last->number + 1);
        struct scan *scan = return_case_by_order_id(call->txn, order_id);

        for (const ReturnCase *row; (row = return_case_next(scan)) != NULL;) {
                struct return_lines lines = {0};

                if (row->state == RETURN_STATE_APPLIED && row->number < before)
                        lines = case_lines(call, row->id);
                for (size_t i = 0; i < lines.n; i++)
                        if (taking_waits(lines.at[i]))
                                wished[lines.at[i]->order_line_number] += lines.at[i]->quantity;
        }
        return wished;
}

int64_t taking_free(const OrderLine *line, const int64_t *wished)
{
        int64_t free = units_in(line, UNIT_STATE_DELIVERED) +
                       units_in(line, UNIT_STATE_IN_TRANSIT) - wished[line->number];

        return free > 0 ? free : 0;
}

int64_t taking_free_now(const OrderLine *line, const int64_t *wished)
{
        int64_t delivered = units_in(line, UNIT_STATE_DELIVERED);
        int64_t free = taking_free(line, wished);

        return free < delivered ? free : delivered;
}

/* ---- taking ---- */

/* What a case is taking, and what it must leave to others. */
struct taking {
        struct call *call;
        ReturnCase *row;
        const int64_t *wished;
};

static enum status too_few(const struct taking *taking, const ApplyReturnLine *asked,
        const OrderLine *line, int64_t available)
{
        struct call *call = taking->call;
        bool back = case_comes_back(taking->row->type);
        bool wished = taking->wished[line->number] > 0 &&
                      asked->quantity <= units_in(line, UNIT_STATE_DELIVERED);

        call_fact(call, "line", "%d", asked->order_line_number);
        call_fact(call, "wanted", "%lld", (long long)asked->quantity);
        call_fact(call, "available", "%lld", (long long)available);
        if (wished)
                return call_fail(call, FAILED_PRECONDITION, "UNITS_ASKED_BACK",
                        "line %d has %lld units that no earlier case waits for, not %lld",
                        asked->order_line_number, (long long)available, (long long)asked->quantity);
        return call_fail(call, FAILED_PRECONDITION,
                back ? "UNITS_NOT_DELIVERED" : "UNITS_NOT_REFUNDABLE",
                "line %d has %lld units that %s, not %lld", asked->order_line_number,
                (long long)available,
                back ? "were delivered and are not in a case"
                     : "can be refunded without being sent back",
                (long long)asked->quantity);
}

static enum status take_line(const struct taking *taking, OrderLine *line,
        const ApplyReturnLine *asked, ReturnLine *taken)
{
        struct call *call = taking->call;
        const UnitState *origins = taking_origins(taking->row->type, call_is_staff(call));
        int64_t left = asked->quantity;
        OrderLine before = *line;

        for (; *origins != UNIT_STATE_UNSPECIFIED && left > 0; origins++) {
                int64_t there = *origins == UNIT_STATE_DELIVERED
                                        ? taking_free_now(line, taking->wished)
                                        : units_in(line, *origins);
                int64_t count = there < left ? there : left;

                if (count > 0)
                        take_from(call, line, taken, *origins, count);
                left -= count;
        }
        if (left > 0)
                return too_few(taking, asked, &before, asked->quantity - left);
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
        const struct taking taking = {.call = call,
                .row = row,
                .wished = taking_wished(call, row->order_id, row->number)};

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
                enum status status = take_line(&taking, line, asked, taken);

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

/* While something travels all of it is waited for; after that, what is left is taken. */
static enum status take_awaited(const struct taking *taking, ReturnLine *awaited)
{
        struct call *call = taking->call;
        ReturnCase *row = taking->row;
        OrderLine *line = order_line_get(call->txn, row->order_id, awaited->order_line_number);
        int64_t free = taking_free_now(line, taking->wished);
        int64_t quantity = awaited->quantity < free ? awaited->quantity : free;

        if (quantity < awaited->quantity &&
                (units_in(line, UNIT_STATE_IN_TRANSIT) > 0 ||
                        row->unit_count - awaited->quantity + quantity == 0)) {
                ApplyReturnLine asked = APPLY_RETURN_LINE_INIT;

                asked.order_line_number = awaited->order_line_number;
                asked.quantity = awaited->quantity;
                return too_few(taking, &asked, line, free);
        }
        row->unit_count -= awaited->quantity - quantity;
        awaited->quantity = 0;
        if (quantity > 0)
                take_from(call, line, awaited, UNIT_STATE_DELIVERED, quantity);
        order_line_update(call->txn, line);
        return_line_update(call->txn, awaited);
        row->refund_minor += awaited->refund_minor;
        row->refund_tax_minor += awaited->refund_tax_minor;
        return OK;
}

enum status taking_take_awaited(struct call *call, ReturnCase *row)
{
        const struct taking taking = {.call = call,
                .row = row,
                .wished = taking_wished(call, row->order_id, row->number)};
        struct return_lines lines = case_lines(call, row->id);
        enum status status = OK;

        for (size_t i = 0; status == OK && i < lines.n; i++)
                if (taking_waits(lines.at[i]))
                        status = take_awaited(&taking, lines.at[i]);
        return status;
}
