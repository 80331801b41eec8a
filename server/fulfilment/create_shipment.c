/*
 * Packs a parcel. Its lines are one per order line and location, as the order's stock is held, so
 * that handing it over takes each unit from where it lies. Stock does not move yet: a packed unit
 * is still on the shelf's books, and unpacking is free.
 *
 * The name that another system gave makes packing idempotent; refused: trusting the request id for
 * that, which is forgotten after two days while an import may be repeated after weeks.
 */
#include "server/fulfilment/parcel.h"

#include <assert.h>
#include <string.h>
#include "fulfilment.handlers.h"
#include "server/order/units.h"

/* Whether the request asks for what the shipment holds. A request for everything open cannot be
 * judged later and means the same. */
static bool same_lines(const CreateShipmentRequest *request, const Shipment *known)
{
        int64_t wanted_units = 0;

        for (size_t i = 0; i < request->n_lines; i++) {
                const CreateShipmentLine *wanted = request->lines[i];
                int64_t packed = 0;

                for (size_t k = 0; k < known->n_lines; k++)
                        if (known->lines[k]->order_line_number == wanted->order_line_number)
                                packed += known->lines[k]->quantity;
                if (packed != wanted->quantity)
                        return false;
                wanted_units += wanted->quantity;
        }
        return request->n_lines == 0 || wanted_units == parcel_units(known);
}

static enum status answer_known(struct call *call, const CreateShipmentRequest *request,
        const Shipment *found, Shipment *response)
{
        const Shipment *known = shipment_document(call->txn, found->id);

        if (strcmp(known->order_id, request->order_id) != 0 || !same_lines(request, known))
                return call_fail(call, ALREADY_EXISTS, "EXTERNAL_ID_TAKEN",
                        "external_id %s names shipment %s, which holds something else",
                        request->external_id, known->id);
        *response = *known;
        return OK;
}

/* Every open unit of goods. */
static enum status want_all(
        struct call *call, const Order *order, struct order_lines lines, int64_t *wanted)
{
        int64_t total = 0;

        for (size_t i = 0; i < lines.n; i++) {
                if (lines.at[i]->kind == LINE_KIND_GOODS)
                        wanted[i] = units_in(lines.at[i], UNIT_STATE_OPEN);
                total += wanted[i];
        }
        if (total > 0)
                return OK;
        return call_fail(call, FAILED_PRECONDITION, "NOTHING_TO_SHIP", "order %s has no open units",
                order->id);
}

static enum status want_line(struct call *call, const char *field, const CreateShipmentLine *asked,
        const OrderLine *line, int64_t *wanted)
{
        if (line == NULL || line->kind != LINE_KIND_GOODS)
                return call_fail_field(call, field, "LINE_NOT_FOUND",
                        "%s: the order has no line of goods %d", field, asked->order_line_number);
        if (*wanted != 0)
                return call_fail_field(call, field, "LINE_REPEATED", "%s: line %d is named twice",
                        field, asked->order_line_number);
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
                size_t at = parcel_line_at(lines, asked->order_line_number);
                enum status status =
                        want_line(call, call_printf(call, "lines[%zu].order_line_number", i), asked,
                                at < lines.n ? lines.at[at] : NULL, &wanted[at]);

                if (status != OK)
                        return status;
        }
        return OK;
}

static Shipment *new_shipment(
        struct call *call, const CreateShipmentRequest *request, const Order *order)
{
        Shipment *shipment = call_new(call, Shipment);

        *shipment = (Shipment)SHIPMENT_INIT;
        shipment->id = call_new_id(call);
        shipment->external_id = request->external_id;
        shipment->order_id = order->id;
        shipment->member_id = order->member_id;
        shipment->state = SHIPMENT_STATE_PACKED;
        shipment->create_time = call_now(call);
        shipment->update_time = call_now(call);
        return shipment;
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

static enum status pack(
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

enum status fulfilment_create_shipment(
        struct call *call, const CreateShipmentRequest *request, Shipment *response)
{
        const Shipment *known =
                request->external_id[0] == '\0'
                        ? NULL
                        : shipment_get_by_external_id(call->txn, request->external_id);

        if (known != NULL)
                return answer_known(call, request, known, response);
        const Order *order = order_get(call->txn, request->order_id);

        if (order->state != ORDER_STATE_CONFIRMED)
                return call_fail(call, FAILED_PRECONDITION, "ORDER_NOT_CONFIRMED",
                        "order %s is not confirmed; only what is paid may be shipped", order->id);
        struct order_lines lines = order_lines(call, order->id);
        int64_t *wanted = call_array(call, int64_t, lines.n + 1);
        enum status status = request->n_lines == 0 ? want_all(call, order, lines, wanted)
                                                   : want_named(call, request, lines, wanted);

        if (status != OK)
                return status;
        Shipment *shipment = new_shipment(call, request, order);

        status = pack(call, shipment, lines, wanted);
        if (status != OK)
                return status;
        parcel_event(call, "shipment.packed", shipment);
        *response = *shipment;
        return OK;
}
