/*
 * Every scan is a range of full keys and one of three ways from an entry to its row: the entry
 * is the row; it is a locator and names the owner under whom the row is; it is an index entry
 * and names the row's place. An entry without its row is a fault of the database and sticks.
 */
#include "lib/store/scan.h"
#include <assert.h>
#include "lib/schema/decode.h"

void scans_close_since(struct txn *txn, struct scan *last)
{
        for (struct scan *scan = txn->scans; scan != last; scan = scan->next) {
                if (scan->merge != NULL)
                        merge_close(scan->merge);
                if (scan->fleeting)
                        arena_release(&scan->rows);
        }
        txn->scans = last;
}

void scans_close(struct txn *txn)
{
        scans_close_since(txn, NULL);
}

static struct scan *scan_new(struct txn *txn, const struct schema_table *table)
{
        struct scan *scan = arena_room(txn->arena, sizeof(*scan));

        memset(scan, 0, offsetof(struct scan, place));
        scan->txn = txn;
        scan->table = table;
        scan->empty = !txn_ok(txn) || txn->snapshot == NULL;
        return scan;
}

static void scan_begin(struct scan *scan)
{
        struct txn *txn = scan->txn;

        if (scan->merge != NULL)
                return;
        scan->merge = arena_room(txn->arena, sizeof(*scan->merge));
        merge_init(scan->merge, txn_overlay(txn), txn->snapshot, scan->prefix, scan->direction);
}

static void scan_over(struct scan *scan, struct bytes prefix, enum merge_direction direction)
{
        struct txn *txn = scan->txn;

        scan->prefix = bytes_of(arena_copy(txn->arena, prefix.data, prefix.len), prefix.len);
        scan->direction = direction;
        scan->next = txn->scans;
        txn->scans = scan;
        /* What a reader takes later it may forget before the scan; see txn_forget. */
        if (txn->group == NULL)
                scan_begin(scan);
}

struct scan *scan_rows(struct txn *txn, const struct schema_table *table, struct bytes prefix,
        enum merge_direction direction)
{
        struct scan *scan = scan_new(txn, table);

        if (!scan->empty)
                scan_over(scan, prefix, direction);
        return scan;
}

/* The prefix of a scan by key: under the owner that is given, or that the first values name. */
static bool rows_prefix(struct scan *scan, const char *owner, const struct key_value *values,
        size_t count, struct key *out)
{
        struct txn *txn = scan->txn;
        struct place place;
        struct key under;

        key_clear(&under);
        if (layout_under_owner(scan->table) && owner != NULL) {
                key_append(&under, key_text(owner));
        } else if (layout_under_owner(scan->table)) {
                const struct schema_table *root = layout_root(scan->table);

                if (count >= root->key_count && !row_owner(txn, scan->table, values, &under))
                        return false;
                assert(count >= root->key_count || root == scan->table);
                if (count < root->key_count)
                        scan->type = SCAN_LOCATORS;
        }
        layout_place(&place, store_tree(txn->store, scan->table), scan->table, key_bytes_of(&under),
                values, count);
        *out = place.key;
        return key_fits(txn, scan->table, out);
}

/* Under the owner: the first value is the owner, or owner is and there are no values. */
static bool index_prefix(struct scan *scan, const char *owner, const struct key_value *values,
        size_t count, struct key *out)
{
        struct txn *txn = scan->txn;
        struct key under;
        size_t first = 0;

        key_clear(&under);
        if (scan->index->under_owner) {
                assert(count > 0 || owner != NULL);
                key_append(&under, count > 0 ? values[0] : key_text(owner));
                first = 1;
                uint8_t *copy = arena_copy(txn->arena, under.data, under.len);
                scan->owner = bytes_of(copy, under.len);
        }
        layout_prefix(out, scan->table->number, scan->index->number, scan->owner);
        struct index_part part = {scan->table, scan->index, (uint16_t)first};
        for (; part.at < count; part.at++)
                layout_append_indexed(out, txn->store->keyring, &part, values[part.at]);
        return key_fits(txn, scan->table, out);
}

static bool index_usable(
        struct txn *txn, const struct schema_table *table, const struct schema_index *index)
{
        if (!txn->building || !build_unfinished(txn, table, index))
                return true;
        txn_stick(txn, UNAVAILABLE, "INDEX_BUILDING", "index %s of %s is still being built",
                index->name, table->name);
        return false;
}

struct scan *txn_scan(struct txn *txn, const struct schema_table *table,
        const struct schema_index *index, const char *owner, const struct key_value *values,
        size_t count, enum direction direction)
{
        struct scan *scan = scan_new(txn, table);
        struct key prefix;

        if (scan->empty)
                return scan;
        scan->index = index;
        scan->type = index != NULL ? SCAN_INDEX : SCAN_ROWS;
        scan->empty = index != NULL ? !index_usable(txn, table, index) ||
                                              !index_prefix(scan, owner, values, count, &prefix)
                                    : !rows_prefix(scan, owner, values, count, &prefix);
        if (!scan->empty)
                scan_over(scan, key_bytes_of(&prefix),
                        direction == ASCENDING ? MERGE_UP : MERGE_DOWN);
        return scan;
}

