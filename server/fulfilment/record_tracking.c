/*
 * Takes a carrier's report. Reports come late, twice and out of order, so every one is kept under
 * the carrier's own time and number, and only the first that ends the parcel's way moves units.
 * What contradicts that end is kept too and becomes a ticket: a person finds out where the parcel
 * is, the books do not swing. Refused: letting the latest carrier's time win, which would undo
 * refunds that were already paid.
 */
#include "server/fulfilment/parcel.h"

#include <string.h>
#include "fulfilment.handlers.h"
#include "server/service/service.h"
#include "server/supply/supply.h"

/* Rows that only a report of the parcel's end may still take. */
#define ROWS_KEPT_FOR_END 10

static const TrackingEvent *find_report(
        struct call *call, const RecordTrackingRequest *request, size_t *count)
{
        struct scan *scan = tracking_event_of(call->txn, request->shipment_id);
        const TrackingEvent *found = NULL;

        *count = 0;
        for (const TrackingEvent *event; (event = tracking_event_next(scan)) != NULL; ++*count)
                if (strcmp(event->carrier_event_id, request->carrier_event_id) == 0)
                        found = event;
        return found;
}

static enum status answer_known(struct call *call, const RecordTrackingRequest *request,
        const TrackingEvent *known, Shipment *response)
{
        bool same = known->kind == request->kind && strcmp(known->place, request->place) == 0 &&
                    (time_us(request->event_time) == 0 ||
                            time_us(request->event_time) == time_us(known->event_time));

        if (!same)
                return call_fail(call, ALREADY_EXISTS, "CARRIER_EVENT_ID_TAKEN",
                        "carrier_event_id %s names another report of this shipment",
                        request->carrier_event_id);
        call_answer_document(call, response, request->shipment_id);
        return OK;
}

static enum status check_room(struct call *call, const RecordTrackingRequest *request, size_t count)
{
        size_t room = PARCEL_TRACKING_MAX;

        if (parcel_state_after(request->kind) == SHIPMENT_STATE_UNSPECIFIED)
                room -= ROWS_KEPT_FOR_END;
        if (count < room)
                return OK;
        return call_fail(call, RESOURCE_EXHAUSTED, "TOO_MANY_REPORTS",
                "shipment %s has %zu reports already", request->shipment_id, count);
}

/* A carrier that sends no time or the epoch does not know it. */
static int64_t report_time_us(const struct call *call, const RecordTrackingRequest *request)
{
        int64_t us = time_us(request->event_time);

        return us == 0 ? call->now_us : us;
}

static void keep_report(struct call *call, const RecordTrackingRequest *request)
{
        TrackingEvent *event = call_new(call, TrackingEvent);

        *event = (TrackingEvent)TRACKING_EVENT_INIT;
        event->shipment_id = request->shipment_id;
        event->event_time = call_time(call, report_time_us(call, request));
        event->carrier_event_id = request->carrier_event_id;
        event->kind = request->kind;
        event->place = request->place;
        tracking_event_insert(call->txn, event);
}

/* What came back undelivered waits for an inspection where it was sent from. */
static enum status take_back(struct call *call, const Shipment *shipment)
{
        for (size_t i = 0; i < shipment->n_lines; i++) {
                const ShipmentLine *line = shipment->lines[i];
                enum status status = supply_move(call, MOVEMENT_TYPE_RETURN, line->variant_id,
                        line->location_id, line->quantity, shipment->id);

                if (status != OK)
                        return status;
        }
        return OK;
}

/* The carrier's clock may be wrong: the end is not before the parcel left nor after now. */
static Timestamp *end_time(struct call *call, const Shipment *shipment, int64_t reported_us)
{
        int64_t least_us = time_us(shipment->ship_time);
        int64_t us = reported_us < call->now_us ? reported_us : call->now_us;

        return call_time(call, us > least_us ? us : least_us);
}

static enum status end_way(struct call *call, struct parcel *parcel,
        const RecordTrackingRequest *request, Shipment *response)
{
        static const char *const types[] = {
                [SHIPMENT_STATE_DELIVERED] = "shipment.delivered",
                [SHIPMENT_STATE_LOST] = "shipment.lost",
                [SHIPMENT_STATE_RETURNED_TO_SENDER] = "shipment.returned_to_sender",
        };
        Shipment *shipment = parcel->shipment;
        ShipmentState state = parcel_state_after(request->kind);

        if (state == SHIPMENT_STATE_RETURNED_TO_SENDER) {
                enum status status = take_back(call, shipment);

                if (status != OK)
                        return status;
        }
        parcel_move_units(call, parcel, UNIT_STATE_IN_TRANSIT, parcel_unit_state(state));
        shipment->state = state;
        shipment->end_time = end_time(call, shipment, report_time_us(call, request));
        parcel_event(call, types[state], shipment);
        parcel_store(call, parcel, response);
        /* After the parcel is stored: the order's time of delivery is its last parcel's. */
        order_settle(call, order_get(call->txn, shipment->order_id));
        return OK;
}

static enum status only_record(struct call *call, Shipment *shipment,
        const RecordTrackingRequest *request, Shipment *response)
{
        ShipmentState state = parcel_state_after(request->kind);

        if (state != SHIPMENT_STATE_UNSPECIFIED && state != shipment->state)
                service_open_ticket(call, "TRACKING_CONTRADICTED", shipment->id,
                        shipment->member_id,
                        call_printf(call, "the parcel is %s; the carrier then reported %s",
                                parcel_state_name(shipment->state), parcel_state_name(state)));
        call_event(call, "shipment.tracked", shipment->id, shipment->member_id, "kind",
                (int64_t)request->kind, NULL);
        call_answer_document(call, response, shipment->id);
        return OK;
}

enum status fulfilment_record_tracking(
        struct call *call, const RecordTrackingRequest *request, Shipment *response)
{
        size_t count;
        const TrackingEvent *known = find_report(call, request, &count);

        if (known != NULL)
                return answer_known(call, request, known, response);
        Shipment *shipment = shipment_get(call->txn, request->shipment_id);

        if (shipment->state == SHIPMENT_STATE_PACKED || shipment->state == SHIPMENT_STATE_CANCELLED)
                return parcel_wrong_state(call, shipment, "SHIPMENT_NOT_SHIPPED", "on its way");
        enum status status = check_room(call, request, count);

        if (status != OK)
                return status;
        keep_report(call, request);
        if (shipment->state != SHIPMENT_STATE_IN_TRANSIT ||
                parcel_state_after(request->kind) == SHIPMENT_STATE_UNSPECIFIED)
                return only_record(call, shipment, request, response);
        struct parcel parcel = parcel_load(call, request->shipment_id);

        return end_way(call, &parcel, request, response);
}
