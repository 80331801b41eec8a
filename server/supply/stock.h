#pragma once
/* Stock rows, for this folder. */
#include "server/call.h"
#include "supply.rows.h"

/* The row, or one with nothing in it that is not stored yet: it has no etag. */
Stock *stock_row(struct call *call, const char *variant_id, const char *location_id);
void stock_store(struct call *call, Stock *stock);
/* supply_move() of a row that was read. */
enum status stock_move(struct call *call, Stock *stock, MovementType type, int64_t quantity,
        const char *document_id);

static inline int64_t stock_free(const Stock *stock)
{
        return stock->on_hand - stock->allocated - stock->reserved;
}
/* Units above the threshold, never below zero. */
static inline int64_t stock_orderable(const Stock *stock)
{
        int64_t units = stock_free(stock) - stock->threshold;

        return units > 0 ? units : 0;
}
