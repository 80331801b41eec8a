/*
 * Walks the tables by owner: a table under owners by its place, another by its key or an index that
 * begins with the owner, or, where the key begins with another row of theirs, as that of a child
 * does, from each of those rows. The generator refuses a table where there is none of these, so
 * that nobody's export goes through what belongs to others.
 */
#include "server/owned.h"

#include <assert.h>
#include <string.h>
#include "server/fields.h"
#include "server/pipeline.h"

/* ---- going through them ---- */

bool owned_has(const struct schema *schema, const struct schema_table *table)
{
        const struct schema_table *root = table->parent != NULL ? table->parent : table;

        return root->owner != SCHEMA_NONE && root != schema->owner_keys;
}

static const struct schema_index *index_of(const struct schema_table *table)
{
        for (uint16_t i = 0; i < table->index_count; i++)
                if (table->indexes[i].fields[0] == table->owner)
                        return &table->indexes[i];
        return NULL;
}

/* The table with whose rows a key of this one begins; NULL: the owner leads to its rows. */
static const struct schema_table *holder_of(const struct schema_table *table)
{
        if (table->parent != NULL)
                return table->parent;
        if (table->under_owner || table->key[0] == table->owner || index_of(table) != NULL)
                return NULL;
        return table->message->fields[table->key[0]].ref;
}

static struct scan *scan_by_owner(
        struct txn *txn, const struct schema_table *table, const char *owner)
{
        const struct key_value value = key_text(owner);

        if (table->under_owner)
                return txn_scan(txn, table, NULL, owner, NULL, 0, ASCENDING);
        if (table->key[0] == table->owner)
                return txn_scan(txn, table, NULL, NULL, &value, 1, ASCENDING);
        assert(index_of(table) != NULL); /* the generator refuses others */
        return txn_scan(txn, table, index_of(table), NULL, &value, 1, ASCENDING);
}

struct owned owned_begin(struct txn *txn, const struct schema_table *table, const char *owner)
{
        struct owned owned = {.txn = txn, .table = table, .holder = holder_of(table)};

        if (owned.holder == NULL)
                owned.rows = scan_by_owner(txn, table, owner);
        else
                owned.holders = scan_by_owner(txn, owned.holder, owner);
        return owned;
}

void owned_fleeting(struct owned *owned)
{
        owned->fleeting = true;
        scan_fleeting(owned->holder == NULL ? owned->rows : owned->holders);
        owned->memory = txn_memory(owned->txn);
}

static bool next_holder(struct owned *owned)
{
        const struct schema_table *holder = owned->holder;
        struct key_value key[KEY_PARTS_MAX];

        if (holder == NULL)
                return false;
        if (owned->fleeting)
                txn_forget(owned->txn, owned->memory);
        struct bytes before = scan_position(owned->holders);
        const void *row = scan_next(owned->holders);

        if (row == NULL)
                return false;
        owned->before_len = before.len;
        if (before.len > 0)
                memcpy(owned->before, before.data, before.len);
        fields_key(holder, row, key);
        owned->rows =
                txn_scan(owned->txn, owned->table, NULL, NULL, key, holder->key_count, ASCENDING);
        if (owned->fleeting)
                scan_fleeting(owned->rows);
        return true;
}

void *owned_next(struct owned *owned)
{
        void *row = owned->rows == NULL ? NULL : scan_next(owned->rows);

        while (row == NULL && next_holder(owned))
                row = scan_next(owned->rows);
        return row;
}

struct owned_place owned_position(const struct owned *owned)
{
        const uint8_t *before = arena_copy(txn_arena(owned->txn), owned->before, owned->before_len);

        return (struct owned_place){
                .before = bytes_of(before, owned->before_len),
                .row = scan_position(owned->rows),
        };
}

void owned_after(struct owned *owned, const struct owned_place *place)
{
        if (owned->holder != NULL) {
                scan_after(owned->holders, place->before);
                if (!next_holder(owned))
                        return;
        }
        scan_after(owned->rows, place->row);
}

struct scan *owned_all(struct txn *txn, const struct schema_table *table)
{
        return txn_scan(txn, table, NULL, NULL, NULL, 0, ASCENDING);
}

/* ---- forgetting them ---- */

static bool is_listed(const struct schema_table *table)
{
        for (uint16_t i = 0; i < table->index_count; i++)
                if (table->indexes[i].blind)
                        return true;
        return false;
}

void owned_unlist(struct call *call, const char *owner)
{
        const struct schema *schema = call_schema(call);

        for (size_t i = 0; i < schema->table_count; i++) {
                const struct schema_table *table = schema->tables[i];
                void *row;

                if (!owned_has(schema, table) || !is_listed(table))
                        continue;
                struct owned owned = owned_begin(call->txn, table, owner);

                while ((row = owned_next(&owned)) != NULL) {
                        for (uint16_t f = 0; f < table->sealed_count; f++)
                                schema_clear(table->message, row, table->sealed[f]);
                        txn_update(call->txn, table, row);
                }
        }
}

/* Deletes from one table; false where the limit was reached before its end. A row takes those of
 * its child tables along. */
static bool forget_rows(struct owned *owned, size_t change_max, int64_t *row_count)
{
        struct key_value key[KEY_PARTS_MAX];
        void *row;

        while ((row = owned_next(owned)) != NULL) {
                if (txn_change_count(owned->txn) >= change_max)
                        return false;
                fields_key(owned->table, row, key);
                txn_delete(owned->txn, owned->table, key);
                ++*row_count;
        }
        return true;
}

enum owned_left owned_forget(
        struct call *call, const char *owner, size_t change_max, int64_t *row_count)
{
        const struct schema *schema = call_schema(call);

        /* Those that hang on other rows first: without them nobody would find them. */
        for (int hangs = 1; hangs >= 0; hangs--)
                for (size_t i = 0; i < schema->table_count; i++) {
                        const struct schema_table *table = schema->tables[i];

                        if (!table->forget || (holder_of(table) != NULL) != hangs)
                                continue;
                        struct owned owned = owned_begin(call->txn, table, owner);

                        if (!forget_rows(&owned, change_max, row_count))
                                return OWNED_MORE;
                }
        return OWNED_NONE;
}

const char *owned_remains(struct txn *txn, const struct schema *schema, const char *owner)
{
        for (size_t i = 0; i < schema->table_count; i++) {
                const struct schema_table *table = schema->tables[i];

                if (!table->forget)
                        continue;
                struct owned owned = owned_begin(txn, table, owner);

                if (owned_next(&owned) != NULL)
                        return table->name;
        }
        return NULL;
}
