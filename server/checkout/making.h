#pragma once
/* A quote in the making: what the steps of rule 0 share. For this folder. */
#include "server/checkout/quote.h"
#include "server/order/order.h"
#include "server/tax/taxed.h"

struct making {
        struct call *call;
        const struct quote_wish *wish;
        const PriceList *list;
        struct price_lists prices; /* where its prices are looked for */
        const Member *buyer;
        const char *delivery_country; /* "": not known */
        const char *billing_country;  /* the same */
        struct rate_cache rates;
        struct quote *quote;
        int64_t tier_free_minor; /* from how much the buyer's tier has delivery free; -1: not */
        bool delivers;           /* some line is delivered */
        bool homeless;           /* of some line nobody knows whose tax it is */
};

/* A line at the end of the answer. */
QuoteLine *making_add_line(struct making *making, LineKind kind);

/* ---- line_tax.c ---- */

/* A part of a line's amount that has the rates of one class. */
struct tax_part {
        int64_t amount;
        const struct class_rates *rates;
};

/* Rule 2: what a line's amount is without and with tax, part by part; of a buyer who pays none in
 * that zone the net. The same rate of two parts is one tax of the line. */
enum status making_tax_line(
        struct making *making, QuoteLine *line, const struct tax_part *parts, size_t count);

/* ---- discount.c ---- */

/* Rule 0 (c): what the wish's coupon takes off the goods, or what keeps it from that. */
void making_discount(struct making *making);

/* ---- points.c ---- */

/* Rule 0 (g): what points pay of it, or what keeps them from that. */
void making_points(struct making *making);

/* ---- shipping.c ---- */

/* Rule 0 (d): the chosen method's fee, or what is wrong with the choice. */
enum status making_ship(struct making *making);
