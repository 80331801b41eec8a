#pragma once
/*
 * By what scans ask: a key's first bytes, of two lengths. The long one is a tree, a zone, a table,
 * an index and one id, in either order of the two zones (lib/store/layout.h); the short one is all
 * that but the id, where no owner comes before. Who notes a hash of both for every key knows of
 * most scans that there is nothing in them, without a search.
 */
#include "lib/base/bytes.h"

#define STEM_SHORT 5
#define STEM_LONG  33

/* Of keys that begin with this prefix; 0: it is shorter than a stem, and any key may. */
static inline uint64_t stem_of(struct bytes prefix, uint64_t seed)
{
        size_t len = prefix.len >= STEM_LONG ? STEM_LONG : STEM_SHORT;

        return prefix.len < len ? 0 : bytes_hash(bytes_of(prefix.data, len), seed) | 1;
}

/* Of all that this key begins with. */
struct stems {
        uint64_t hashes[2]; /* 0: there is none */
};
static inline struct stems stems_of(struct bytes key, uint64_t seed)
{
        struct bytes start = bytes_of(key.data, key.len < STEM_SHORT ? key.len : STEM_SHORT);

        return (struct stems){{stem_of(start, seed), stem_of(key, seed)}};
}
