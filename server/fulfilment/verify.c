/*
 * Proves parcels against orders, order by order: what the runs of an order line say is packed, on
 * its way or past it must be what its parcels hold. Units past delivery may have moved on into
 * cases, so they are compared as one sum, and no more may be anywhere than arrived there. Refused:
 * comparing counters of the shop as a whole, which would find a fault and name nobody.
 */
#include "server/fulfilment/fulfilment.h"

#include <string.h>
#include "lib/base/arena.h"
#include "server/fulfilment/parcel.h"
#include "server/order/units.h"

/* Of one order line. */
struct figures {
        OrderLine *line;
        int64_t packed;
        int64_t in_transit;
        int64_t ended;
        int64_t ended_as[SHIPMENT_STATE_CANCELLED]; /* by how the parcel's way ended */
};

static struct figures *read_figures(struct txn *txn, const char *order_id, size_t *n)
{
        struct scan *scan = order_line_of(txn, order_id);
        struct figures *figures = NULL;

        *n = 0;
        for (OrderLine *line; (line = order_line_next(scan)) != NULL; ++*n) {
                if ((*n & (*n - 1)) == 0)
                        figures = arena_grow(txn_arena(txn), figures, *n * sizeof(*figures),
                                (*n == 0 ? 1 : *n * 2) * sizeof(*figures));
                figures[*n] = (struct figures){.line = line};
        }
        return figures;
}

static struct figures *figures_of(struct figures *figures, size_t n, int32_t number)
{
        if (number >= 1 && (size_t)number <= n && figures[number - 1].line->number == number)
                return &figures[number - 1];
        return NULL;
}

/* What the allocations of the line at the parcel's location still call packed is used up here. */
static void take_packed(struct figures *figures, const ShipmentLine *packed)
{
        for (size_t i = 0; i < figures->line->n_allocations; i++) {
                LineAllocation *held = figures->line->allocations[i];

                if (strcmp(held->location_id, packed->location_id) == 0)
                        held->packed -= packed->quantity;
        }
        figures->packed += packed->quantity;
}

static void add_parcel(struct verify_context *context, struct txn *txn, const Shipment *shipment,
        struct figures *figures, size_t n)
{
        struct scan *scan = shipment_line_of(txn, shipment->id);

        for (ShipmentLine *packed; (packed = shipment_line_next(scan)) != NULL;) {
                struct figures *of = figures_of(figures, n, packed->order_line_number);

                if (of == NULL)
                        verify_fault(context, "SHIPMENT_LINE", "ShipmentLine", shipment->id,
                                "line %d is of order line %d, which does not exist", packed->number,
                                packed->order_line_number);
                else if (shipment->state == SHIPMENT_STATE_PACKED)
                        take_packed(of, packed);
                else if (shipment->state == SHIPMENT_STATE_IN_TRANSIT)
                        of->in_transit += packed->quantity;
                else if (shipment->state >= SHIPMENT_STATE_DELIVERED &&
                         shipment->state <= SHIPMENT_STATE_RETURNED_TO_SENDER) {
                        of->ended += packed->quantity;
                        of->ended_as[shipment->state] += packed->quantity;
                }
        }
}

static void compare(struct verify_context *context, const struct figures *figures, const char *what,
        int64_t in_order, int64_t in_parcels)
{
        if (in_order != in_parcels)
                verify_fault(context, "SHIPMENT_UNITS", "OrderLine", figures->line->order_id,
                        "line %d has %lld units %s, its parcels have %lld", figures->line->number,
                        (long long)in_order, what, (long long)in_parcels);
}

/* Units may have moved on into cases, never from one end to another. */
static void check_ends(struct verify_context *context, const struct figures *figures)
{
        static const ShipmentState ends[] = {
                SHIPMENT_STATE_DELIVERED, SHIPMENT_STATE_LOST, SHIPMENT_STATE_RETURNED_TO_SENDER};

        for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
                int64_t units = units_in(figures->line, parcel_unit_state(ends[i]));

                if (units > figures->ended_as[ends[i]])
                        compare(context, figures, parcel_state_name(ends[i]), units,
                                figures->ended_as[ends[i]]);
        }
}

static void check_line(struct verify_context *context, const struct figures *figures)
{
        const OrderLine *line = figures->line;
        int64_t ended = units_in(line, UNIT_STATE_DELIVERED) + units_in(line, UNIT_STATE_LOST) +
                        units_in(line, UNIT_STATE_RETURNED_TO_SENDER) +
                        units_in(line, UNIT_STATE_IN_CASE) + units_in(line, UNIT_STATE_RETURNED);

        if (line->kind != LINE_KIND_GOODS)
                return;
        compare(context, figures, "packed", units_in(line, UNIT_STATE_PACKED), figures->packed);
        compare(context, figures, "on their way", units_in(line, UNIT_STATE_IN_TRANSIT),
                figures->in_transit);
        compare(context, figures, "past their way", ended, figures->ended);
        if (ended == figures->ended)
                check_ends(context, figures);
        for (size_t i = 0; i < line->n_allocations; i++)
                if (line->allocations[i]->packed != 0)
                        verify_fault(context, "SHIPMENT_HOLDING", "OrderLine", line->order_id,
                                "line %d at location %s: its packed count is off by %lld",
                                line->number, line->allocations[i]->location_id,
                                (long long)line->allocations[i]->packed);
}

void fulfilment_verify(struct verify_context *context, struct txn *txn)
{
        struct scan *orders = order_all_by_place_time(txn);

        scan_fleeting(orders);
        for (const Order *order; (order = order_next(orders)) != NULL;) {
                struct txn_memory memory = txn_memory(txn);
                struct scan *shipments = shipment_by_order_id(txn, order->id);
                size_t n;
                struct figures *figures = read_figures(txn, order->id, &n);

                for (const Shipment *shipment; (shipment = shipment_next(shipments)) != NULL;)
                        add_parcel(context, txn, shipment, figures, n);
                for (size_t i = 0; i < n; i++)
                        check_line(context, &figures[i]);
                txn_forget(txn, memory);
        }
}
