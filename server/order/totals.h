#pragma once
/* Inside this domain: what an order's totals are by its lines. */
#include "checkout.rows.h"

struct order_totals {
        int64_t goods;
        int64_t discount;
        int64_t shipping;
        int64_t tax;
        int64_t gross; /* what is paid or to be paid: without what was exchanged and what is due */
        int64_t exchanged;
        int64_t due; /* of replacements */
        int64_t refunded;
        int64_t units;
        int32_t goods_lines;
};

void totals_add(struct order_totals *totals, const OrderLine *line);
