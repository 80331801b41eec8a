/*
 * Which price counts, rule 0 (a): of those that are valid now and reached by the quantity, the one
 * with the greatest quantity_min, then the latest start. The index has them in that order, so the
 * answer is nearly always the first row read from its end.
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
        struct scan *scan =
                price_by_variant_id_price_list_id_latest(call->txn, variant_id, price_list_id);
        const Price *best = NULL, *price;

        /* Behind the best there may be another of its step only where that has two names. */
        while ((best == NULL || best->quantity_min == 1) && (price = price_next(scan)) != NULL) {
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
        return price_list_next(price_list_by_base_price_list_id(call->txn, price_list_id)) != NULL;
}

struct price_lists catalog_price_lists(
        struct call *call, const char *price_list_id, int64_t member_price_level)
{
        struct scan *scan = price_list_by_base_price_list_id_latest(call->txn, price_list_id);
        struct price_lists lists = {0};

        for (const PriceList *list; (list = price_list_next(scan)) != NULL;)
                if (list->member_price_level <= member_price_level &&
                        lists.n < MEMBER_PRICE_LEVEL_MAX)
                        lists.ids[lists.n++] = list->id;
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
