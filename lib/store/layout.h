#pragma once
/*
 * Where everything lies. Full keys begin with the engine's tree byte, then, in the main tree:
 *
 *      01 table index key...              rows (index 0) and index entries of tables at large
 *      01 table 00    key...              locator of a row that lives under an owner: its owner
 *      02 owner table index key...        rows and owner-led index entries under an owner
 *
 * table is two bytes, index one, owner and key parts are ordered keys (lib/schema/keys.h). A log
 * table's rows are in a tree of their own, the key is the number alone.
 *
 * An index entry's key is the indexed fields (without the owner where it is under the owner),
 * then, unless the index is unique, the row's key; its value is the row's place: [owner] key.
 *
 * A row is [message][32 bytes of chain where chained][u64 sequence][u64 checksum]; what is personal
 * in the message is sealed (lib/store/sealed.h). Personal texts stand in blind indexes as hashes.
 */
#include "lib/schema/keys.h"
#include "lib/schema/schema.h"
#include "lib/seal/seal.h"
#include "lib/seal/wrap.h"

enum tree { TREE_META, TREE_MAIN, TREE_LOG /* the first of the logs */ };
#define ZONE_LARGE 1
#define ZONE_OWNER 2
#define LINK_LEN   SEAL_HASH_LEN

/* Where one row lies. */
struct place {
        struct key key;   /* full */
        size_t key_at;    /* where the row's own key begins in it */
        size_t owner_len; /* of the encoded owner at key.data + 2, or 0 */
};

static inline struct bytes place_row_key(const struct place *place)
{
        return bytes_of(place->key.data + place->key_at, place->key.len - place->key_at);
}
static inline struct bytes place_owner(const struct place *place)
{
        return bytes_of(place->key.data + 2, place->owner_len);
}

/* The table whose locator tells the owner: itself, or the topmost parent. */
const struct schema_table *layout_root(const struct schema_table *table);
/* Do its rows live under an owner? */
bool layout_under_owner(const struct schema_table *table);
/* Which part of the key is the owner, or SCHEMA_NONE. */
uint16_t layout_owner_in_key(const struct schema_table *root);
/* Is a row of it looked for by its locator? All that live under an owner and have no parent have
 * one; where the owner is part of the key it is not needed. */
bool layout_by_locator(const struct schema_table *table);

/* The values of a row's key fields. */
void layout_values(
        const struct schema_table *table, const void *row, struct key_value values[KEY_PARTS_MAX]);

/* tree: of the log table. owner: encoded, {NULL, 0} for rows at large. count may be fewer than the
 * key has. */
void layout_place(struct place *out, uint8_t tree, const struct schema_table *table,
        struct bytes owner, const struct key_value *values, size_t count);
void layout_place_raw(struct place *out, uint8_t tree, const struct schema_table *table,
        struct bytes owner, struct bytes row_key);
void layout_locator(
        struct key *out, const struct schema_table *root, const struct key_value *values);
/* [tree][zone][owner][table][index]. */
void layout_prefix(struct key *out, uint16_t table, uint8_t index, struct bytes owner);
/* One part of an index. */
struct index_part {
        const struct schema_table *table;
        const struct schema_index *index;
        uint16_t at;
};
/* A value as it stands there: a personal one of a blind index as its hash. */
void layout_append_indexed(struct key *out, const struct keyring *keyring,
        const struct index_part *part, struct key_value value);
struct image {
        struct place place;
        void *row;
};
/* An index entry: its key, and its value, the row's place. */
struct index_entry {
        struct key key;
        struct key location;
};
/* The entry of a row at its place; false where the index has none for it. */
bool layout_index(struct index_entry *out, const struct keyring *keyring,
        const struct schema_table *table, const struct schema_index *index,
        const struct image *image);
/* From an entry's value back to the row. owner: encoded, of an entry under an owner. False when
 * the bytes are no place. */
bool layout_follow(struct place *out, uint8_t tree, const struct schema_table *table,
        const struct schema_index *index, struct bytes owner, struct bytes location);

/* Length of the ordered text at the front of bytes, 0 when there is none. */
size_t layout_text_len(struct bytes bytes);

static inline void layout_put_u64(uint8_t out[8], uint64_t number)
{
        for (int i = 0; i < 8; i++)
                out[i] = (uint8_t)(number >> (56 - 8 * i));
}
static inline uint64_t layout_get_u64(const uint8_t in[8])
{
        uint64_t number = 0;

        for (int i = 0; i < 8; i++)
                number = number << 8 | in[i];
        return number;
}

/* A stored row taken apart. */
struct row_view {
        struct bytes message; /* as it is stored */
        const uint8_t *link;  /* LINK_LEN bytes, or NULL */
        uint64_t sequence;
        uint64_t checksum;   /* of what was read */
        struct bytes sealed; /* of the message: what is personal, or {NULL, 0} */
        struct bytes open;   /* of the message: the rest */
};
/* Fills in sealed and open. */
void layout_split(struct row_view *view, const struct schema_table *table);

/* Taken apart; false when it is too short to be a row. */
bool layout_row_part(struct row_view *out, const struct schema_table *table, struct bytes value);
/* And checked by its checksum: false when it is not what was written at this key. */
bool layout_row_open(struct row_view *out, const struct keyring *keyring,
        const struct schema_table *table, struct bytes full_key, struct bytes value);
struct bytes layout_row_close(struct arena *arena, const struct keyring *keyring,
        const struct schema_table *table, struct bytes full_key, const struct row_view *row);
