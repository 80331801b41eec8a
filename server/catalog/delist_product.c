/*
 * Takes a product off sale. Carts that hold it keep their lines and warn; orders that were placed
 * are not touched.
 */
#include "server/catalog/search_index.h"
#include "server/catalog/shelf.h"
#include "catalog.handlers.h"

enum status catalog_delist_product(
        struct call *call, const DelistProductRequest *request, Product *response)
{
        Product *product = product_get(call->txn, request->id);
        Product before = *product;

        if (product->state == PRODUCT_STATE_DRAFT)
                return call_fail(call, FAILED_PRECONDITION, "PRODUCT_NOT_LISTED",
                        "product %s is a draft and was never on sale", product->id);
        if (product->state == PRODUCT_STATE_LISTED) {
                product->state = PRODUCT_STATE_DELISTED;
                product->update_time = call_now(call);
                search_index_follow(call, &before, product);
                product_update(call->txn, product);
                call_event(call, "product.delisted", product->id, "", NULL);
        }
        *response = *product;
        shelf_fill(call, response);
        return OK;
}
