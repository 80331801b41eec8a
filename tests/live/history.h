#pragma once
/*
 * A history of concurrent calls over a few rows, and whether it is strictly serialisable: the
 * writes in order of their sequences, one after another, explain every answer, and no call that
 * began after another had ended comes before it.
 *
 * The rows are STOCKS stock rows (how many units lie there) and CARTS carts (the quantity of
 * their only line).
 */
#include <stddef.h>
#include <stdint.h>

#define STOCKS         6
#define CARTS          4
#define VALUES         (STOCKS + CARTS)
#define RECEIPT_STOCKS 3 /* rows that a receipt changes at once */

enum kind {
        KIND_ADJUST,     /* adds amount to a stock */
        KIND_RECEIVE,    /* adds amount to RECEIPT_STOCKS stocks, from row on and around */
        KIND_SET_CART,   /* sets a cart to amount; answers what it is then */
        KIND_READ_STOCK, /* one */
        KIND_READ_ALL,   /* all stocks at once */
        KIND_READ_CART,
};

struct op {
        enum kind kind;
        uint8_t row; /* number of the stock or cart; of KIND_READ_ALL 0 */
        int32_t amount;
        int64_t start_us;
        int64_t end_us;
        uint64_t sequence;
        int64_t seen[STOCKS]; /* what was answered; one value except for KIND_READ_ALL */
};

/* initial and, at the end, what the rows are: stocks, then carts. Returns what is wrong with it,
 * a sentence in a buffer of the function's own, or NULL. Sorts the operations. */
const char *history_check(struct op *ops, size_t count, int64_t values[VALUES]);
