#pragma once
/*
 * A map from bytes to bytes in the order of its keys: a skip list whose heights come from a fixed
 * seed. Nodes live in the arena, or on the heap when arena is NULL; only heap nodes can be
 * removed. What value, data, hash, state and epoch mean is the user's.
 */
#include <stddef.h>
#include <stdint.h>
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/random.h"

#define SORTED_HEIGHT_MAX 18

struct sorted_node {
        struct bytes key; /* right behind the node */
        struct bytes value;
        void *data;
        uint64_t hash;
        uint64_t epoch;
        uint32_t state;
        uint32_t height;
        struct sorted_node *next[];
};

struct sorted {
        struct sorted_node *head;
        struct random random;
        struct arena *arena;
        size_t count;
};

void sorted_init(struct sorted *map, struct arena *arena);
void sorted_release(struct sorted *map); /* heap nodes only; the user frees what hangs on them */

/* The node with this key, or NULL. */
struct sorted_node *sorted_find(const struct sorted *map, struct bytes key);
/* The same, made where there is none. */
struct sorted_node *sorted_put(struct sorted *map, struct bytes key);
/* A node with a copy of the key, the rest zero, that is not in the map yet; until it is, next[0] is
 * the caller's. No node of the map may have its key then. */
struct sorted_node *sorted_make(struct sorted *map, struct bytes key);
void sorted_link(struct sorted *map, struct sorted_node *node);
void sorted_remove(struct sorted *map, struct bytes key);

/* First node with key >= key; last node with key < key; each NULL when there is none. */
struct sorted_node *sorted_from(const struct sorted *map, struct bytes key);
struct sorted_node *sorted_before(const struct sorted *map, struct bytes key);
struct sorted_node *sorted_first(const struct sorted *map);
static inline struct sorted_node *sorted_next(const struct sorted_node *node)
{
        return node->next[0];
}
