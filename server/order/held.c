/*
 * Stock rows are the sums of their movements, and lines hold what they have not sent; only this
 * says that the two are the same units. A reservation that outlives its order would otherwise be
 * stock that nobody can ever buy.
 */
#include "server/order/held.h"

#include <stdlib.h>
#include <string.h>
#include "reward.rows.h"
#include "supply.rows.h"

static void append(struct held_sums *sums, struct held held)
{
        held.variant_id = arena_text(&sums->arena, held.variant_id);
        held.location_id = arena_text(&sums->arena, held.location_id);
        if (sums->n == sums->room) {
                size_t room = sums->room == 0 ? 256 : 2 * sums->room;

                sums->at = arena_grow(&sums->arena, sums->at, sums->n * sizeof(*sums->at),
                        room * sizeof(*sums->at));
                sums->room = room;
        }
        sums->at[sums->n++] = held;
}

void held_add(struct held_sums *sums, const Order *order, const OrderLine *line)
{
        bool reserved = order->state == ORDER_STATE_PLACED || line->uncounted;

        for (size_t i = 0; i < line->n_allocations; i++) {
                int64_t quantity = line->allocations[i]->quantity;

                if (quantity == 0)
                        continue; /* everything was sent, as of most orders there are */
                append(sums, (struct held){.variant_id = line->variant_id,
                                     .location_id = line->allocations[i]->location_id,
                                     .reserved = reserved ? quantity : 0,
                                     .allocated = reserved ? 0 : quantity});
        }
}

/* Gifts that are to be sent hold a unit each. */
static void add_gifts(struct held_sums *sums, struct txn *txn)
{
        struct scan *scan = reward_redemption_by_state(txn, REDEMPTION_STATE_WAITING);

        for (const RewardRedemption *row; (row = reward_redemption_next(scan)) != NULL;)
                append(sums, (struct held){.variant_id = row->variant_id,
                                     .location_id = row->location_id,
                                     .allocated = 1});
}

static int by_place(const void *a, const void *b)
{
        const struct held *left = a, *right = b;
        int order = strcmp(left->variant_id, right->variant_id);

        return order != 0 ? order : strcmp(left->location_id, right->location_id);
}

static void merge(struct held_sums *sums)
{
        size_t kept = 0;

        if (sums->n == 0)
                return;
        qsort(sums->at, sums->n, sizeof(*sums->at), by_place);
        for (size_t i = 1; i < sums->n; i++) {
                if (by_place(&sums->at[kept], &sums->at[i]) != 0) {
                        sums->at[++kept] = sums->at[i];
                        continue;
                }
                sums->at[kept].reserved += sums->at[i].reserved;
                sums->at[kept].allocated += sums->at[i].allocated;
        }
        sums->n = kept + 1;
}

static struct held find(const struct held_sums *sums, const Stock *stock)
{
        struct held key = {.variant_id = stock->variant_id, .location_id = stock->location_id};
        const struct held *found = NULL;

        if (sums->n > 0)
                found = bsearch(&key, sums->at, sums->n, sizeof(*sums->at), by_place);
        return found != NULL ? *found : key;
}

void held_verify(struct verify_context *context, struct txn *txn, struct held_sums *sums)
{
        struct scan *scan = stock_all(txn);

        add_gifts(sums, txn);
        merge(sums);
        scan_fleeting(scan);
        for (Stock *stock; (stock = stock_next(scan)) != NULL;) {
                struct held held = find(sums, stock);

                if (held.reserved != stock->reserved || held.allocated != stock->allocated)
                        verify_fault(context, "STOCK_HELD", "Stock", stock->variant_id,
                                "at %s %lld are reserved and %lld allocated; orders and gifts hold "
                                "%lld and "
                                "%lld",
                                stock->location_id, (long long)stock->reserved,
                                (long long)stock->allocated, (long long)held.reserved,
                                (long long)held.allocated);
        }
}
