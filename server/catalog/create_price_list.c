/*
 * Adds a price list. Custom because of rules over several fields: tax in a price is some zone's
 * tax, and without the zone's name nobody could take it out again (rule 2); and prices for members
 * stand in for those of another list, so that they must mean the same.
 */
#include "server/change.h"

#include <string.h>
#include "catalog.handlers.h"

static bool same_terms(const PriceList *list, const PriceList *base)
{
        return strcmp(list->currency_code, base->currency_code) == 0 &&
               list->tax_included == base->tax_included && list->gross_kept == base->gross_kept &&
               strcmp(list->home_country_code, base->home_country_code) == 0;
}

static enum status check_member_prices(struct call *call, const PriceList *list)
{
        if (list->base_price_list_id[0] == '\0')
                return list->member_price_level == 0
                               ? OK
                               : call_fail_field(call, "price_list.base_price_list_id", "REQUIRED",
                                         "price_list.base_price_list_id: which list it stands in "
                                         "for");
        const PriceList *base = price_list_get(call->txn, list->base_price_list_id);

        if (list->member_price_level == 0)
                return call_fail_field(call, "price_list.member_price_level", "REQUIRED",
                        "price_list.member_price_level: from which level it counts");
        if (base->base_price_list_id[0] != '\0')
                return call_fail_field(call, "price_list.base_price_list_id", "MEMBER_PRICES",
                        "price_list.base_price_list_id: that list is for members itself");
        if (!same_terms(list, base))
                return call_fail_field(call, "price_list.base_price_list_id", "TERMS_DIFFER",
                        "price_list.base_price_list_id: currency, tax and home must be the same");
        return OK;
}

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
        status = check_member_prices(call, &list);
        if (status != OK)
                return status;
        call_respond(response, change_insert(call, &price_list_table, &list));
        return OK;
}
