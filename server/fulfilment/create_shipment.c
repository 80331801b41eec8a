/*
 * Packs a parcel of a confirmed order. Stock does not move yet: a packed unit is still on the
 * shelf's books, and unpacking is free.
 *
 * The name that another system gave makes packing idempotent; refused: trusting the request id for
 * that, which is forgotten after two days while an import may be repeated after weeks.
 */
#include "server/fulfilment/parcel.h"

#include <string.h>
#include "fulfilment.handlers.h"
#include "server/fulfilment/packing.h"
#include "server/loyalty/loyalty.h"

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
        shipment->queue_rank =
                -(int32_t)privilege_of_order(call, order, PRIVILEGE_DELIVERY_PRIORITY);
        shipment->create_time = call_now(call);
        shipment->update_time = call_now(call);
        return shipment;
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
        enum status status = order_check_shippable(call, order);

        if (status != OK)
                return status;
        struct order_lines lines = order_lines(call, order->id);
        int64_t *wanted;

        status = packing_plan(call, request, lines, &wanted);
        if (status != OK)
                return status;
        Shipment *shipment = new_shipment(call, request, order);

        status = packing_pack(call, shipment, lines, wanted);
        if (status != OK)
                return status;
        parcel_event(call, "shipment.packed", shipment);
        *response = *shipment;
        return OK;
}
