/* One variant. Those of products that are not on sale are there for staff only, as their products
 * are: a variant has the name of what is not announced yet. */
#include "server/catalog/shelf.h"
#include "catalog.handlers.h"

enum status catalog_get_variant(
        struct call *call, const GetVariantRequest *request, Variant *response)
{
        const Variant *variant = variant_get(call->txn, request->id);

        if (!shelf_shows(call, variant))
                return call_fail_absent(call, "id", "VARIANT", "variant", request->id);
        *response = *variant;
        return OK;
}
