/*
 * The one allocation plan, by which demand is both checked and reserved. Locations are asked by
 * priority; one that has everything is preferred to a split, since a second parcel costs more
 * than a farther shelf. Units are those above each location's threshold (rule 7).
 */
#include "server/supply/supply.h"

#include <stdlib.h>
#include <string.h>
#include "server/supply/stock.h"
#include "catalog.rows.h"

struct candidate {
        Stock *stock;
        int32_t priority;
        int64_t orderable;
        int64_t taken;
};

struct candidates {
        struct candidate *at;
        size_t n;
        size_t room;
        int64_t total;
};

static int compare_candidates(const void *a, const void *b)
{
        const struct candidate *x = a, *y = b;

        if (x->priority != y->priority)
                return x->priority < y->priority ? -1 : 1;
        return strcmp(x->stock->location_id, y->stock->location_id);
}

/* By the priorities of their locations. */
static void rank(struct call *call, struct candidates *found)
{
        for (size_t i = 0; i < found->n; i++) {
                const Location *location =
                        location_get_shared(call->txn, found->at[i].stock->location_id);

                found->at[i].priority = location == NULL ? INT32_MAX : location->priority;
        }
        qsort(found->at, found->n, sizeof(*found->at), compare_candidates);
}

static void add_candidate(struct call *call, struct candidates *found, Stock *stock)
{
        int64_t orderable = stock_orderable(stock);

        if (orderable == 0)
                return;
        if (found->n == found->room) {
                size_t more = found->room == 0 ? 4 : found->room * 2;

                found->at = arena_grow(call->arena, found->at, found->room * sizeof(*found->at),
                        more * sizeof(*found->at));
                found->room = more;
        }
        found->at[found->n++] = (struct candidate){.stock = stock, .orderable = orderable};
        found->total += orderable;
}

static struct candidates find_candidates(struct call *call, const char *variant_id)
{
        const struct rows locations = scan_shared(location_all(call->txn));
        struct candidates found = {0};
        struct scan *scan;
        Stock *stock;

        /* Where there is one shelf, its row is looked up for half of what a scan costs. */
        if (locations.n == 1) {
                const Location *only = locations.at[0];

                stock = stock_get(call->txn, variant_id, only->id);
                if (stock != NULL)
                        add_candidate(call, &found, stock);
                return found;
        }
        scan = stock_of(call->txn, variant_id);
        while ((stock = stock_next(scan)) != NULL)
                add_candidate(call, &found, stock);
        if (found.n > 1)
                rank(call, &found);
        return found;
}

/* How many of quantity each location gives. */
static void plan(struct candidates *from, int64_t quantity)
{
        for (size_t i = 0; i < from->n; i++) {
                if (from->at[i].orderable < quantity)
                        continue;
                from->at[i].taken = quantity;
                return;
        }
        for (size_t i = 0; i < from->n && quantity > 0; i++) {
                int64_t units = from->at[i].orderable < quantity ? from->at[i].orderable : quantity;

                from->at[i].taken = units;
                quantity -= units;
        }
}

static enum status out_of_stock(
        struct call *call, const char *variant_id, int64_t wanted, int64_t available)
{
        const Variant *variant = variant_get(call->txn, variant_id);
        const char *sku = variant == NULL ? variant_id : variant->sku;
        enum status status = call_fail(call, FAILED_PRECONDITION, "OUT_OF_STOCK",
                "%s: %lld wanted, %lld can be ordered", sku, (long long)wanted,
                (long long)available);

        call_fact(call, "sku", "%s", sku);
        call_fact(call, "wanted", "%lld", (long long)wanted);
        call_fact(call, "available", "%lld", (long long)available);
        return status;
}

enum status supply_reserve(struct call *call, const char *variant_id, int64_t quantity,
        const char *document_id, struct supply_holding **holdings, size_t *count)
{
        struct candidates found = find_candidates(call, variant_id);

        if (found.total < quantity)
                return out_of_stock(call, variant_id, quantity, found.total);
        plan(&found, quantity);
        *holdings = call_array(call, struct supply_holding, found.n);
        *count = 0;
        for (size_t i = 0; i < found.n; i++) {
                struct candidate *from = &found.at[i];

                if (from->taken == 0)
                        continue;
                enum status status = stock_move(
                        call, from->stock, MOVEMENT_TYPE_RESERVE, from->taken, document_id);

                if (status != OK)
                        return status;
                (*holdings)[(*count)++] =
                        (struct supply_holding){from->stock->location_id, from->taken};
        }
        return OK;
}
