/*
 * Units earned points once, when their order was paid. What replaced them earned none, so when that
 * comes back the points of the units that were ordered go, in the proportion of the money: 10.00
 * refunded of what replaced goods for 40.00 is a quarter of their points.
 */
#include "server/aftersales/points_back.h"

#include "server/loyalty/loyalty.h"

/* The line of a case that this order line replaces; NULL: it was ordered. */
static const ReturnLine *replaced_by(struct call *call, const OrderLine *line)
{
        if (line->return_case_id[0] == '\0')
                return NULL;
        struct return_lines lines = case_lines(call, line->return_case_id);

        for (size_t i = 0; i < lines.n; i++)
                if (lines.at[i]->replacement_line_number == line->number)
                        return lines.at[i];
        return NULL;
}

struct units {
        struct loyalty_units *at;
        size_t n, room;
};

static void add(struct call *call, struct units *units, const OrderLine *line,
        const ReturnLine *taken, int64_t back_minor)
{
        if (units->n + taken->n_units > units->room) {
                units->room = 2 * (units->n + taken->n_units);
                units->at = arena_grow(call->arena, units->at, units->n * sizeof(*units->at),
                        units->room * sizeof(*units->at));
        }
        for (size_t i = 0; i < taken->n_units; i++)
                units->at[units->n++] = (struct loyalty_units){.line_number = line->number,
                        .quantity = line->quantity,
                        .first = taken->units[i]->first,
                        .count = taken->units[i]->count,
                        .back_minor = back_minor,
                        .paid_minor = taken->refund_minor};
}

int64_t points_back_of_case(
        struct call *call, const ReturnCase *row, struct return_lines lines, int64_t refund_minor)
{
        struct units units = {0};

        for (size_t i = 0; i < lines.n; i++) {
                const ReturnLine *taken = lines.at[i], *before;
                int64_t back_minor = taken->refund_minor - taken->exchanged_minor;
                const OrderLine *line =
                        order_line_get(call->txn, row->order_id, taken->order_line_number);

                while ((before = replaced_by(call, line)) != NULL) {
                        taken = before;
                        line = order_line_get(call->txn, row->order_id, taken->order_line_number);
                }
                add(call, &units, line, taken, back_minor);
        }
        return loyalty_take_back(call, row->order_id, units.at, units.n, refund_minor);
}
