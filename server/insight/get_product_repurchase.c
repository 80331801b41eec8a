/* How a product is bought again, with what its figures mean. */
#include "insight.handlers.h"
#include "server/insight/definitions.h"
#include "server/insight/repurchase.h"

static const struct definition definitions[] = {
        {"buyer_count", "Customers, guests too, with a paid order of the product."},
        {"repeat_count", "Those of them with two such orders or more."},
        {"repurchase_rate_bp", "repeat_count / buyer_count, in hundredths of a percent."},
        {"median_days", "Of the days of the shop between two such orders of a customer on "
                        "different days; from 32 on in steps of 16."},
        {NULL, NULL},
};

enum status insight_get_product_repurchase(
        struct call *call, const GetProductRepurchaseRequest *request, ProductRepurchase *response)
{
        const ProductDemand *demand = product_demand_get(call->txn, request->product_id);

        response->product_id = request->product_id;
        response->definitions = definitions_tell(call, definitions, &response->n_definitions);
        if (demand == NULL)
                return OK;
        response->buyer_count = demand->buyer_count;
        response->repeat_count = demand->repeat_count;
        response->repurchase_rate_bp =
                (int32_t)((demand->repeat_count * 20000 + demand->buyer_count) /
                          (demand->buyer_count * 2));
        response->median_days = repurchase_median(demand);
        return OK;
}
