/*
 * Which price counts, rule 0 (a): of those that are valid now and reached by the quantity, the one
 * with the greatest quantity_min, then the latest start. The index has them in that order, so the
 * answer is nearly always the last row.
 */
#include "server/catalog/catalog.h"

/* 0 and 1 are the same quantity; a row for each may exist. */
static int64_t step_of(const Price *price)
{
        return price->quantity_min > 1 ? price->quantity_min : 1;
}

static bool valid_at(const Price *price, int64_t now_us)
{
        return (price->start_time == NULL || time_us(price->start_time) <= now_us) &&
               (price->end_time == NULL || now_us < time_us(price->end_time));
}

bool catalog_unit_price(struct call *call, const char *variant_id, const char *price_list_id,
        int64_t quantity, int64_t *unit_price_minor)
{
        const struct rows prices = scan_shared(
                price_by_variant_id_price_list_id(call->txn, variant_id, price_list_id));
        const Price *best = NULL;

        /* Before the best there may be another of its step only where that has two names. */
        for (size_t i = prices.n; i > 0 && (best == NULL || best->quantity_min == 1); i--) {
                const Price *price = prices.at[i - 1];

                if (step_of(price) > quantity || !valid_at(price, call->now_us))
                        continue;
                if (best == NULL || time_us(price->start_time) > time_us(best->start_time))
                        best = price;
        }
        if (best == NULL)
                return false;
        *unit_price_minor = best->amount_minor;
        return true;
}

bool catalog_has_member_prices(struct call *call, const char *price_list_id)
{
        return scan_shared(price_list_by_base_price_list_id(call->txn, price_list_id)).n > 0;
}

struct price_lists catalog_price_lists(
        struct call *call, const char *price_list_id, int64_t member_price_level)
{
        const struct rows of =
                scan_shared(price_list_by_base_price_list_id(call->txn, price_list_id));
        struct price_lists lists = {0};

        for (size_t i = of.n; i > 0; i--) {
                const PriceList *list = of.at[i - 1];

                if (list->member_price_level <= member_price_level &&
                        lists.n < MEMBER_PRICE_LEVEL_MAX)
                        lists.ids[lists.n++] = list->id;
        }
        lists.ids[lists.n++] = price_list_id;
        return lists;
}

bool catalog_listed_price(struct call *call, const char *variant_id,
        const struct price_lists *lists, int64_t quantity, int64_t *unit_price_minor)
{
        for (size_t i = 0; i < lists->n; i++)
                if (catalog_unit_price(call, variant_id, lists->ids[i], quantity, unit_price_minor))
                        return true;
        return false;
}
