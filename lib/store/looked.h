#pragma once
/*
 * What a group has looked up in its snapshot: calls of one group ask for the same products, prices
 * and sessions, and one call asks for the same row from several places. The snapshot does not
 * change while the group lasts, so what was found, or not, stays true; what the group itself
 * changes is in its overlay, which is asked first.
 *
 * A key has one slot, and the one asked for last is in it. Keys are the group's memory.
 */
#include "lib/base/arena.h"
#include "lib/base/bytes.h"

#define LOOKED_SLOTS 1024

struct looked_entry {
        uint64_t group; /* the number of the group that looked; of others nothing is known */
        struct bytes key;
        struct bytes value;
        bool there;
};

struct looked {
        uint64_t group; /* counts them */
        struct looked_entry entries[LOOKED_SLOTS];
};

/* The slot of keys with this hash, whatever stands in it. */
static inline struct looked_entry *looked_slot(struct looked *looked, uint64_t hash)
{
        return &looked->entries[hash % LOOKED_SLOTS];
}

static inline bool looked_has(
        const struct looked *looked, const struct looked_entry *entry, struct bytes key)
{
        return entry->group == looked->group && bytes_equal(entry->key, key);
}

/* value: where it is there. The key is copied. */
void looked_note(struct looked *looked, struct looked_entry *entry, struct arena *arena,
        const struct looked_entry *found);
