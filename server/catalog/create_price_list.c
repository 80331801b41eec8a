/*
 * Adds a price list. Custom because of one rule over two fields: tax in a price is some zone's
 * tax, and without the zone's name nobody could take it out again (rule 2).
 */
#include "server/change.h"
#include "catalog.handlers.h"

enum status catalog_create_price_list(
        struct call *call, const CreatePriceListRequest *request, PriceList *response)
{
        enum status status =
                change_check_new(call, &price_list_table, request->price_list, "price_list");
        PriceList list = *request->price_list;

        if (status != OK)
                return status;
        if (list.tax_included && list.home_country_code[0] == '\0')
                return call_fail_field(call, "price_list.home_country_code", "REQUIRED",
                        "price_list.home_country_code: prices with tax name the zone whose tax "
                        "it is");
        const PriceList *stored = change_insert(call, &price_list_table, &list);

        if (stored != NULL) /* NULL: the failure is the transaction's */
                *response = *stored;
        return OK;
}
