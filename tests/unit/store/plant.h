#pragma once
/*
 * Faults for verify to find: opens a closed store's file as bare LMDB and changes entries without
 * the store's knowledge. Keys here have no tree byte. Checksums can be made anew, for faults that
 * a checksum does not show.
 */
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/schema/schema.h"
#include "lib/seal/seal.h"
#include "lib/store/layout.h"

struct plant;

/* One transaction; plant_close commits it. Trees: "main", "meta", "log.<table number>". */
struct plant *plant_open(const char *dir, const struct keyring *keyring, struct arena *arena);
void plant_close(struct plant *plant);

/* A copy of the value in the arena, {NULL, 0} when absent. */
struct bytes plant_get(struct plant *plant, const char *tree, struct bytes key);
void plant_put(struct plant *plant, const char *tree, struct bytes key, struct bytes value);
/* It must be there. */
void plant_delete(struct plant *plant, const char *tree, struct bytes key);
/* The first entry whose key begins with prefix; both in the arena. False when there is none. */
bool plant_find(struct plant *plant, const char *tree, struct bytes prefix, struct bytes *key,
        struct bytes *value);

/* Flips one bit, counted from the end of the value: 0 is in its last byte. */
void plant_flip(struct plant *plant, const char *tree, struct bytes key, size_t from_end);
/* A stored row with a good checksum for this key. link: of a chained log, or NULL. */
void plant_row(struct plant *plant, const char *tree, const struct schema_table *table,
        struct bytes key, const struct row_view *row);
/* A record in "meta" with a good checksum. */
void plant_meta(struct plant *plant, const char *name, struct bytes value);
