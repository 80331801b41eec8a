/*
 * What goes into a parcel. Its lines are one per order line and location, as the order's stock is
 * held, so that handing it over takes each unit from where it lies. Refused: choosing locations
 * anew when packing, which could take what another order was promised.
 */
#include "server/fulfilment/packing.h"

#include <assert.h>
#include "server/order/units.h"

/* Every open unit of goods that nothing holds back. */
static enum status want_all(struct call *call, const CreateShipmentRequest *request,
        struct order_lines lines, int64_t *wanted)
{
        int64_t total = 0;

        for (size_t i = 0; i < lines.n; i++) {
                if (lines.at[i]->kind == LINE_KIND_GOODS && !order_line_held(lines.at[i]))
                        wanted[i] = units_in(lines.at[i], UNIT_STATE_OPEN);
                total += wanted[i];
        }
        if (total > 0)
                return OK;
        return call_fail(call, FAILED_PRECONDITION, "NOTHING_TO_SHIP", "order %s has no open units",
                request->order_id);
}

static enum status want_line(struct call *call, const char *field, const CreateShipmentLine *asked,
        const OrderLine *line, int64_t *wanted)
{
        if (*wanted != 0)
                return call_fail_field(call, field, "LINE_REPEATED", "%s: line %d is named twice",
                        field, asked->order_line_number);
        if (order_line_held(line)) {
                call_fact(call, "line", "%d", line->number);
                return call_fail(call, FAILED_PRECONDITION, "LINE_HELD",
                        line->awaits_return ? "line %d replaces what has not come back yet"
                                            : "line %d is not paid yet",
                        line->number);
        }
        int64_t open = units_in(line, UNIT_STATE_OPEN);

        if (asked->quantity > open) {
                call_fact(call, "line", "%d", line->number);
                call_fact(call, "wanted", "%lld", (long long)asked->quantity);
                call_fact(call, "open", "%lld", (long long)open);
                return call_fail(call, FAILED_PRECONDITION, "UNITS_NOT_OPEN",
                        "line %d has %lld open units, not %lld", line->number, (long long)open,
                        (long long)asked->quantity);
        }
        *wanted = asked->quantity;
        return OK;
}

static enum status want_named(struct call *call, const CreateShipmentRequest *request,
        struct order_lines lines, int64_t *wanted)
{
        for (size_t i = 0; i < request->n_lines; i++) {
                const CreateShipmentLine *asked = request->lines[i];
                const char *field = call_printf(call, "lines[%zu].order_line_number", i);
                size_t at = parcel_line_at(lines, asked->order_line_number);

                if (at == lines.n || lines.at[at]->kind != LINE_KIND_GOODS)
                        return call_fail_field(call, field, "LINE_NOT_FOUND",
                                "%s: the order has no line of goods %d", field,
                                asked->order_line_number);
                enum status status = want_line(call, field, asked, lines.at[at], &wanted[at]);

                if (status != OK)
                        return status;
        }
        return OK;
}

enum status packing_plan(struct call *call, const CreateShipmentRequest *request,
        struct order_lines lines, int64_t **wanted)
{
        *wanted = call_array(call, int64_t, lines.n);
        if (request->n_lines == 0)
                return want_all(call, request, lines, *wanted);
        return want_named(call, request, lines, *wanted);
}

static void add_line(struct call *call, Shipment *shipment, const OrderLine *line,
        const char *location_id, int64_t quantity)
{
        ShipmentLine *packed = call_new(call, ShipmentLine);

        *packed = (ShipmentLine)SHIPMENT_LINE_INIT;
        packed->shipment_id = shipment->id;
        packed->number = (int32_t)shipment->n_lines + 1;
        packed->order_line_number = line->number;
        packed->variant_id = line->variant_id;
        packed->location_id = location_id;
        packed->quantity = quantity;
        shipment->lines[shipment->n_lines++] = packed;
        shipment_line_insert(call->txn, packed);
}

static void pack_line(struct call *call, Shipment *shipment, OrderLine *line, int64_t quantity)
{
        int64_t left = quantity;

        for (size_t i = 0; i < line->n_allocations && left > 0; i++) {
                LineAllocation *held = line->allocations[i];
                int64_t free = held->quantity - held->packed;
                int64_t take = left < free ? left : free;

                if (take == 0)
                        continue;
                held->packed += take;
                left -= take;
                add_line(call, shipment, line, held->location_id, take);
        }
        bool moved = units_move(call, line, UNIT_STATE_OPEN, UNIT_STATE_PACKED, quantity, NULL);

        assert(left == 0 && moved);
        order_line_update(call->txn, line);
}

enum status packing_pack(
        struct call *call, Shipment *shipment, struct order_lines lines, const int64_t *wanted)
{
        size_t most = 0;

        for (size_t i = 0; i < lines.n; i++)
                if (wanted[i] > 0)
                        most += lines.at[i]->n_allocations;
        shipment->lines = call_array(call, ShipmentLine *, most);
        shipment_insert(call->txn, shipment);
        for (size_t i = 0; i < lines.n; i++)
                if (wanted[i] > 0)
                        pack_line(call, shipment, lines.at[i], wanted[i]);
        if (shipment->n_lines <= PARCEL_LINES_MAX)
                return OK;
        return call_fail(call, FAILED_PRECONDITION, "PARCEL_TOO_LARGE",
                "the parcel would have %zu lines; %d is the most", shipment->n_lines,
                PARCEL_LINES_MAX);
}
