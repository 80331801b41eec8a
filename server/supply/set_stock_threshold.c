/*
 * How far available may go down. Also before anything was received, so that a back-order can be
 * sold; the row then begins with nothing in it. Nothing that was sold already is taken back.
 */
#include "server/supply/stock.h"
#include "supply.handlers.h"

enum status supply_set_stock_threshold(
        struct call *call, const SetStockThresholdRequest *request, Stock *response)
{
        Stock *stock = stock_row(call, request->variant_id, request->location_id);

        stock->threshold = request->threshold;
        if (stock->threshold < stock->threshold_lowest)
                stock->threshold_lowest = stock->threshold;
        stock_store(call, stock);
        call_event(call, "stock.threshold_set", request->variant_id, "", "threshold",
                request->threshold, NULL);
        *response = *stock;
        return OK;
}
