#pragma once
/*
 * Somebody with the database and its keys in hand who changes a chained log behind the store's
 * back. Rows get good checksums; what does not fit any more is what verify, or a kept head, is to
 * find.
 */
#include "lib/store/store.h"

/* In a transaction of a group; number names a row that is there. */

/* Another message under the old link. */
void forge_change(
        struct txn *txn, const struct schema_table *table, uint64_t number, const void *message);
void forge_remove(struct txn *txn, const struct schema_table *table, uint64_t number);
/* Two rows in each other's place, each with its own link. */
void forge_swap(struct txn *txn, const struct schema_table *table, uint64_t a, uint64_t b);
/* Forgets the rows behind a number and ends the log there. */
void forge_cut(struct txn *txn, const struct schema_table *table, uint64_t number);
/* Links the whole log anew, consistently, with its head. */
void forge_links(struct txn *txn, const struct schema_table *table);
