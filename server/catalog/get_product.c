/*
 * One product with its variants, as they are stored. The pipeline has seen that there is a row;
 * whether this caller may know of it is decided here, since listed is not a matter of owners.
 */
#include "server/catalog/shelf.h"
#include "catalog.handlers.h"

enum status catalog_get_product(
        struct call *call, const GetProductRequest *request, Product *response)
{
        struct stored product = product_stored(call->txn, request->id);

        if (!shelf_shows_state(call, (ProductState)stored_number(product, PRODUCT__STATE__NUMBER)))
                return shelf_no_product(call, request->id);
        call_answer(call, product);
        call_answer_each(
                call, PRODUCT__VARIANTS__NUMBER, variant_by_product_id(call->txn, request->id));
        return OK;
}
