/*
 * Movements and figures. Every change of stock goes through move(), which writes one movement and
 * applies its effect to one row, so figures are sums of movements by construction and verify can
 * prove it. Refused: figures computed from the log on every read, which a million movements make
 * slow, and figures without a log, which nobody can explain.
 */
#include "server/supply/stock.h"

#include <assert.h>
#include "server/supply/supply.h"
#include "catalog.rows.h"

struct supply_effect supply_effect(MovementType type)
{
        switch (type) {
        case MOVEMENT_TYPE_RECEIVE:
        case MOVEMENT_TYPE_ADJUST:
                return (struct supply_effect){.on_hand = 1};
        case MOVEMENT_TYPE_RESERVE:
                return (struct supply_effect){.reserved = 1};
        case MOVEMENT_TYPE_RELEASE:
                return (struct supply_effect){.reserved = -1};
        case MOVEMENT_TYPE_ALLOCATE:
                return (struct supply_effect){.reserved = -1, .allocated = 1};
        case MOVEMENT_TYPE_DEALLOCATE:
                return (struct supply_effect){.allocated = -1};
        case MOVEMENT_TYPE_SHIP:
                return (struct supply_effect){.on_hand = -1, .allocated = -1};
        case MOVEMENT_TYPE_RETURN:
                return (struct supply_effect){.quarantine = 1};
        case MOVEMENT_TYPE_RESTOCK:
                return (struct supply_effect){.quarantine = -1, .on_hand = 1};
        case MOVEMENT_TYPE_SCRAP:
                return (struct supply_effect){.quarantine = -1};
        case MOVEMENT_TYPE_UNSPECIFIED:
        case _SHOP__MOVEMENT_TYPE_IS_INT_SIZE:
                break;
        }
        return (struct supply_effect){0};
}

Stock *stock_row(struct call *call, const char *variant_id, const char *location_id)
{
        Stock *stock = stock_get(call->txn, variant_id, location_id);

        if (stock != NULL)
                return stock;
        stock = call_new(call, Stock);
        *stock = (Stock)STOCK_INIT;
        stock->variant_id = variant_id;
        stock->location_id = location_id;
        return stock;
}

void stock_store(struct call *call, Stock *stock)
{
        stock->update_time = call_now(call);
        if (stock->etag[0] == '\0')
                stock_insert(call->txn, stock);
        else
                stock_update(call->txn, stock);
}

int64_t supply_available(struct call *call, const char *variant_id)
{
        struct scan *scan = stock_of(call->txn, variant_id);
        int64_t units = 0;
        Stock *stock;

        while ((stock = stock_next(scan)) != NULL)
                units += stock_orderable(stock);
        return units;
}

int64_t supply_on_hand(struct call *call, const char *variant_id)
{
        struct scan *scan = stock_of(call->txn, variant_id);
        int64_t units = 0;
        Stock *stock;

        while ((stock = stock_next(scan)) != NULL)
                units += stock->on_hand;
        return units;
}

static const char *sku_of(struct call *call, const char *variant_id)
{
        const Variant *variant = variant_get(call->txn, variant_id);

        return variant == NULL ? variant_id : variant->sku;
}

static enum status refuse_negative(
        struct call *call, const Stock *stock, const char *figure, int64_t units)
{
        bool on_hand = figure == NULL;
        const char *sku = sku_of(call, stock->variant_id);
        enum status status =
                on_hand ? call_fail(call, FAILED_PRECONDITION, "NOT_ON_HAND",
                                  "%s: fewer units lie at location %s than are to leave it", sku,
                                  stock->location_id)
                        : call_fail(call, FAILED_PRECONDITION, "STOCK_FIGURE_NEGATIVE",
                                  "%s at location %s: %s would be %lld", sku, stock->location_id,
                                  figure, (long long)units);

        call_fact(call, "sku", "%s", sku);
        call_fact(call, "location_id", "%s", stock->location_id);
        call_fact(call, "figure", "%s", on_hand ? "on_hand" : figure);
        call_fact(call, "would_be", "%lld", (long long)units);
        return status;
}

/* Applies a movement to the figures; one that is below zero because of it is refused. */
static enum status apply(struct call *call, Stock *stock, MovementType type, int64_t quantity)
{
        struct supply_effect effect = supply_effect(type);

        stock->on_hand += effect.on_hand * quantity;
        stock->allocated += effect.allocated * quantity;
        stock->reserved += effect.reserved * quantity;
        stock->quarantine += effect.quarantine * quantity;
        if (stock->on_hand < 0)
                return refuse_negative(call, stock, NULL, stock->on_hand);
        if (stock->allocated < 0)
                return refuse_negative(call, stock, "allocated", stock->allocated);
        if (stock->reserved < 0)
                return refuse_negative(call, stock, "reserved", stock->reserved);
        if (stock->quarantine < 0)
                return refuse_negative(call, stock, "quarantine", stock->quarantine);
        return OK;
}

enum status stock_move(struct call *call, Stock *stock, MovementType type, int64_t quantity,
        const char *document_id)
{
        Movement *movement = call_new(call, Movement);

        assert(type != MOVEMENT_TYPE_UNSPECIFIED);
        assert(quantity > 0 || (type == MOVEMENT_TYPE_ADJUST && quantity != 0));
        enum status status = apply(call, stock, type, quantity);

        if (status != OK)
                return status;
        stock_store(call, stock);
        *movement = (Movement)MOVEMENT_INIT;
        movement->time = call_now(call);
        movement->variant_id = stock->variant_id;
        movement->location_id = stock->location_id;
        movement->type = type;
        movement->quantity = quantity;
        movement->document_id = document_id;
        movement_append(call->txn, movement);
        return OK;
}

enum status supply_move(struct call *call, MovementType type, const char *variant_id,
        const char *location_id, int64_t quantity, const char *document_id)
{
        Stock *stock = stock_row(call, variant_id, location_id);

        return stock_move(call, stock, type, quantity, document_id);
}
