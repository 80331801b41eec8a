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
        list.id = call_new_id(call);
        list.etag = "";
        list.create_time = call_now(call);
        list.update_time = list.create_time;
        price_list_insert(call->txn, &list);
        call_event(call, "price_list.created", list.id, "", NULL);
        *response = list;
        return OK;
}
