#pragma once
/*
 * Everything that belongs to somebody, found through the contract's tables: rows whose owner they
 * are. Nothing here knows what the rows are; a table that is added is found with the others.
 */
#include "server/call.h"

/* Writes a JSON object with the rows of each kind behind the table named after ("" at first), those
 * of child tables inside their parents', without what is never answered. Kinds are whole: it stops
 * before the one that would exceed size_max, unless that is the first. */
struct owned_document {
        struct buffer json;
        int64_t row_count;
        const char *next; /* the last kind that is in it, where there are more; or "" */
};
void owned_export(struct call *call, const char *owner, const char *after, size_t size_max,
        struct owned_document *out);

/* Everybody's rows of a table that lies under owners, in the order of their keys: for proofs. */
struct scan *owned_all(struct txn *txn, const struct schema_table *table);

/* Clears what is personal in their rows of tables with blind indexes, so that nobody is found by
 * it. */
void owned_unlist(struct call *call, const char *owner);
/* Deletes up to count of their rows in tables that say forget; returns how many. */
size_t owned_forget(struct call *call, const char *owner, size_t count);
