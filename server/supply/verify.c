/*
 * Adds up the whole log of movements and compares: figures are sums or the shop is wrong. Sums are
 * kept in a table by variant and location in memory that grows with the stock, not with the log.
 *
 * What was sold below the lowest threshold there ever was, and was not taken away by adjustments,
 * should never have been sold.
 */
#include <inttypes.h>
#include <string.h>
#include "server/supply/stock.h"
#include "server/supply/supply.h"

struct sum {
        const char *variant_id;
        const char *location_id;
        int64_t on_hand, allocated, reserved, quarantine;
        int64_t lost; /* taken away by adjustments */
        bool has_row;
};

/* Open addressing; room is a power of two and never more than half full. */
struct sums {
        struct arena arena;
        struct sum **at;
        size_t room;
        size_t n;
};

static uint64_t hash_text(uint64_t hash, const char *text)
{
        for (; *text != '\0'; text++)
                hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
        return hash;
}

static struct sum **slot_of(
        const struct sums *sums, const char *variant_id, const char *location_id)
{
        uint64_t hash =
                hash_text(hash_text(UINT64_C(14695981039346656037), variant_id), location_id);
        size_t i = hash & (sums->room - 1);

        while (sums->at[i] != NULL && (strcmp(sums->at[i]->variant_id, variant_id) != 0 ||
                                              strcmp(sums->at[i]->location_id, location_id) != 0))
                i = (i + 1) & (sums->room - 1);
        return &sums->at[i];
}

static void grow(struct sums *sums)
{
        struct sums larger = *sums;

        larger.room = sums->room == 0 ? 1024 : sums->room * 2;
        larger.at = arena_array(&sums->arena, struct sum *, larger.room);
        for (size_t i = 0; i < sums->room; i++)
                if (sums->at[i] != NULL)
                        *slot_of(&larger, sums->at[i]->variant_id, sums->at[i]->location_id) =
                                sums->at[i];
        sums->at = larger.at;
        sums->room = larger.room;
}

static struct sum *sum_of(struct sums *sums, const char *variant_id, const char *location_id)
{
        if (sums->n * 2 >= sums->room)
                grow(sums);
        struct sum **slot = slot_of(sums, variant_id, location_id);

        if (*slot == NULL) {
                *slot = arena_new(&sums->arena, struct sum);
                (*slot)->variant_id = arena_text(&sums->arena, variant_id);
                (*slot)->location_id = arena_text(&sums->arena, location_id);
                sums->n++;
        }
        return *slot;
}

static void add_movements(struct sums *sums, struct txn *txn)
{
        struct scan *scan = movement_all(txn);
        const Movement *movement;

        scan_fleeting(scan);
        while ((movement = movement_next(scan)) != NULL) {
                struct sum *sum = sum_of(sums, movement->variant_id, movement->location_id);
                struct supply_effect effect = supply_effect(movement->type);

                sum->on_hand += effect.on_hand * movement->quantity;
                sum->allocated += effect.allocated * movement->quantity;
                sum->reserved += effect.reserved * movement->quantity;
                sum->quarantine += effect.quarantine * movement->quantity;
                if (movement->type == MOVEMENT_TYPE_ADJUST && movement->quantity < 0)
                        sum->lost -= movement->quantity;
        }
}

static void compare(struct verify_context *context, const char *key, const char *figure,
        int64_t stored, int64_t sum)
{
        if (stored != sum)
                verify_fault(context, "STOCK_SUM", "Stock", key,
                        "%s is %" PRId64 ", its movements add up to %" PRId64, figure, stored, sum);
}

static void check_row(struct verify_context *context, struct sums *sums, const Stock *stock)
{
        struct sum *sum = sum_of(sums, stock->variant_id, stock->location_id);
        const char *key =
                arena_printf(&sums->arena, "%s/%s", stock->variant_id, stock->location_id);
        int64_t least = stock->threshold_lowest < 0 ? stock->threshold_lowest : 0;

        sum->has_row = true;
        compare(context, key, "on_hand", stock->on_hand, sum->on_hand);
        compare(context, key, "allocated", stock->allocated, sum->allocated);
        compare(context, key, "reserved", stock->reserved, sum->reserved);
        compare(context, key, "quarantine", stock->quarantine, sum->quarantine);
        if (stock_free(stock) < least - sum->lost)
                verify_fault(context, "STOCK_OVERSOLD", "Stock", key,
                        "available is %" PRId64 ", below the lowest threshold %" PRId64
                        " by more than adjustments took away",
                        stock_free(stock), least);
}

void supply_verify(struct verify_context *context, struct txn *txn)
{
        struct sums sums = {0};
        const Stock *stock;

        arena_init(&sums.arena);
        add_movements(&sums, txn);
        struct scan *scan = stock_all(txn);

        scan_fleeting(scan);
        while ((stock = stock_next(scan)) != NULL)
                check_row(context, &sums, stock);
        for (size_t i = 0; i < sums.room; i++)
                if (sums.at[i] != NULL && !sums.at[i]->has_row)
                        verify_fault(context, "STOCK_MISSING", "Stock",
                                arena_printf(&sums.arena, "%s/%s", sums.at[i]->variant_id,
                                        sums.at[i]->location_id),
                                "there are movements but no stock row");
        arena_release(&sums.arena);
}
