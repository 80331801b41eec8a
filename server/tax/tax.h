#pragma once
/*
 * Rule 2 as arithmetic: no rows, no transaction. Amounts are minor units; each function returns
 * false, out untouched, on overflow.
 */
#include "lib/base/money.h"

#define TAX_RATES_MAX 4

/* The rates of one class of goods in one zone, in the order that lines show them; each at least 0
 * and below 100. */
struct tax_rates {
        struct decimal at[TAX_RATES_MAX];
        size_t n;
};

struct tax_split {
        int64_t net;
        int64_t gross;
        int64_t taxes[TAX_RATES_MAX]; /* one a rate; net + taxes = gross */
};

/* Prices without tax: each rate on the same net, each rounded. */
bool tax_excluded(int64_t net, const struct tax_rates *rates, struct tax_split *out);
/* Prices with tax: net = round(gross / (1 + sum)), the rest split over the rates by rule 4. */
bool tax_included(int64_t gross, const struct tax_rates *rates, struct tax_split *out);
/* A price with the tax of home, delivered to a zone with other rates: the net at home is kept and
 * the other rates are added. Where the rates are the same it is tax_included. */
bool tax_across(int64_t gross, const struct tax_rates *home, const struct tax_rates *there,
        struct tax_split *out);
/* Of a buyer who pays no tax: the net of a price with these rates in it. */
bool tax_relieved(int64_t amount, const struct tax_rates *in_price, struct tax_split *out);
