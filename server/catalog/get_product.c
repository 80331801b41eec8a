/*
 * One product with its variants. The pipeline has seen that there is a row; whether this caller
 * may know of it is decided here, since listed is not a matter of owners.
 */
#include "server/catalog/shelf.h"
#include "catalog.handlers.h"

enum status catalog_get_product(
        struct call *call, const GetProductRequest *request, Product *response)
{
        Product *product = shelf_product(call, request->id);

        if (product == NULL)
                return call->error.code;
        shelf_fill(call, product);
        *response = *product;
        return OK;
}
