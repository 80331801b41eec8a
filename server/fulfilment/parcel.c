/*
 * What all steps of a parcel share. A shipment line counts units, it does not name them: units of
 * an order line are alike, so the lowest ones in the state concerned move (rule 16), and which of
 * two parcels holds unit 3 is never asked. Refused: unit numbers in shipment lines, which would
 * have to be kept equal to the order line's runs in every step.
 *
 * What is packed is counted in the order line's allocations, where cancelling and packing look
 * anyway, instead of being summed from the other parcels each time.
 */
#include "server/fulfilment/parcel.h"

#include <assert.h>
#include <string.h>
#include "server/order/units.h"

static void read_lines(struct call *call, Shipment *shipment)
{
        struct scan *scan = shipment_line_of(call->txn, shipment->id);
        ShipmentLine **lines = NULL;
        size_t n = 0, room = 0;

        for (ShipmentLine *line; (line = shipment_line_next(scan)) != NULL;) {
                if (n == room) {
                        size_t more = room == 0 ? 16 : room * 2;

                        lines = arena_grow(call->arena, lines, room * sizeof(ShipmentLine *),
                                more * sizeof(ShipmentLine *));
                        room = more;
                }
                lines[n++] = line;
        }
        shipment->lines = lines;
        shipment->n_lines = n;
}

struct parcel parcel_load(struct call *call, const char *id)
{
        struct parcel parcel = {.shipment = shipment_get(call->txn, id)};

        assert(parcel.shipment != NULL);
        read_lines(call, parcel.shipment);
        parcel.order_lines = order_lines(call, parcel.shipment->order_id);
        return parcel;
}

size_t parcel_line_at(struct order_lines lines, int32_t number)
{
        size_t low = 0, high = lines.n;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (lines.at[middle]->number == number)
                        return middle;
                if (lines.at[middle]->number < number)
                        low = middle + 1;
                else
                        high = middle;
        }
        return lines.n;
}

OrderLine *parcel_order_line(const struct parcel *parcel, const ShipmentLine *packed)
{
        size_t at = parcel_line_at(parcel->order_lines, packed->order_line_number);

        assert(at < parcel->order_lines.n);
        return parcel->order_lines.at[at];
}

void parcel_move_units(struct call *call, struct parcel *parcel, UnitState from, UnitState to)
{
        const Shipment *shipment = parcel->shipment;

        for (size_t i = 0; i < shipment->n_lines; i++) {
                const ShipmentLine *packed = shipment->lines[i];
                OrderLine *line = parcel_order_line(parcel, packed);
                bool moved = units_move(call, line, from, to, packed->quantity, NULL);

                assert(moved);
                order_line_update(call->txn, line);
        }
}

void parcel_release_holding(OrderLine *line, const ShipmentLine *packed, enum parcel_unpack how)
{
        size_t kept = 0;

        for (size_t i = 0; i < line->n_allocations; i++) {
                LineAllocation *held = line->allocations[i];

                if (strcmp(held->location_id, packed->location_id) == 0) {
                        assert(held->packed >= packed->quantity);
                        held->packed -= packed->quantity;
                        if (how == PARCEL_HAND_OVER)
                                held->quantity -= packed->quantity;
                }
                if (held->quantity > 0)
                        line->allocations[kept++] = held;
        }
        line->n_allocations = kept;
}

void parcel_store(struct call *call, struct parcel *parcel, Shipment *response)
{
        parcel->shipment->update_time = call_now(call);
        shipment_update(call->txn, parcel->shipment);
        call_answer_document(call, response, parcel->shipment->id);
}

void parcel_event(struct call *call, const char *type, const Shipment *shipment)
{
        call_event(call, type, shipment->id, shipment->member_id, "units", parcel_units(shipment),
                "lines", (int64_t)shipment->n_lines, NULL);
}

enum status parcel_wrong_state(
        struct call *call, const Shipment *shipment, const char *reason, const char *wanted)
{
        call_fact(call, "state", "%s", parcel_state_name(shipment->state));
        return call_fail(call, FAILED_PRECONDITION, reason, "shipment %s is %s, not %s",
                shipment->id, parcel_state_name(shipment->state), wanted);
}

/* ---- pure rules ---- */

ShipmentState parcel_state_after(TrackingKind kind)
{
        if (kind == TRACKING_KIND_DELIVERED)
                return SHIPMENT_STATE_DELIVERED;
        if (kind == TRACKING_KIND_LOST)
                return SHIPMENT_STATE_LOST;
        if (kind == TRACKING_KIND_RETURNED_TO_SENDER)
                return SHIPMENT_STATE_RETURNED_TO_SENDER;
        return SHIPMENT_STATE_UNSPECIFIED;
}

/* One row per state; a shipment is never UNSPECIFIED. */
static const struct {
        UnitState units;
        bool final;
        const char *name;
} states[] = {
        [SHIPMENT_STATE_UNSPECIFIED] = {UNIT_STATE_UNSPECIFIED, false, "UNSPECIFIED"},
        [SHIPMENT_STATE_PACKED] = {UNIT_STATE_PACKED, false, "PACKED"},
        [SHIPMENT_STATE_IN_TRANSIT] = {UNIT_STATE_IN_TRANSIT, false, "IN_TRANSIT"},
        [SHIPMENT_STATE_DELIVERED] = {UNIT_STATE_DELIVERED, true, "DELIVERED"},
        [SHIPMENT_STATE_LOST] = {UNIT_STATE_LOST, true, "LOST"},
        [SHIPMENT_STATE_RETURNED_TO_SENDER] = {UNIT_STATE_RETURNED_TO_SENDER, true,
                "RETURNED_TO_SENDER"},
        [SHIPMENT_STATE_CANCELLED] = {UNIT_STATE_OPEN, true, "CANCELLED"},
};

UnitState parcel_unit_state(ShipmentState state)
{
        return states[state].units;
}

bool parcel_is_final(ShipmentState state)
{
        return states[state].final;
}

const char *parcel_state_name(ShipmentState state)
{
        return states[state].name;
}

int64_t parcel_units(const Shipment *shipment)
{
        int64_t units = 0;

        for (size_t i = 0; i < shipment->n_lines; i++)
                units += shipment->lines[i]->quantity;
        return units;
}
