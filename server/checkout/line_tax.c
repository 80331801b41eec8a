/*
 * The tax of one line of a quote: which of rule 2's sums applies, and which rows come of it. A line
 * of goods has one part; a shipping fee that is split has one for every class of goods.
 */
#include "server/checkout/making.h"

#include <string.h>

static TaxAmount *new_row(struct call *call, QuoteLine *line, const TaxRate *rate)
{
        return line->taxes[line->n_taxes++] = taxed_row(call, rate);
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

        line->tax_status = taxed_relief(making->buyer, line->tax_country_code);
        line->taxes = call_array(call, TaxAmount *, count * TAX_RATES_MAX);
        for (size_t i = 0; i < count; i++) {
                struct tax_split split;

                if (!taxed_split(making->list, parts[i].rates, line->tax_status, parts[i].amount,
                            &split) ||
                        !order_within(call, split.gross) ||
                        !order_within(call, line->gross_minor + split.gross))
                        return order_too_large(call);
                line->net_minor += split.net;
                line->gross_minor += split.gross;
                if (line->tax_status == TAX_STATUS_UNSPECIFIED)
                        add_rows(call, line, &parts[i], &split);
        }
        return OK;
}
