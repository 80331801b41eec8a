/*
 * Proves exchanges: every replacement belongs to one line of one case and costs what that says, and
 * what units counted for in exchanges is what their line says. Together with the totals of the
 * order that proves that no chain of exchanges refunds more than the customer paid.
 */
#include "server/aftersales/exchange_verify.h"

#include <string.h>

struct sums {
        int64_t costs;
        int64_t exchanged;
        int64_t difference;
        int64_t due;
        int64_t points_out; /* exchanged points leave a line, and come to another */
        int64_t points_in;
};

static bool is_replacement(
        const ReturnCase *row, const ReturnLine *taken, const struct exchange_figures *figures)
{
        const OrderLine *line = figures->line;

        return strcmp(line->return_case_id, row->id) == 0 &&
               strcmp(line->variant_id, taken->replacement_variant_id) == 0 &&
               line->quantity == taken->quantity && line->gross_minor == taken->replacement_minor;
}

static void add_line(struct verify_context *context, const ReturnCase *row, const ReturnLine *taken,
        struct exchange_figures *figures, struct sums *sums)
{
        struct exchange_figures *replacement = &figures[taken->replacement_line_number - 1];

        figures[taken->order_line_number - 1].exchanged += taken->exchanged_minor;
        figures[taken->order_line_number - 1].points += taken->exchanged_points_minor;
        replacement->replaces++;
        if (row->given_up) {
                replacement->exchanged +=
                        replacement->line->gross_minor - replacement->line->refunded_minor;
                replacement->points += replacement->line->points_minor;
        }
        if (!is_replacement(row, taken, replacement))
                verify_fault(context, "EXCHANGE_LINE", "ReturnLine", row->id,
                        "line %d is replaced by order line %d, which is something else",
                        taken->number, taken->replacement_line_number);
        sums->costs += taken->replacement_minor;
        sums->exchanged += taken->exchanged_minor;
        sums->difference += taken->difference_minor;
        sums->due += replacement->line->due_minor;
        sums->points_out += taken->exchanged_points_minor;
        sums->points_in += replacement->line->points_minor;
}

static bool exists(const struct exchange_figures *figures, size_t n, int32_t number)
{
        return number >= 1 && (size_t)number <= n && figures[number - 1].line->number == number;
}

static bool adds_up(const ReturnCase *row, const struct sums *sums)
{
        if (sums->costs != row->replacement_minor || sums->exchanged != row->exchanged_minor ||
                sums->due != row->due_minor)
                return false;
        if (row->given_up)
                return row->exchanged_minor == 0 && row->due_minor == 0 && sums->points_out == 0;
        return sums->points_out == sums->points_in &&
               row->exchanged_minor + sums->difference == row->replacement_minor &&
               row->exchanged_minor <= row->refund_minor;
}

void exchange_verify_case(struct verify_context *context, struct txn *txn, const ReturnCase *row,
        struct exchange_figures *figures, size_t n)
{
        struct scan *scan = return_line_of(txn, row->id);
        struct sums sums = {0};

        /* Nothing is exchanged before it is approved. */
        if (row->type != RETURN_TYPE_EXCHANGE || row->expire_time == NULL)
                return;
        for (const ReturnLine *taken; (taken = return_line_next(scan)) != NULL;) {
                if (exists(figures, n, taken->replacement_line_number) &&
                        exists(figures, n, taken->order_line_number))
                        add_line(context, row, taken, figures, &sums);
                else
                        verify_fault(context, "EXCHANGE_LINE", "ReturnLine", row->id,
                                "line %d is replaced by order line %d, which does not exist",
                                taken->number, taken->replacement_line_number);
        }
        if (!adds_up(row, &sums))
                verify_fault(context, "EXCHANGE_SUM", "ReturnCase", row->id,
                        "what it exchanges is not what its lines and replacements say");
}

void exchange_verify_line(struct verify_context *context, const struct exchange_figures *figures)
{
        const OrderLine *line = figures->line;

        if (line->exchanged_points_minor != figures->points)
                verify_fault(context, "EXCHANGE_VALUE", "OrderLine", line->order_id,
                        "line %d exchanged %lld that points had paid, its cases say %lld",
                        line->number, (long long)line->exchanged_points_minor,
                        (long long)figures->points);
        if (line->exchanged_minor != figures->exchanged)
                verify_fault(context, "EXCHANGE_VALUE", "OrderLine", line->order_id,
                        "line %d exchanged %lld, its cases say %lld", line->number,
                        (long long)line->exchanged_minor, (long long)figures->exchanged);
        if (figures->replaces != (line->return_case_id[0] != '\0'))
                verify_fault(context, "EXCHANGE_LINE", "OrderLine", line->order_id,
                        "line %d is the replacement of %d lines of cases", line->number,
                        figures->replaces);
}
