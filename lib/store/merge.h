#pragma once
/*
 * The entries of one tree within a range, overlay over snapshot, in either direction. Stays
 * correct while the overlay changes: every step begins from the position, which is the key of
 * the entry last returned.
 */
#include "lib/schema/keys.h"
#include "lib/store/engine.h"
#include "lib/store/overlay.h"

enum merge_direction { MERGE_UP, MERGE_DOWN };

struct merge {
        struct overlay *overlay; /* NULL: only the snapshot */
        struct engine_snapshot *snapshot;
        struct engine_cursor *cursor;
        struct engine_entry base;       /* where the cursor is */
        enum engine_found found;        /* what base holds, once the cursor is open */
        const struct sorted_node *over; /* the overlay's next, or NULL, as long as ... */
        uint64_t over_changes;          /* ... the overlay counts so many changes */
        enum merge_direction direction;
        uint64_t stem;     /* of the prefix */
        size_t prefix_len; /* with which lower begins */
        bool started;
        bool done;           /* asked to go on behind the end of the range */
        struct key lower;    /* inclusive; begins with the tree's byte */
        struct key upper;    /* exclusive */
        struct key position; /* of the entry last returned */
};

/* All keys that begin with prefix, of which the tree's byte is the first. */
void merge_init(struct merge *merge, struct overlay *overlay, struct engine_snapshot *snapshot,
        struct bytes prefix, enum merge_direction direction);
/* Go on behind this key instead of at the start. */
void merge_seek_after(struct merge *merge, struct bytes position);
/* The key is in merge->position, the value valid as long as the snapshot and the overlay. */
enum engine_found merge_next(struct merge *merge, struct bytes *value);
void merge_close(struct merge *merge);

/* Makes key the first one behind all that begin with it; false when there is none. */
bool key_successor(struct key *key);
