#pragma once
/*
 * Decoded rows that a writer's calls share: every order reads products, prices and tax rates, and
 * few calls change one. What was read for one call is good for the next ones until a row of its
 * table changes, or a change of one is undone; changes are counted by table, of all tables at
 * large, so that nobody has to say what depends on what. It is the writer's alone: it sees its own
 * changes at once, and all others see snapshots.
 *
 * A key has one slot, and what was asked for last is in it.
 */
#include "lib/store/store.h"

#define SHARED_TABLES 512
#define SHARED_SLOTS  8192
#define SHARED_BYTES  (16 << 20) /* more, and everything is forgotten between two groups */

struct shared_entry {
        struct bytes key; /* what the rows' keys, or their entries in an index, begin with */
        uint64_t changes; /* of their table when they were read */
        struct rows rows;
};

struct shared {
        struct arena arena;
        uint64_t changes[SHARED_TABLES]; /* by the table's number */
        struct shared_entry entries[SHARED_SLOTS];
};

struct shared *shared_new(void);
void shared_free(struct shared *shared);
/* A value or an entry of the table changes that this full key tells of, or changes back. */
void shared_changed(struct shared *shared, struct bytes key);
/* What a group changed that is not written never was. */
void shared_forget(struct shared *shared);
/* Before a group, when no call holds a row. */
void shared_trim(struct shared *shared);
