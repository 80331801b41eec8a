/*
 * Proves cases twice: each from its own lines and the unit table, and all cases of an order against
 * the runs of its lines, so that no unit is in two cases and none is gone without one.
 */
#include "server/aftersales/aftersales.h"

#include "lib/base/arena.h"
#include "server/aftersales/exchange_verify.h"
#include "server/aftersales/return_case.h"
#include "server/aftersales/taking.h"
#include "server/order/units.h"

/* Of one order line. */
struct figures {
        OrderLine *line;
        int64_t in_case;
        int64_t returned;
};

struct sums {
        int64_t units;
        int64_t refund_minor;
        int64_t tax_minor;
        int32_t lines;
};

/* In which state the units of a case are; UNIT_STATE_UNSPECIFIED where it holds none any more. */
static UnitState units_of(const ReturnCase *row)
{
        static const UnitState held[] = {
                [RETURN_STATE_APPLIED] = UNIT_STATE_IN_CASE,
                [RETURN_STATE_APPROVED] = UNIT_STATE_IN_CASE,
                [RETURN_STATE_RECEIVED] = UNIT_STATE_IN_CASE,
                [RETURN_STATE_INSPECTED] = UNIT_STATE_RETURNED,
                [RETURN_STATE_REFUNDED] = UNIT_STATE_RETURNED,
                [RETURN_STATE_WITHDRAWN] = UNIT_STATE_UNSPECIFIED,
                [RETURN_STATE_EXPIRED] = UNIT_STATE_UNSPECIFIED,
        };

        if (row->state == RETURN_STATE_CLOSED)
                return row->refund_time != NULL ? UNIT_STATE_RETURNED : UNIT_STATE_UNSPECIFIED;
        return held[row->state];
}

static struct figures *read_figures(struct txn *txn, const char *order_id, size_t *n)
{
        struct scan *scan = order_line_of(txn, order_id);
        struct figures *figures = NULL;

        *n = 0;
        for (OrderLine *line; (line = order_line_next(scan)) != NULL; ++*n) {
                if ((*n & (*n - 1)) == 0)
                        figures = arena_grow(txn_arena(txn), figures, *n * sizeof(*figures),
                                (*n == 0 ? 1 : *n * 2) * sizeof(*figures));
                figures[*n] = (struct figures){.line = line};
        }
        return figures;
}

/* The same lines in the eyes of exchanges. */
static struct exchange_figures *read_exchanges(
        struct txn *txn, const struct figures *figures, size_t n)
{
        struct exchange_figures *exchanges =
                arena_array(txn_arena(txn), struct exchange_figures, n);

        for (size_t i = 0; i < n; i++)
                exchanges[i].line = figures[i].line;
        return exchanges;
}

/* Rule 17: delivery goes back once, at the cheapest fee where something was shipped. */
static void check_delivery(struct verify_context *context, const Order *order,
        const struct figures *figures, size_t n, int64_t by_cases)
{
        int64_t refunded = 0, cancelled = 0;

        for (size_t i = 0; i < n; i++) {
                if (figures[i].line->kind != LINE_KIND_SHIPPING)
                        continue;
                refunded += figures[i].line->refunded_minor;
                cancelled += units_in(figures[i].line, UNIT_STATE_CANCELLED);
        }
        if (by_cases > refunded || (cancelled > 0 && by_cases > 0) ||
                (cancelled == 0 && refunded > order->cheapest_shipping_minor))
                verify_fault(context, "DELIVERY_REFUND", "Order", order->id,
                        "%lld were refunded of its delivery, %lld by cases, %lld may be",
                        (long long)refunded, (long long)by_cases,
                        (long long)order->cheapest_shipping_minor);
}

/* Only a case that was not approved may have lines without units: they wait, or waited in vain. */
static bool may_wait(const ReturnCase *row)
{
        return row->type == RETURN_TYPE_RETURN_AND_REFUND &&
               (row->state == RETURN_STATE_APPLIED || units_of(row) == UNIT_STATE_UNSPECIFIED);
}

/* What the units named by the line paid, by the unit table. */
static void check_line(struct verify_context *context, const ReturnCase *row,
        const ReturnLine *taken, const OrderLine *line)
{
        int64_t wanted = taking_waits(taken) && may_wait(row) ? 0 : taken->quantity;
        int64_t units = 0, refund_minor = 0, tax_minor = 0, points_minor = 0;

        for (size_t i = 0; i < taken->n_units; i++) {
                const UnitRange *range = taken->units[i];

                if (range->first < 0 || range->count < 1 ||
                        range->first + range->count > line->quantity) {
                        verify_fault(context, "RETURN_UNITS", "ReturnLine", taken->return_case_id,
                                "line %d names units that do not exist", taken->number);
                        return;
                }
                units += range->count;
                refund_minor += units_gross(line, range->first, range->count);
                tax_minor += units_tax(line, range->first, range->count);
                points_minor += units_points(line, range->first, range->count);
        }
        if (units != wanted || refund_minor != taken->refund_minor ||
                tax_minor != taken->refund_tax_minor || points_minor != taken->points_minor)
                verify_fault(context, "RETURN_LINE", "ReturnLine", taken->return_case_id,
                        "line %d is not what its units are and paid", taken->number);
}

