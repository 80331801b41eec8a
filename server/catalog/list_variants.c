/*
 * Variants of a product, the one with a SKU, or all. More than standard only in that a customer
 * sees those of products on sale; a page that was cut short by others still fills up.
 */
#include <string.h>
#include "server/catalog/shelf.h"
#include "server/page.h"
#include "catalog.handlers.h"

/* A SKU names one variant at most: there are no pages. */
static enum status list_sku(
        struct call *call, const ListVariantsRequest *request, ListVariantsResponse *response)
{
        Variant *variant = variant_get_by_sku(call->txn, request->sku);
        bool wanted = variant != NULL && shelf_shows(call, variant) &&
                      (request->product_id[0] == '\0' ||
                              strcmp(request->product_id, variant->product_id) == 0);

        if (!wanted)
                return OK;
        response->variants = call_array(call, Variant *, 1);
        response->variants[response->n_variants++] = variant;
        return OK;
}

static struct scan *begin(struct call *call, const ListVariantsRequest *request)
{
        if (request->product_id[0] == '\0')
                return variant_all(call->txn);
        return variant_by_product_id(call->txn, request->product_id);
}

enum status catalog_list_variants(
        struct call *call, const ListVariantsRequest *request, ListVariantsResponse *response)
{
        size_t size = page_size(call, request);
        const char *here = NULL;
        Variant *variant;

        if (request->sku[0] != '\0')
                return list_sku(call, request, response);
        struct scan *scan = begin(call, request);
        enum status status = page_resume(call, request, scan);

        if (status != OK)
                return status;
        response->variants = call_array(call, Variant *, size);
        while ((variant = variant_next(scan)) != NULL) {
                if (!shelf_shows(call, variant))
                        continue;
                if (response->n_variants == size) {
                        response->next_page_token = here;
                        break;
                }
                response->variants[response->n_variants++] = variant;
                if (response->n_variants == size)
                        here = page_token_here(call, request, scan);
        }
        return OK;
}
