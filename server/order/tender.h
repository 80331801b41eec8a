#pragma once
/* Inside this domain: the proof that what points pay of an order and of its lines adds up. */
#include "server/order/units.h"
#include "server/verify.h"

/* What the lines of an order say together. */
struct tender {
        struct units_tender left; /* at first what points pay of the order */
        int64_t points_minor;
        int64_t points_back_minor;
};

/* Lines are told in the order of their numbers: LINE_TENDER. */
void tender_verify_line(
        struct verify_context *context, const OrderLine *line, struct tender *tender);
/* After all lines: ORDER_TENDER, and ORDER_POINTS_HELD against the ledger of points. */
void tender_verify_order(struct verify_context *context, struct txn *txn, const Order *order,
        const struct tender *tender);
