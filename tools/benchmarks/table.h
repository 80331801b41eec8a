#pragma once
/* What every bench prints: rows of a figure of ours beside one of a peer, measured in one run. */
#include <stdbool.h>
#include <stddef.h>

#define ROWS_MAX 64

/* Figures that were not measured are NAN. */
struct row {
        const char *name;
        const char *load_name; /* "in_flight" or "clients" */
        int load;
        double ours;
        double peer;
        const char *unit;
        double p50_us; /* of ours */
        double p99_us;
};

struct table {
        const char *peer; /* what the rows that are added now stand beside */
        struct row rows[ROWS_MAX];
        const char *peers[ROWS_MAX];
        size_t count;
};

void table_add(struct table *table, const struct row *row);
void table_print(const struct table *table);
void table_print_json(const struct table *table);

/* Sorts the values. */
double median(double *values, size_t count);
