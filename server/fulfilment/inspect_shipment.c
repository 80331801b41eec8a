/*
 * Books what an inspection of an undelivered parcel found. Its units wait in quarantine since the
 * carrier brought them back; the customer's refund does not wait for this, it was the shop's risk.
 */
#include "server/fulfilment/parcel.h"

#include "fulfilment.handlers.h"
#include "server/supply/supply.h"

#define NOT_NAMED (-1)

static enum status read_findings(struct call *call, const InspectShipmentRequest *request,
        const Shipment *shipment, int64_t *resellable)
{
        for (size_t i = 0; i < shipment->n_lines; i++)
                resellable[i] = NOT_NAMED;
        for (size_t i = 0; i < request->n_lines; i++) {
                const InspectShipmentLine *found = request->lines[i];
                const char *field = call_printf(call, "lines[%zu].number", i);

                if ((size_t)found->number > shipment->n_lines)
                        return call_fail_field(call, field, "LINE_NOT_FOUND",
                                "%s: the shipment has no line %d", field, found->number);
                if (resellable[found->number - 1] != NOT_NAMED)
                        return call_fail_field(call, field, "LINE_REPEATED",
                                "%s: line %d is named twice", field, found->number);
                field = call_printf(call, "lines[%zu].resellable", i);
                if (found->resellable > shipment->lines[found->number - 1]->quantity)
                        return call_fail_field(call, field, "TOO_MANY_RESELLABLE",
                                "%s: line %d has only %lld units", field, found->number,
                                (long long)shipment->lines[found->number - 1]->quantity);
                resellable[found->number - 1] = found->resellable;
        }
        for (size_t i = 0; i < shipment->n_lines; i++)
                if (resellable[i] == NOT_NAMED)
                        resellable[i] = shipment->lines[i]->quantity;
        return OK;
}

static enum status book_line(struct call *call, const ShipmentLine *line, int64_t resellable)
{
        int64_t bad = line->quantity - resellable;
        enum status status = OK;

        if (resellable > 0)
                status = supply_move(call, MOVEMENT_TYPE_RESTOCK, line->variant_id,
                        line->location_id, resellable, line->shipment_id);
        if (status == OK && bad > 0)
                status = supply_move(call, MOVEMENT_TYPE_SCRAP, line->variant_id, line->location_id,
                        bad, line->shipment_id);
        return status;
}

enum status fulfilment_inspect_shipment(
        struct call *call, const InspectShipmentRequest *request, Shipment *response)
{
        struct parcel parcel = parcel_load(call, request->id);
        Shipment *shipment = parcel.shipment;
        int64_t *resellable = call_array(call, int64_t, shipment->n_lines);
        int64_t good = 0;

        if (shipment->state != SHIPMENT_STATE_RETURNED_TO_SENDER)
                return parcel_wrong_state(
                        call, shipment, "SHIPMENT_NOT_BACK", "RETURNED_TO_SENDER");
        if (shipment->inspect_time != NULL)
                return call_fail(call, FAILED_PRECONDITION, "SHIPMENT_ALREADY_INSPECTED",
                        "shipment %s was inspected before", shipment->id);
        enum status status = read_findings(call, request, shipment, resellable);

        for (size_t i = 0; status == OK && i < shipment->n_lines; i++) {
                status = book_line(call, shipment->lines[i], resellable[i]);
                good += resellable[i];
        }
        if (status != OK)
                return status;
        shipment->inspect_time = call_now(call);
        call_event(call, "shipment.inspected", shipment->id, shipment->member_id, "units",
                parcel_units(shipment), "resellable", good, NULL);
        parcel_store(call, &parcel, response);
        return OK;
}
