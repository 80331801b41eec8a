#pragma once
/*
 * What rows of a table must satisfy beyond the rules of their fields: for standard methods, so
 * that a rule over several fields does not need a Create and an Update of its own.
 */
#include "server/call.h"

struct row_rule {
        const struct schema_table *table; /* NULL ends the table */
        /* A row to be stored, made or changed. path: the request's field that holds it. */
        enum status (*check)(struct call *call, const void *row, const char *path);
};

/* The rules, in server/row_rules.c. */
extern const struct row_rule row_rules[];
