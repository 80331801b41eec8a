#pragma once
/* What other domains ask the catalogue. Results are the call's. */
#include "server/call.h"
#include "catalog.rows.h"
#include "common.rows.h"

/* The text in the call's language, else in English, else the first; "" when there is none. */
const char *catalog_text(const struct call *call, LocalText *const *texts, size_t count);

/* What the variant is one of. The functions after it take it, so that it is read once for all. */
const Product *catalog_product(struct call *call, const Variant *variant);

/* True while the product is listed; false where there is none. */
bool catalog_on_sale(const Product *product);

/* The name an order line shows: the product's title, then the variant's where it has one. */
const char *catalog_line_title(struct call *call, const Product *product, const Variant *variant);

/* "standard" where the product says nothing. */
const char *catalog_tax_class(const Product *product);
/* Whether it is "standard", said or not, or the class of some tax rate. If not, the field of the
 * request is refused by name. */
bool catalog_check_tax_class(struct call *call, const char *tax_class, const char *field);

/*
 * Rule 0 (a): what one of quantity units costs in a price list at call->now_us, in its minor
 * units. Of the prices that are valid now and whose quantity_min is at most quantity, the one with
 * the greatest quantity_min, then the latest start_time. False when there is none.
 */
bool catalog_unit_price(struct call *call, const char *variant_id, const char *price_list_id,
        int64_t quantity, int64_t *unit_price_minor);

/* The lists in which a price is looked for, the first that has one counting: those for members up
 * to a level, highest first, then the list itself. */
#define MEMBER_PRICE_LEVEL_MAX 9
struct price_lists {
        const char *ids[1 + MEMBER_PRICE_LEVEL_MAX];
        size_t n;
};
struct price_lists catalog_price_lists(
        struct call *call, const char *price_list_id, int64_t member_price_level);
/* Whether there are lists for members at all. */
bool catalog_has_member_prices(struct call *call, const char *price_list_id);
/* As catalog_unit_price, in several lists. */
bool catalog_listed_price(struct call *call, const char *variant_id,
        const struct price_lists *lists, int64_t quantity, int64_t *unit_price_minor);
