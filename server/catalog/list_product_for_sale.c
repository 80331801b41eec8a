/*
 * Puts a product on sale. It must have what a customer needs to buy it; all that is missing is
 * named at once, so that nobody has to try again for every field. One that is on sale already is
 * answered as it is.
 */
#include "server/catalog/catalog.h"
#include "server/catalog/search_index.h"
#include "server/catalog/shelf.h"
#include "catalog.handlers.h"

static bool has_price(struct call *call, const Product *product)
{
        for (size_t i = 0; i < product->n_variants; i++)
                if (price_next(price_by_variant_id(call->txn, product->variants[i]->id)) != NULL)
                        return true;
        return false;
}

static void miss(struct call *call, const char *field, const char *what)
{
        call_fail_field(call, field, "REQUIRED", "%s: %s", field, what);
}

static enum status check_complete(struct call *call, const Product *product)
{
        if (product->n_titles == 0)
                miss(call, "titles", "a product on sale needs a title");
        if (product->n_variants == 0)
                miss(call, "variants", "a product on sale needs a variant");
        else if (!has_price(call, product))
                miss(call, "prices", "a product on sale needs a price for one of its variants");
        catalog_check_tax_class(call, product->tax_class, "tax_class");
        if (call->error.violations == NULL)
                return OK;
        return call_fail(call, FAILED_PRECONDITION, "PRODUCT_INCOMPLETE",
                "product %s cannot be sold yet: %s", product->id,
                call->error.violations->description);
}

enum status catalog_list_product_for_sale(
        struct call *call, const ListProductForSaleRequest *request, Product *response)
{
        Product *product = product_get(call->txn, request->id);

        shelf_fill(call, product);
        if (product->state == PRODUCT_STATE_LISTED) {
                *response = *product;
                return OK;
        }
        enum status status = check_complete(call, product);

        if (status != OK)
                return status;
        Product before = *product;

        product->state = PRODUCT_STATE_LISTED;
        product->update_time = call_now(call);
        search_index_follow(call, &before, product);
        *response = *product;
        product->n_variants = 0;
        product_update(call->txn, product);
        call_event(call, "product.listed", product->id, "", NULL);
        return OK;
}
