#pragma once
/* Inside this domain: what exchanges moved from line to line, proved against the order's lines. */
#include "server/verify.h"
#include "aftersales.rows.h"
#include "checkout.rows.h"

/* Of one order line, by its number less one. */
struct exchange_figures {
        const OrderLine *line;
        int64_t exchanged; /* what its cases say of its exchanged_minor */
        int64_t points;    /* and of its exchanged_points_minor */
        int32_t replaces;  /* lines of cases that it replaces */
};

/* Adds an approved exchange; figures has n lines. EXCHANGE_LINE where it names a line that is not
 * its replacement. */
void exchange_verify_case(struct verify_context *context, struct txn *txn, const ReturnCase *row,
        struct exchange_figures *figures, size_t n);

/* After all cases of the order: EXCHANGE_VALUE, EXCHANGE_LINE. */
void exchange_verify_line(struct verify_context *context, const struct exchange_figures *figures);
