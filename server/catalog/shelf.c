/*
 * Who sees which product. To anybody but staff a draft is not there, in the very bytes of a
 * product that never was: a name that is not announced yet cannot be probed for.
 */
#include "server/catalog/shelf.h"

#include "server/catalog/catalog.h"

bool shelf_shows_state(struct call *call, ProductState state)
{
        return state == PRODUCT_STATE_LISTED || call_is_staff(call);
}

enum status shelf_no_product(struct call *call, const char *id)
{
        return call_fail_absent(call, "id", "PRODUCT", "product", id);
}

bool shelf_shows(struct call *call, const Variant *variant)
{
        return call_is_staff(call) || catalog_on_sale(catalog_product(call, variant));
}

void shelf_fill(struct call *call, Product *product)
{
        struct scan *scan = variant_by_product_id(call->txn, product->id);
        size_t room = 8, count = 0;
        Variant **variants = call_array(call, Variant *, room);
        Variant *variant;

        while ((variant = variant_next(scan)) != NULL) {
                if (count == room) {
                        variants = arena_grow(call->arena, variants, room * sizeof(*variants),
                                2 * room * sizeof(*variants));
                        room *= 2;
                }
                variants[count++] = variant;
        }
        product->variants = variants;
        product->n_variants = count;
}
