#pragma once
/* What goes into a new parcel. wanted: units by position in the order's lines; the call's. */
#include "server/fulfilment/parcel.h"

/* What the request asks for: the lines named, or every open unit. NOTHING_TO_SHIP,
 * UNITS_NOT_OPEN, or a field that names no line of goods. */
enum status packing_plan(struct call *call, const CreateShipmentRequest *request,
        struct order_lines lines, int64_t **wanted);

/* Stores the shipment and its lines and packs the units. */
enum status packing_pack(
        struct call *call, Shipment *shipment, struct order_lines lines, const int64_t *wanted);
