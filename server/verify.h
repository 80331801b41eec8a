#pragma once
/*
 * Proves a shop: what lib/store proves of any database, and then what commerce adds: stock,
 * points and money are the sums of their movements. The checks of the domains are the rows of the
 * table in server/verify_checks.c.
 */
#include <stddef.h>
#include "lib/store/store.h"

struct verify_context;

/* Reports a fault. kind is stable, UPPER_SNAKE_CASE: "STOCK_SUM". */
void verify_fault(struct verify_context *context, const char *kind, const char *table,
        const char *key, const char *format, ...) __attribute__((format(printf, 5, 6)));

struct verify_check {
        const char *name; /* "stock"; NULL ends the table */
        void (*run)(struct verify_context *context, struct txn *txn);
};
extern const struct verify_check verify_checks[];

/* Runs the store's proof and all checks; returns the number of faults. */
size_t verify_run(struct store *store, verify_report *report, void *context);
