#pragma once
/*
 * Decoded rows that a writer's calls share: every order reads products, prices and tax rates, and
 * few calls change one. What was read for one call is good for the next ones until a row of its
 * table changes, or a change of one is undone; changes are counted by table, of all tables at
 * large, so that nobody has to say what depends on what. It is the writer's alone: it sees its own
 * changes at once, and all others see snapshots.
 *
 * A key has a few slots, and what was read last has taken the place of what was read longest ago.
 */
#include "lib/store/store.h"

#define SHARED_TABLES 512
#define SHARED_SETS   32768
#define SHARED_SLOTS  4           /* of a set: a key may be in any of them */
#define SHARED_BYTES  (128 << 20) /* more, and everything is forgotten between two groups */

struct shared_entry {
        struct bytes key; /* what the rows' keys, or their entries in an index, begin with */
        uint64_t hash;
        uint64_t changes; /* of their table when they were read */
        struct rows rows;
};

struct shared_set {
        struct shared_entry entries[SHARED_SLOTS];
        unsigned next; /* whose turn it is to be replaced */
};

struct shared {
        struct arena arena;
        uint64_t changes[SHARED_TABLES]; /* by the table's number */
        struct shared_set sets[SHARED_SETS];
};

struct shared *shared_new(void);
void shared_free(struct shared *shared);
/* A value or an entry of the table changes that this full key tells of, or changes back. */
void shared_changed(struct shared *shared, struct bytes key);
/* Before a group, when no call holds a row. */
void shared_trim(struct shared *shared);
