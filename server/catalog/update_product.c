/*
 * Changes a product's texts, category or tax class. More than standard only in that a listed
 * product must still be found, by its new words and no longer by its old ones.
 */
#include <string.h>
#include "server/catalog/catalog.h"
#include "server/catalog/search_index.h"
#include "server/catalog/shelf.h"
#include "server/change.h"
#include "catalog.handlers.h"

enum status catalog_update_product(
        struct call *call, const UpdateProductRequest *request, Product *response)
{
        const Product *given = request->product;
        const Product *before = product_get(call->txn, given->id);
        Product shown;
        struct change change;
        void *row = NULL;

        if (!change_of(call, &product_table, given, request->update_mask, &change))
                return call->error.code;
        if (before != NULL) {
                /* As GetProduct answers it. */
                shown = *before;
                shelf_fill(call, &shown);
                change.shown = &shown;
        }
        enum status status = change_check(call, &change);

        if (status == OK)
                status = change_apply(call, &change, &row);
        if (status != OK || row == NULL)
                return status;
        Product *after = row;

        if (after->state == PRODUCT_STATE_LISTED && after->n_titles == 0)
                return call_fail_field(call, "product.titles", "REQUIRED",
                        "product.titles: a product that is on sale needs a title");
        /* Of one that stays nobody asks: its last rate may have been of long ago. */
        if (strcmp(before->tax_class, after->tax_class) != 0 &&
                !catalog_check_tax_class(call, after->tax_class, "product.tax_class"))
                return call->error.code;
        search_index_follow(call, before, after);
        product_update(call->txn, after);
        call_event(call, "product.updated", after->id, "", NULL);
        *response = *after;
        return OK;
}
