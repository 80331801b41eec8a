#pragma once
/* Rule 2 for one amount of a line: which of its sums applies. */
#include "server/call.h"
#include "catalog.rows.h"
#include "checkout.rows.h"
#include "membership.rows.h"
#include "server/tax/rates.h"

/* Why there is no tax in a zone for this buyer, who may be NULL; unspecified where there is. */
TaxStatus taxed_relief(const Member *buyer, const char *zone);

/* What an amount in the basis of a price list is without and with tax; false on overflow. */
bool taxed_split(const PriceList *list, const struct class_rates *rates, TaxStatus relief,
        int64_t amount, struct tax_split *out);

/* A tax of a line, its amount not set. */
TaxAmount *taxed_row(struct call *call, const TaxRate *rate);
