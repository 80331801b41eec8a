#pragma once
/*
 * The changes of groups that are in the commit log and not yet in the engine below: an ordered
 * table whose entries have versions. One thread at a time puts, any number read meanwhile without
 * locks: a reader names the last group that it may see and finds what was true then. Nothing is
 * ever taken out; a table disappears as a whole when nobody needs it any more.
 */
#include <stdatomic.h>
#include "lib/base/arena.h"
#include "lib/base/random.h"
#include "lib/store/engine.h"
#include "lib/store/stem.h"

#define RECENT_HEIGHT_MAX 14
#define RECENT_BUCKETS    (1 << 15)
#define RECENT_MARKS      (1 << 19)

struct recent_version {
        uint64_t number; /* of the group */
        struct recent_version *older;
        struct bytes value;
        bool gone;
        bool append;
};

/* Behind the links stand the key's bytes: what a search reads is together. */
struct recent_node {
        struct recent_version first;
        _Atomic(struct recent_version *) newest;
        struct recent_node *bucket_next;
        struct bytes key; /* with the tree's byte */
        _Atomic(struct recent_node *) next[];
};

struct recent {
        struct arena arena;
        struct random random;
        uint64_t seed;
        size_t count;           /* keys */
        _Atomic uint32_t trees; /* a bit for each tree that has entries */
        /* Where the last key was put, and the links before it on each level; of who puts. */
        const struct recent_node *last;
        const _Atomic(struct recent_node *) *path[RECENT_HEIGHT_MAX];
        _Atomic(struct recent_node *) head[RECENT_HEIGHT_MAX];
        _Atomic(struct recent_node *) buckets[RECENT_BUCKETS];
        _Atomic uint64_t
                marks[RECENT_MARKS / 64]; /* a bit by hash: some key has it, or such a stem */
};

/* seed: of the hashes, which nobody should know. */
struct recent *recent_new(uint64_t seed);
void recent_free(struct recent *recent);

/* Of keys that are soon put: what that will ask memory for is asked for now. */
void recent_expect(const struct recent *recent, struct bytes key);
/* Key and value are copied. Numbers never fall. Readers see it once they name the number. */
void recent_put(struct recent *recent, uint64_t number, const struct engine_write *write);

static inline bool recent_has_tree(struct recent *recent, uint8_t tree)
{
        return (atomic_load_explicit(&recent->trees, memory_order_acquire) >> tree & 1) != 0;
}
/* False: no key begins with this prefix, whose first byte is a tree's. */
bool recent_may_begin(struct recent *recent, struct bytes prefix);
/* What group number, or the last before it that did, made of the key; NULL: none touched it.
 * hash: bytes_hash of the key with the table's seed. */
const struct recent_version *recent_get(
        const struct recent *recent, struct bytes key, uint64_t hash, uint64_t number);
/* First node with key >= key, last one with key < key, the one after a node; NULL: none. */
const struct recent_node *recent_from(const struct recent *recent, struct bytes key);
const struct recent_node *recent_before(const struct recent *recent, struct bytes key);
const struct recent_node *recent_first(const struct recent *recent);
const struct recent_node *recent_next(const struct recent_node *node);
const struct recent_version *recent_seen(const struct recent_node *node, uint64_t number);
