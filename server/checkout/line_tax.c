/*
 * The tax of one line of a quote: which of rule 2's sums applies, and which rows come of it. A line
 * of goods has one part; a shipping fee that is split has one for every class of goods.
 *
 * Who pays no tax pays the net: of a price with tax what is left of it at home, wherever it goes,
 * so that a list that keeps its gross abroad does not keep it for them.
 */
#include "server/checkout/making.h"

#include <string.h>

/* Why there is no tax in a zone for this buyer; unspecified where there is. */
static TaxStatus relief_in(const struct making *making, const char *zone)
{
        const Member *buyer = making->buyer;

        if (buyer == NULL ||
                (buyer->tax_country_code[0] != '\0' && strcmp(buyer->tax_country_code, zone) != 0))
                return TAX_STATUS_UNSPECIFIED;
        return buyer->tax_status;
}

static bool split_part(const struct making *making, const struct tax_part *part, TaxStatus relief,
        struct tax_split *split)
{
        static const struct tax_rates none = {0};
        const struct tax_rates *home = &part->rates->home, *there = &part->rates->there;

        if (relief != TAX_STATUS_UNSPECIFIED)
                return tax_relieved(part->amount, making->list->tax_included ? home : &none, split);
        if (!making->list->tax_included)
                return tax_excluded(part->amount, there, split);
        if (making->list->gross_kept)
                return tax_included(part->amount, there, split);
        return tax_across(part->amount, home, there, split);
}

static TaxAmount *new_row(struct call *call, QuoteLine *line, const TaxRate *rate)
{
        TaxAmount *tax = call_new(call, TaxAmount);

        *tax = (TaxAmount)TAX_AMOUNT_INIT;
        tax->title = rate->title;
        tax->rate = rate->rate;
        line->taxes[line->n_taxes++] = tax;
        return tax;
}

/* The row of an earlier part with the same rate, of the first count rows, or a new one. Two rates
 * of one class stay two, also where they are alike. */
static TaxAmount *row_for(struct call *call, QuoteLine *line, size_t count, const TaxRate *rate)
{
        for (size_t i = 0; i < count; i++)
                if (strcmp(line->taxes[i]->title, rate->title) == 0 &&
                        strcmp(line->taxes[i]->rate, rate->rate) == 0)
                        return line->taxes[i];
        return new_row(call, line, rate);
}

static void add_rows(struct call *call, QuoteLine *line, const struct tax_part *part,
        const struct tax_split *split)
{
        size_t before = line->n_taxes;

        for (size_t i = 0; i < part->rates->there.n; i++)
                row_for(call, line, before, part->rates->rows[i])->amount_minor += split->taxes[i];
}

enum status making_tax_line(
        struct making *making, QuoteLine *line, const struct tax_part *parts, size_t count)
{
        struct call *call = making->call;

        line->tax_status = relief_in(making, line->tax_country_code);
        line->taxes = call_array(call, TaxAmount *, count * TAX_RATES_MAX);
        for (size_t i = 0; i < count; i++) {
                struct tax_split split;

                if (!split_part(making, &parts[i], line->tax_status, &split) ||
                        !making_within(call, split.gross) ||
                        !making_within(call, line->gross_minor + split.gross))
                        return making_too_large(call);
                line->net_minor += split.net;
                line->gross_minor += split.gross;
                if (line->tax_status == TAX_STATUS_UNSPECIFIED)
                        add_rows(call, line, &parts[i], &split);
        }
        return OK;
}
