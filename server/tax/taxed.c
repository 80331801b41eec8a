/*
 * The sum of rule 2 that an amount needs, for quotes and for what replaces something later.
 *
 * Who pays no tax pays the net: of a price with tax what is left of it at home, wherever it goes,
 * so that a list that keeps its gross abroad does not keep it for them.
 */
#include "server/tax/taxed.h"

#include <string.h>

TaxStatus taxed_relief(const Member *buyer, const char *zone)
{
        if (buyer == NULL ||
                (buyer->tax_country_code[0] != '\0' && strcmp(buyer->tax_country_code, zone) != 0))
                return TAX_STATUS_UNSPECIFIED;
        return buyer->tax_status;
}

bool taxed_split(const PriceList *list, const struct class_rates *rates, TaxStatus relief,
        int64_t amount, struct tax_split *out)
{
        static const struct tax_rates none = {0};
        const struct tax_rates *home = &rates->home, *there = &rates->there;

        if (relief != TAX_STATUS_UNSPECIFIED)
                return tax_relieved(amount, list->tax_included ? home : &none, out);
        if (!list->tax_included)
                return tax_excluded(amount, there, out);
        if (list->gross_kept)
                return tax_included(amount, there, out);
        return tax_across(amount, home, there, out);
}

TaxAmount *taxed_row(struct call *call, const TaxRate *rate)
{
        TaxAmount *tax = call_new(call, TaxAmount);

        *tax = (TaxAmount)TAX_AMOUNT_INIT;
        tax->title = rate->title;
        tax->rate = rate->rate;
        return tax;
}
