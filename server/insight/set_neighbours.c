/* Neighbours that were computed replace those there were. */
#include "insight.handlers.h"
#include "insight_internal.rows.h"

enum status insight_set_neighbours(
        struct call *call, const SetNeighboursRequest *request, SetNeighboursResponse *response)
{
        ProductDemand *demand = product_demand_get(call->txn, request->product_id);
        ProductNeighbours row = PRODUCT_NEIGHBOURS_INIT;

        if (demand == NULL)
                return call_fail(call, NOT_FOUND, "PRODUCT_DEMAND_NOT_FOUND",
                        "nobody bought product %s", request->product_id);
        row.product_id = request->product_id;
        row.neighbours = request->neighbours;
        row.n_neighbours = request->n_neighbours;
        if (product_neighbours_has(call->txn, row.product_id))
                product_neighbours_update(call->txn, &row);
        else
                product_neighbours_insert(call->txn, &row);
        demand->weight = request->weight;
        demand->new_count = 0;
        demand->computing = false;
        product_demand_update(call->txn, demand);
        call_event(call, "product.neighbours_set", row.product_id, "", "neighbours",
                (int64_t)row.n_neighbours, NULL);
        return OK;
}
