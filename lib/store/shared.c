/*
 * Refused: finer counts than one of each table. A shop's catalogue changes by imports, which change
 * much, or a few times an hour; and whoever reads a range of rows would have to count that range.
 */
#include "lib/store/shared.h"

#include <assert.h>
#include <stdlib.h>
#include "lib/store/scan.h"

struct shared *shared_new(void)
{
        struct shared *shared = calloc(1, sizeof(*shared));

        assert(shared != NULL);
        arena_init(&shared->arena);
        return shared;
}

void shared_free(struct shared *shared)
{
        if (shared == NULL)
                return;
        arena_release(&shared->arena);
        free(shared);
}

void shared_changed(struct shared *shared, struct bytes key)
{
        if (key.data[0] == TREE_MAIN && key.data[1] == ZONE_LARGE)
                shared->changes[(key.data[2] << 8 | key.data[3]) % SHARED_TABLES]++;
}

void shared_trim(struct shared *shared)
{
        if (shared->arena.used <= SHARED_BYTES)
                return;
        memset(shared->sets, 0, sizeof(shared->sets));
        arena_reset(&shared->arena);
}

/* All that are left of the scan, in the arena. */
static struct rows read_rows(struct scan *scan, struct arena *arena)
{
        struct rows rows = {0};
        struct row_view view;
        size_t room = 0;

        while (scan_step(scan, &view)) {
                if (rows.n == room) {
                        size_t wider = room == 0 ? 1 : room * 2;

                        rows.at = arena_grow(
                                arena, rows.at, room * sizeof(*rows.at), wider * sizeof(*rows.at));
                        room = wider;
                }
                rows.at[rows.n++] = scan_decode(scan, &view, arena);
        }
        if (txn_ok(scan->txn))
                return rows;
        txn_row(scan->txn, NULL);
        return (struct rows){0};
}

/* What was read for the key, or the entry to be replaced by it. */
static struct shared_entry *entry_of(struct shared *shared, struct bytes key, uint64_t hash)
{
        struct shared_set *set = &shared->sets[hash % SHARED_SETS];

        for (size_t i = 0; i < SHARED_SLOTS; i++) {
                struct shared_entry *entry = &set->entries[i];

                if (entry->hash == hash && bytes_equal(entry->key, key))
                        return entry;
        }
        return &set->entries[set->next++ % SHARED_SLOTS];
}

/* Of the table whose keys or entries begin with key; scan: over them, or NULL. */
static struct rows shared_rows(
        struct txn *txn, const struct schema_table *table, struct bytes key, struct scan *scan)
{
        struct shared *shared = txn->store->shared;
        uint64_t hash = bytes_hash(key, 0);
        struct shared_entry *entry = entry_of(shared, key, hash);
        uint64_t changes = shared->changes[table->number % SHARED_TABLES];

        if (entry->changes == changes && bytes_equal(entry->key, key))
                return entry->rows;
        if (scan == NULL)
                scan = scan_rows(txn, table, key, MERGE_UP);
        struct rows rows = read_rows(scan, &shared->arena);

        if (txn_ok(txn))
                *entry = (struct shared_entry){
                        .key = bytes_of(arena_copy(&shared->arena, key.data, key.len), key.len),
                        .hash = hash,
                        .changes = changes,
                        .rows = rows,
                };
        return rows;
}

static void check_sharable(const struct schema_table *table)
{
        assert(!table->log && !layout_under_owner(table) && table->sealed_count == 0 &&
                "rows of everybody are shared");
}

struct rows scan_shared(struct scan *scan)
{
        struct txn *txn = scan->txn;

        check_sharable(scan->table);
        if (scan->empty || txn->group == NULL)
                return read_rows(scan, txn->arena);
        assert(scan->merge == NULL && scan->direction == MERGE_UP);
        return shared_rows(txn, scan->table, scan->prefix, scan);
}

const void *txn_get_shared(
        struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        struct place place;

        check_sharable(table);
        if (txn->group == NULL || !txn_ok(txn) || !row_place(txn, table, key, &place))
                return txn_get(txn, table, key);
        struct rows rows = shared_rows(txn, table, key_bytes_of(&place.key), NULL);

        return rows.n > 0 ? rows.at[0] : NULL;
}
