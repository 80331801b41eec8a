#pragma once
/*
 * The changes of a group that are not durable yet: one sorted map over all trees, with
 * tombstones, and a journal from which the running call can be undone, whole (dropped) or back to
 * a mark. Keys begin with the tree's byte. Keys and values are copied into the arena and never
 * overwritten there.
 *
 * It may lie over the overlay of the group before, which nobody changes any more: what is asked
 * for is then looked for in both.
 */
#include <stdbool.h>
#include "lib/store/sorted.h"
#include "lib/store/stem.h"

enum overlay_state {
        OVERLAY_NONE,  /* says nothing about the key: ask below */
        OVERLAY_VALUE, /* the key has this value */
        OVERLAY_GONE,  /* the key is deleted */
};

#define OVERLAY_BUCKETS (1 << 11)
#define OVERLAY_STEMS   (1 << 10)
#define OVERLAY_MARKS   (1 << 15)

struct overlay_undo {
        struct sorted_node *node;
        struct bytes value;
        uint64_t epoch;
        uint32_t state;
};

/* Some key has this stem. */
struct overlay_stem {
        uint64_t hash;
        struct overlay_stem *next; /* in a bucket */
};

struct overlay {
        struct sorted map;         /* of the nodes whose order somebody has asked for */
        struct sorted_node *loose; /* the others, each the next one's next[0] */
        size_t count;              /* of both */
        struct overlay *below;     /* of the group before, or NULL */
        struct arena *arena;
        struct overlay_undo *journal; /* of the running call */
        size_t journal_len;
        size_t journal_capacity;
        size_t change_count;                          /* keys that the running call changed */
        uint64_t epoch;                               /* of the running call */
        uint64_t changes;                             /* counts them, undone ones too */
        struct sorted_node *buckets[OVERLAY_BUCKETS]; /* by hash; data is the next in one */
        struct overlay_stem *stems[OVERLAY_STEMS];    /* by hash */
        uint64_t marks[OVERLAY_MARKS / 64];           /* a bit by hash: some key has it */
};

/* below: which lies over nothing any more, or NULL. */
void overlay_init(struct overlay *overlay, struct arena *arena, struct overlay *below);

/* Where the value stands from now on. */
const uint8_t *overlay_put(struct overlay *overlay, struct bytes key, struct bytes value);
void overlay_erase(struct overlay *overlay, struct bytes key);
/* The hash by which a group knows a key. */
static inline uint64_t overlay_hash(struct bytes key)
{
        return bytes_hash(key, 0);
}
/* What is known of the key with this hash; the value goes to *value where it is OVERLAY_VALUE. */
enum overlay_state overlay_get(
        const struct overlay *overlay, struct bytes key, uint64_t hash, struct bytes *value);

/* First known key >= key (or > key), last known key < key; NULL when there is none. stem: that of
 * a prefix; keys that do not begin with it need not be found. */
const struct sorted_node *overlay_from(struct overlay *overlay, uint64_t stem, struct bytes key);
const struct sorted_node *overlay_after(struct overlay *overlay, uint64_t stem, struct bytes key);
const struct sorted_node *overlay_before(struct overlay *overlay, uint64_t stem, struct bytes key);
static inline uint64_t overlay_stem(struct bytes prefix)
{
        return stem_of(prefix, 0);
}

static inline size_t overlay_mark(const struct overlay *overlay)
{
        return overlay->journal_len;
}
void overlay_rewind(struct overlay *overlay, size_t mark);
/* The running call is final: its journal is forgotten and the next call begins. */
void overlay_keep(struct overlay *overlay);

/* The nodes with values that the running call changed and whose keys begin with prefix, in the
 * order of their keys; in arena, *count of them. */
const struct sorted_node **overlay_made(
        const struct overlay *overlay, struct arena *arena, struct bytes prefix, size_t *count);
/* All nodes, in no order; count of them, in the overlay's arena. */
const struct sorted_node **overlay_nodes(const struct overlay *overlay);
/* The nodes that the running call changed, in the order of their keys; on the heap, the caller
 * frees. There are change_count of them. */
const struct sorted_node **overlay_changes(const struct overlay *overlay);
