#pragma once
/* Stock rows, for this folder. */
#include "server/call.h"
#include "supply.rows.h"

/* The row, or one with nothing in it that is not stored yet. *is_new says which. */
Stock *stock_row(struct call *call, const char *variant_id, const char *location_id, bool *is_new);
void stock_store(struct call *call, Stock *stock, bool is_new);

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
