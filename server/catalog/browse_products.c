/*
 * Listed products, newest first: the index by state (and category) read from its end. Without
 * their variants, which nobody looks at on a page of fifty. A standard List would go through the
 * same index but shows every state to whoever may call it.
 */
#include "server/page.h"
#include "catalog.handlers.h"

static struct scan *begin(struct call *call, const BrowseProductsRequest *request)
{
        if (request->category_id[0] == '\0')
                return product_by_state_latest(call->txn, PRODUCT_STATE_LISTED);
        return product_by_state_category_id_latest(
                call->txn, PRODUCT_STATE_LISTED, request->category_id);
}

enum status catalog_browse_products(
        struct call *call, const BrowseProductsRequest *request, BrowseProductsResponse *response)
{
        size_t size = page_size(call, request);
        struct scan *scan = begin(call, request);
        enum status status = page_resume(call, request, scan);
        const char *here = NULL;
        Product *product;

        if (status != OK)
                return status;
        response->products = call_array(call, Product *, size);
        while ((product = product_next(scan)) != NULL) {
                if (response->n_products == size) {
                        response->next_page_token = here;
                        break;
                }
                response->products[response->n_products++] = product;
                if (response->n_products == size)
                        here = page_token_here(call, request, scan);
        }
        return OK;
}
