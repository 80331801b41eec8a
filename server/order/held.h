#pragma once
/* Inside this domain: what orders and gifts hold, to be compared with what stock rows say is held.
 */
#include "server/verify.h"
#include "checkout.rows.h"

struct held {
        const char *variant_id;
        const char *location_id;
        int64_t reserved;
        int64_t allocated;
};

struct held_sums {
        struct arena arena;
        struct held *at;
        size_t n;
        size_t room;
};

void held_add(struct held_sums *sums, const Order *order, const OrderLine *line);

/* STOCK_HELD for every stock row whose reserved or allocated units no order or gift, or another
 * number of them, holds. */
void held_verify(struct verify_context *context, struct txn *txn, struct held_sums *sums);
