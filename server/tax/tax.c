/*
 * Tax of one line. All rates of a line are brought to ten decimals first, so that their sum and
 * their weights are exact integers.
 *
 * Refused: tax on the order's total, split back over lines. It saves a cent here and there and
 * leaves lines whose tax no refund can mirror.
 */
#include "server/tax/tax.h"

#include <string.h>

#define SCALE 10

/* Ten decimals of a rate below 100 fit with room for four of them. */
static int64_t units_of(struct decimal rate)
{
        int64_t units = rate.units;

        for (int scale = rate.scale; scale < SCALE; scale++)
                units *= 10;
        return units;
}

static struct decimal sum_of(const struct tax_rates *rates)
{
        struct decimal sum = {.scale = SCALE};

        for (size_t i = 0; i < rates->n; i++)
                sum.units += units_of(rates->at[i]);
        return sum;
}

bool tax_excluded(int64_t net, const struct tax_rates *rates, struct tax_split *out)
{
        struct tax_split split = {.net = net, .gross = net};

        for (size_t i = 0; i < rates->n; i++)
                if (!money_times_decimal(net, rates->at[i], &split.taxes[i]) ||
                        !money_add(split.gross, split.taxes[i], &split.gross))
                        return false;
        *out = split;
        return true;
}

bool tax_included(int64_t gross, const struct tax_rates *rates, struct tax_split *out)
{
        struct tax_split split = {.gross = gross};
        int64_t weights[TAX_RATES_MAX];

        if (!money_without_rate(gross, sum_of(rates), &split.net))
                return false;
        for (size_t i = 0; i < rates->n; i++)
                weights[i] = units_of(rates->at[i]);
        if (rates->n > 0)
                money_split(gross - split.net, weights, rates->n, split.taxes);
        *out = split;
        return true;
}

static bool same_rates(const struct tax_rates *a, const struct tax_rates *b)
{
        if (a->n != b->n)
                return false;
        for (size_t i = 0; i < a->n; i++)
                if (units_of(a->at[i]) != units_of(b->at[i]))
                        return false;
        return true;
}

bool tax_relieved(int64_t amount, const struct tax_rates *in_price, struct tax_split *out)
{
        int64_t net;

        if (!money_without_rate(amount, sum_of(in_price), &net))
                return false;
        *out = (struct tax_split){.net = net, .gross = net};
        return true;
}

bool tax_across(int64_t gross, const struct tax_rates *home, const struct tax_rates *there,
        struct tax_split *out)
{
        int64_t net;

        if (same_rates(home, there))
                return tax_included(gross, home, out);
        return money_without_rate(gross, sum_of(home), &net) && tax_excluded(net, there, out);
}