void scan_between(struct scan *scan, const struct key_value *from, const struct key_value *before)
{
        if (scan->empty)
                return;
        scan_begin(scan);
        assert(!scan->merge->started && scan->merge->cursor == NULL);
        if (from != NULL) {
                key_clear(&scan->merge->lower);
                key_append_raw(&scan->merge->lower, scan->prefix);
                key_append(&scan->merge->lower, *from);
        }
        if (before != NULL) {
                key_clear(&scan->merge->upper);
                key_append_raw(&scan->merge->upper, scan->prefix);
                key_append(&scan->merge->upper, *before);
        }
}

void scan_after(struct scan *scan, struct bytes position)
{
        if (scan->empty || position.len <= 1 || position.len > KEY_LEN_MAX)
                return;
        scan_begin(scan);
        merge_seek_after(scan->merge, position);
}

struct bytes scan_position(const struct scan *scan)
{
        if (scan->merge == NULL || !scan->merge->started)
                return bytes_of(NULL, 0);
        const struct key *key = &scan->merge->position;

        return bytes_of(arena_copy(scan->txn->arena, key->data, key->len), key->len);
}

static bool scan_dangling(struct scan *scan)
{
        txn_stick(scan->txn, DATA_LOSS,
                scan->type == SCAN_LOCATORS ? "LOCATOR_DANGLING" : "INDEX_DANGLING",
                "an entry of %s names a row that is not there", scan->table->name);
        return false;
}

/* From the entry under the merge's position to the row's place. */
static bool scan_follow(struct scan *scan, struct bytes value)
{
        uint8_t tree = store_tree(scan->txn->store, scan->table);
        struct bytes position = key_bytes_of(&scan->merge->position);
        const size_t head = 5; /* tree, zone, table, index */

        if (scan->type == SCAN_INDEX)
                return layout_follow(
                        &scan->place, tree, scan->table, scan->index, scan->owner, value);
        layout_place_raw(&scan->place, tree, scan->table, value,
                bytes_of(position.data + head, position.len - head));
        return value.len > 0;
}

bool scan_step(struct scan *scan, struct row_view *view)
{
        struct bytes value;

        if (scan->empty || !txn_ok(scan->txn))
                return false;
        scan_begin(scan);
        enum engine_found found = merge_next(scan->merge, &value);
        if (found == ENGINE_FAILED)
                txn_stick(scan->txn, UNAVAILABLE, "STORE_FAILED", "the database cannot be read");
        if (found != ENGINE_FOUND) {
                merge_close(scan->merge); /* the next scan takes its cursor */
                return false;
        }
        if (scan->type == SCAN_ROWS)
                return row_of_entry(scan->txn, scan->table, key_bytes_of(&scan->merge->position),
                        value, &scan->place, view);
        if (!scan_follow(scan, value))
                return scan_dangling(scan);
        if (row_at(scan->txn, scan->table, &scan->place, view))
                return true;
        return scan_dangling(scan);
}

void scan_fleeting(struct scan *scan)
{
        if (scan->empty || scan->fleeting)
                return;
        scan_begin(scan);
        scan->fleeting = true;
        arena_init(&scan->rows);
}

void *scan_decode(struct scan *scan, const struct row_view *view, struct arena *arena)
{
        struct txn *txn = scan->txn;
        struct arena *own = txn->arena;

        txn->arena = arena;
        void *row = row_decode(txn, scan->table, view, &scan->place);

        txn->arena = own;
        if (row == NULL) /* what is said of it must last as long as the transaction */
                txn->error.message = arena_text(own, txn->error.message);
        return row;
}

void *scan_next(struct scan *scan)
{
        struct txn *txn = scan->txn;
        struct row_view view;

        if (!scan_step(scan, &view))
                return txn_row(txn, NULL);
        if (scan->fleeting)
                arena_reset(&scan->rows);
        return txn_row(txn, scan_decode(scan, &view, scan->fleeting ? &scan->rows : txn->arena));
}

struct bytes scan_next_bytes(struct scan *scan)
{
        struct row_view view;

        if (!scan_step(scan, &view))
                return bytes_of(NULL, 0);
        return row_bytes(scan->txn, scan->table, &view, &scan->place);
}

void *txn_get_by(struct txn *txn, const struct schema_table *table,
        const struct schema_index *index, const struct key_value *values)
{
        struct scan scan = {.txn = txn, .table = table, .index = index, .type = SCAN_INDEX};
        struct bytes location;
        struct row_view view;
        struct key key;

        assert(index->unique);
        if (!txn_ok(txn) || !index_usable(txn, table, index) ||
                !index_prefix(&scan, NULL, values, index->field_count, &key) ||
                !txn_find(txn, key_bytes_of(&key),
                        values_are_fresh(txn, values, index->field_count), &location))
                return txn_row(txn, NULL);
        if (!layout_follow(&scan.place, store_tree(txn->store, table), table, index, scan.owner,
                    location) ||
                !row_at(txn, table, &scan.place, &view)) {
                scan_dangling(&scan);
                return txn_row(txn, NULL);
        }
        return txn_row(txn, row_decode(txn, table, &view, &scan.place));
}
