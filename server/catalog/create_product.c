/*
 * Makes a product, as a draft. Custom because its tax class must be one that there is a rate for:
 * the classes have no table of their own to refer to, they are what tax rates name.
 */
#include "server/catalog/catalog.h"
#include "server/change.h"
#include "catalog.handlers.h"

enum status catalog_create_product(
        struct call *call, const CreateProductRequest *request, Product *response)
{
        enum status status = change_check_new(call, &product_table, request->product, "product");
        Product product = *request->product;

        if (status != OK)
                return status;
        if (!catalog_check_tax_class(call, product.tax_class, "product.tax_class"))
                return call->error.code;
        product.state = PRODUCT_STATE_DRAFT;
        call_respond(response, change_insert(call, &product_table, &product));
        return OK;
}
