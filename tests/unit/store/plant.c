/*
 * The only test code with <lmdb.h>: a fault that is planted through the store's own functions
 * would have to be allowed by them.
 */
#include "tests/unit/store/plant.h"
#include <assert.h>
#include <lmdb.h>
#include <string.h>

struct plant {
        MDB_env *env;
        MDB_txn *txn;
        const struct keyring *keyring;
        struct arena *arena;
};

static void must(int rc)
{
        assert(rc == 0);
}

struct plant *plant_open(const char *dir, const struct keyring *keyring, struct arena *arena)
{
        struct plant *plant = arena_new(arena, struct plant);

        plant->keyring = keyring;
        plant->arena = arena;
        must(mdb_env_create(&plant->env));
        must(mdb_env_set_maxdbs(plant->env, 64));
        must(mdb_env_open(plant->env, dir, 0, 0600));
        must(mdb_txn_begin(plant->env, NULL, 0, &plant->txn));
        return plant;
}

void plant_close(struct plant *plant)
{
        must(mdb_txn_commit(plant->txn));
        mdb_env_close(plant->env);
}

static MDB_dbi tree_of(struct plant *plant, const char *tree)
{
        MDB_dbi dbi;

        must(mdb_dbi_open(plant->txn, tree, 0, &dbi));
        return dbi;
}

static MDB_val val_of(struct bytes bytes)
{
        return (MDB_val){.mv_size = bytes.len, .mv_data = (void *)(uintptr_t)bytes.data};
}

static struct bytes copy_of(struct plant *plant, MDB_val val)
{
        return bytes_of(arena_copy(plant->arena, val.mv_data, val.mv_size), val.mv_size);
}

struct bytes plant_get(struct plant *plant, const char *tree, struct bytes key)
{
        MDB_val k = val_of(key);
        MDB_val v;

        if (mdb_get(plant->txn, tree_of(plant, tree), &k, &v) != 0)
                return bytes_of(NULL, 0);
        return copy_of(plant, v);
}

void plant_put(struct plant *plant, const char *tree, struct bytes key, struct bytes value)
{
        MDB_val k = val_of(key);
        MDB_val v = val_of(value);

        must(mdb_put(plant->txn, tree_of(plant, tree), &k, &v, 0));
}

void plant_delete(struct plant *plant, const char *tree, struct bytes key)
{
        MDB_val k = val_of(key);

        must(mdb_del(plant->txn, tree_of(plant, tree), &k, NULL));
}

bool plant_find(struct plant *plant, const char *tree, struct bytes prefix, struct bytes *key,
        struct bytes *value)
{
        MDB_val k = val_of(prefix);
        MDB_val v;
        MDB_cursor *cursor;
        bool found;

        must(mdb_cursor_open(plant->txn, tree_of(plant, tree), &cursor));
        found = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE) == 0 && k.mv_size >= prefix.len &&
                memcmp(k.mv_data, prefix.data, prefix.len) == 0;
        if (found) {
                *key = copy_of(plant, k);
                *value = copy_of(plant, v);
        }
        mdb_cursor_close(cursor);
        return found;
}

void plant_flip(struct plant *plant, const char *tree, struct bytes key, size_t from_end)
{
        struct bytes value = plant_get(plant, tree, key);
        uint8_t *copy = arena_copy(plant->arena, value.data, value.len);

        assert(from_end < value.len);
        copy[value.len - 1 - from_end] ^= 4;
        plant_put(plant, tree, key, bytes_of(copy, value.len));
}

void plant_row(struct plant *plant, const char *tree, const struct schema_table *table,
        struct bytes key, const struct row_view *row)
{
        struct key full;

        key_clear(&full);
        key_append_byte(&full, 0); /* a tree, which is not part of the checksum */
        key_append_raw(&full, key);
        plant_put(plant, tree, key,
                layout_row_close(plant->arena, plant->keyring, table, key_bytes_of(&full), row));
}

void plant_meta(struct plant *plant, const char *name, struct bytes value)
{
        uint8_t *stored = arena_alloc(plant->arena, value.len + 8);

        memcpy(stored, value.data, value.len);
        layout_put_u64(stored + value.len, seal_mac(plant->keyring, 0, bytes_of_text(name), value));
        plant_put(plant, "meta", bytes_of_text(name), bytes_of(stored, value.len + 8));
}
