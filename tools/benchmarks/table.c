/*
 * Rows as a table for people or as one JSON array for programs. ratio is always ours / peer,
 * whichever way is better: turning it round for latencies would need a reader to know which rows
 * were turned.
 */
#include "tools/benchmarks/table.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void table_add(struct table *table, const struct row *row)
{
        assert(table->count < ROWS_MAX);
        table->peers[table->count] = table->peer;
        table->rows[table->count++] = *row;
}

static double ratio_of(const struct row *row)
{
        return row->peer > 0 ? row->ours / row->peer : NAN;
}

/* As many digits as a reader can use. */
static void print_figure(double value, int width)
{
        if (isnan(value))
                printf(" %*s", width, "-");
        else
                printf(" %*.*f", width, value < 10 ? 2 : value < 1000 ? 1 : 0, value);
}

void table_print(const struct table *table)
{
        printf("%-30s %9s %12s %12s %8s %9s %9s  %-16s %s\n", "", table->rows[0].load_name, "ours",
                "peer", "ratio", "p50 us", "p99 us", "unit", "peer is");
        for (size_t i = 0; i < table->count; i++) {
                const struct row *row = &table->rows[i];

                printf("%-30s %9d", row->name, row->load);
                print_figure(row->ours, 12);
                print_figure(row->peer, 12);
                print_figure(ratio_of(row), 8);
                print_figure(row->p50_us, 9);
                print_figure(row->p99_us, 9);
                printf("  %-16s %s\n", row->unit, isnan(row->peer) ? "" : table->peers[i]);
        }
}

static void print_member(const char *name, double value)
{
        if (isfinite(value))
                printf(",\"%s\":%.6g", name, value);
        else
                printf(",\"%s\":null", name);
}

void table_print_json(const struct table *table)
{
        putchar('[');
        for (size_t i = 0; i < table->count; i++) {
                const struct row *row = &table->rows[i];

                printf("%s{\"name\":\"%s\",\"%s\":%d", i == 0 ? "" : ",\n ", row->name,
                        row->load_name, row->load);
                print_member("ours", row->ours);
                print_member("peer", row->peer);
                print_member("ratio", ratio_of(row));
                print_member("p50_us", row->p50_us);
                print_member("p99_us", row->p99_us);
                printf(",\"unit\":\"%s\",\"beside\":\"%s\"}", row->unit, table->peers[i]);
        }
        puts("]");
}

static int compare(const void *a, const void *b)
{
        double left = *(const double *)a, right = *(const double *)b;

        return left < right ? -1 : left > right;
}

double median(double *values, size_t count)
{
        if (count == 0)
                return NAN;
        qsort(values, count, sizeof(*values), compare);
        return (values[(count - 1) / 2] + values[count / 2]) / 2;
}
