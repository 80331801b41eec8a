/*
 * A count found more or less than the books said. What does not lie there cannot be taken away,
 * but what was promised can be: then available is below its threshold, nothing more is sold, and
 * the shipment that misses units says so. Refusing the correction would only keep the books wrong.
 */
#include <string.h>
#include "server/supply/supply.h"
#include "supply.handlers.h"

static bool same(const StockAdjustment *a, const AdjustStockRequest *b)
{
        return strcmp(a->variant_id, b->variant_id) == 0 &&
               strcmp(a->location_id, b->location_id) == 0 && a->quantity == b->quantity &&
               strcmp(a->reason, b->reason) == 0;
}

static enum status answer_again(struct call *call, const AdjustStockRequest *request,
        const StockAdjustment *existing, StockAdjustment *response)
{
        if (!same(existing, request))
                return call_fail(call, ALREADY_EXISTS, "EXTERNAL_ID_REUSED",
                        "external_id %s is the name of another adjustment, %s",
                        request->external_id, existing->id);
        *response = *existing;
        return OK;
}

enum status supply_adjust_stock(
        struct call *call, const AdjustStockRequest *request, StockAdjustment *response)
{
        StockAdjustment *adjustment = call_new(call, StockAdjustment);

        if (request->quantity == 0)
                return call_fail_field(
                        call, "quantity", "REQUIRED", "quantity: an adjustment of nothing is none");
        if (request->external_id[0] != '\0') {
                const StockAdjustment *existing =
                        stock_adjustment_get_by_external_id(call->txn, request->external_id);

                if (existing != NULL)
                        return answer_again(call, request, existing, response);
        }
        *adjustment = (StockAdjustment)STOCK_ADJUSTMENT_INIT;
        adjustment->id = call_new_id(call);
        adjustment->external_id = request->external_id;
        adjustment->variant_id = request->variant_id;
        adjustment->location_id = request->location_id;
        adjustment->quantity = request->quantity;
        adjustment->reason = request->reason;
        adjustment->create_time = call_now(call);
        enum status status = supply_move(call, MOVEMENT_TYPE_ADJUST, request->variant_id,
                request->location_id, request->quantity, adjustment->id);

        if (status != OK)
                return status;
        stock_adjustment_insert(call->txn, adjustment);
        call_event(
                call, "stock.adjusted", request->variant_id, "", "units", request->quantity, NULL);
        *response = *adjustment;
        return OK;
}
