/*
 * Hands a parcel to the carrier. Here stock leaves: what is not on hand cannot be shipped, and one
 * line that cannot fails the whole parcel, since a parcel is closed as packed or not at all.
 */
#include "server/fulfilment/parcel.h"

#include "fulfilment.handlers.h"
#include "server/payment/payment.h"
#include "server/supply/supply.h"

static enum status take_from_stock(struct call *call, struct parcel *parcel)
{
        const Shipment *shipment = parcel->shipment;

        for (size_t i = 0; i < shipment->n_lines; i++) {
                const ShipmentLine *packed = shipment->lines[i];
                enum status status = supply_move(call, MOVEMENT_TYPE_SHIP, packed->variant_id,
                        packed->location_id, packed->quantity, shipment->id);

                if (status != OK)
                        return status;
                parcel_release_holding(parcel_order_line(parcel, packed), packed, PARCEL_HAND_OVER);
        }
        return OK;
}

enum status fulfilment_ship_shipment(
        struct call *call, const ShipShipmentRequest *request, Shipment *response)
{
        struct parcel parcel = parcel_load(call, request->id);
        Shipment *shipment = parcel.shipment;

        if (shipment->state != SHIPMENT_STATE_PACKED)
                return parcel_wrong_state(call, shipment, "SHIPMENT_NOT_PACKED", "PACKED");
        Order *order = order_get(call->txn, shipment->order_id);
        enum status status = order_check_shippable(call, order);

        if (status == OK)
                status = take_from_stock(call, &parcel);

        if (status != OK)
                return status;
        parcel_move_units(call, &parcel, UNIT_STATE_PACKED, UNIT_STATE_IN_TRANSIT);
        shipment->state = SHIPMENT_STATE_IN_TRANSIT;
        shipment->carrier = request->carrier;
        shipment->tracking_number = request->tracking_number;
        shipment->ship_time = call_now(call);
        order_settle(call, order);
        payment_capture_rest(call, order);
        parcel_event(call, "shipment.shipped", shipment);
        parcel_store(call, &parcel, response);
        return OK;
}