static void add_line(struct verify_context *context, const ReturnCase *row, const ReturnLine *taken,
        struct figures *figures, size_t n)
{
        int32_t number = taken->order_line_number;

        if (number < 1 || (size_t)number > n || figures[number - 1].line->number != number) {
                verify_fault(context, "RETURN_LINE", "ReturnLine", row->id,
                        "line %d is of order line %d, which does not exist", taken->number, number);
                return;
        }
        check_line(context, row, taken, figures[number - 1].line);
        if (taking_waits(taken))
                return;
        if (units_of(row) == UNIT_STATE_IN_CASE)
                figures[number - 1].in_case += taken->quantity;
        if (units_of(row) == UNIT_STATE_RETURNED)
                figures[number - 1].returned += taken->quantity;
}

static void check_case(struct verify_context *context, struct txn *txn, const ReturnCase *row,
        struct figures *figures, size_t n)
{
        const ReturnStep *last = return_step_next(return_step_of_latest(txn, row->id));
        struct scan *scan = return_line_of(txn, row->id);
        struct sums sums = {0};

        for (const ReturnLine *taken; (taken = return_line_next(scan)) != NULL;) {
                add_line(context, row, taken, figures, n);
                sums.lines++;
                sums.units += taken->quantity;
                sums.refund_minor += taken->refund_minor;
                sums.tax_minor += taken->refund_tax_minor;
        }
        if (sums.units != row->unit_count || sums.lines != row->line_count ||
                sums.refund_minor != row->refund_minor || sums.tax_minor != row->refund_tax_minor)
                verify_fault(context, "RETURN_SUM", "ReturnCase", row->id,
                        "its figures are not the sums of its lines");
        if (last == NULL || last->state != row->state)
                verify_fault(context, "RETURN_STEP", "ReturnCase", row->id,
                        "its last step is not its state");
}

static void compare(struct verify_context *context, const struct figures *figures, UnitState state,
        int64_t in_cases)
{
        int64_t in_order = units_in(figures->line, state);

        if (in_order != in_cases)
                verify_fault(context, "RETURN_UNITS", "OrderLine", figures->line->order_id,
                        "line %d has %lld units %s, its cases have %lld", figures->line->number,
                        (long long)in_order, state == UNIT_STATE_IN_CASE ? "in cases" : "returned",
                        (long long)in_cases);
}

/* What the cases of an order say together. */
struct verdict {
        AftersalesState state;
        int64_t delivery_refund_minor;
};

static struct verdict check_cases(struct verify_context *context, struct txn *txn,
        const char *order_id, struct figures *figures, size_t n)
{
        struct scan *scan = return_case_by_order_id(txn, order_id);
        struct exchange_figures *exchanges = read_exchanges(txn, figures, n);
        struct verdict verdict = {.state = AFTERSALES_STATE_NONE};

        for (const ReturnCase *row; (row = return_case_next(scan)) != NULL;) {
                check_case(context, txn, row, figures, n);
                exchange_verify_case(context, txn, row, exchanges, n);
                verdict.delivery_refund_minor += row->delivery_refund_minor;
                if (case_is_open(row->state))
                        verdict.state = AFTERSALES_STATE_OPEN;
                else if (verdict.state == AFTERSALES_STATE_NONE)
                        verdict.state = AFTERSALES_STATE_CLOSED;
        }
        for (size_t i = 0; i < n; i++)
                exchange_verify_line(context, &exchanges[i]);
        return verdict;
}

void aftersales_verify(struct verify_context *context, struct txn *txn)
{
        struct scan *orders = order_all_by_place_time(txn);

        scan_fleeting(orders);
        for (const Order *order; (order = order_next(orders)) != NULL;) {
                struct txn_memory memory = txn_memory(txn);
                size_t n;
                struct figures *figures = read_figures(txn, order->id, &n);
                struct verdict verdict = check_cases(context, txn, order->id, figures, n);

                if (verdict.state != order->aftersales_state)
                        verify_fault(context, "AFTERSALES_STATE", "Order", order->id,
                                "its aftersales_state is not what its cases say");
                check_delivery(context, order, figures, n, verdict.delivery_refund_minor);
                for (size_t i = 0; i < n; i++) {
                        compare(context, &figures[i], UNIT_STATE_IN_CASE, figures[i].in_case);
                        compare(context, &figures[i], UNIT_STATE_RETURNED, figures[i].returned);
                }
                txn_forget(txn, memory);
        }
}
