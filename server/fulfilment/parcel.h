#pragma once
/*
 * A shipment in the hand of a handler: its row, its lines and the order lines that they name,
 * read once. Everything is the call's.
 */
#include "fulfilment.rows.h"
#include "server/call.h"
#include "server/order/order.h"

#define PARCEL_LINES_MAX    2000
#define PARCEL_TRACKING_MAX 200

struct parcel {
        Shipment *shipment;
        struct order_lines order_lines;
};

/* Reads a shipment that exists, with its lines (shipment->lines). */
struct parcel parcel_load(struct call *call, const char *id);

/* Where the line with this number is in the order's; lines.n when there is none. */
size_t parcel_line_at(struct order_lines lines, int32_t number);
/* The order line that a line of the parcel is of. */
OrderLine *parcel_order_line(const struct parcel *parcel, const ShipmentLine *packed);

/* Moves the units of every line of the parcel and stores the order lines. That they are there is
 * the shop's own promise. */
void parcel_move_units(struct call *call, struct parcel *parcel, UnitState from, UnitState to);

/* Units of a line leave a location's holding: its packed count, and where the parcel left, the
 * held count too. */
enum parcel_unpack { PARCEL_UNPACK, PARCEL_HAND_OVER };
void parcel_release_holding(OrderLine *line, const ShipmentLine *packed, enum parcel_unpack how);

/* Stores the shipment with a new update_time and makes it the answer. */
void parcel_store(struct call *call, struct parcel *parcel, Shipment *response);

/* Appends an event with the parcel's figures. */
void parcel_event(struct call *call, const char *type, const Shipment *shipment);

/* Fails the call: the shipment is in the wrong state for it. */
enum status parcel_wrong_state(
        struct call *call, const Shipment *shipment, const char *reason, const char *wanted);

/* ---- pure rules ---- */

/* Where a report leads; SHIPMENT_STATE_UNSPECIFIED for one that ends nothing. */
ShipmentState parcel_state_after(TrackingKind kind);
/* Where the units of a parcel are that is in this state. */
UnitState parcel_unit_state(ShipmentState state);
bool parcel_is_final(ShipmentState state);
const char *parcel_state_name(ShipmentState state);
int64_t parcel_units(const Shipment *shipment);
