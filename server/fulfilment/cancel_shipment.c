/*
 * Unpacks a parcel. Its units are open again and stay allocated to the order (rule 7): the stock
 * never moved, so nothing is booked.
 */
#include "server/fulfilment/parcel.h"

#include "fulfilment.handlers.h"

enum status fulfilment_cancel_shipment(
        struct call *call, const CancelShipmentRequest *request, Shipment *response)
{
        struct parcel parcel = parcel_load(call, request->id);
        Shipment *shipment = parcel.shipment;

        if (shipment->state != SHIPMENT_STATE_PACKED)
                return parcel_wrong_state(call, shipment, "SHIPMENT_NOT_PACKED", "PACKED");
        for (size_t i = 0; i < shipment->n_lines; i++) {
                const ShipmentLine *packed = shipment->lines[i];

                parcel_release_holding(parcel_order_line(&parcel, packed), packed, PARCEL_UNPACK);
        }
        parcel_move_units(call, &parcel, UNIT_STATE_PACKED, UNIT_STATE_OPEN);
        shipment->state = SHIPMENT_STATE_CANCELLED;
        shipment->end_time = call_now(call);
        parcel_event(call, "shipment.cancelled", shipment);
        parcel_store(call, &parcel, response);
        return OK;
}
