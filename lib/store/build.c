/*
 * Indexes that the stored contract lacked, built while the store serves. Writes maintain an
 * unfinished index from the first moment; the build walks the rows in key order and writes the
 * entry that each should have, which changes nothing where a write was there before it. How far
 * it is, is durable with the entries, so a kill costs one step.
 */
#include <assert.h>
#include <stdio.h>
#include "lib/schema/decode.h"
#include "lib/store/scan.h"
#include "lib/store/sealed.h"

struct build {
        const struct schema_table *table;
        const struct schema_index *index; /* NULL: its rows are sealed */
        char name[32];
        struct bytes progress; /* full key without its tree, empty at the beginning */
};

bool build_unfinished(
        struct txn *txn, const struct schema_table *table, const struct schema_index *index)
{
        struct bytes progress;
        char name[32];

        build_name(name, table->number, index->number);
        return meta_read(txn, name, &progress);
}

static void builds_merge(struct txn *txn, struct merge *merge)
{
        struct key prefix;

        key_clear(&prefix);
        key_append_byte(&prefix, TREE_META);
        key_append_raw(&prefix, bytes_of_text(BUILD_PREFIX));
        merge_init(merge, txn_overlay(txn), txn->snapshot, key_bytes_of(&prefix), MERGE_UP);
}

uint32_t build_count(struct txn *txn)
{
        struct merge merge;
        struct bytes value;
        uint32_t count = 0;

        builds_merge(txn, &merge);
        while (merge_next(&merge, &value) == ENGINE_FOUND)
                count++;
        merge_close(&merge);
        return count;
}

static const struct schema_index *index_numbered(const struct schema_table *table, unsigned number)
{
        for (uint16_t i = 0; i < table->index_count; i++) {
                if (table->indexes[i].number == number)
                        return &table->indexes[i];
        }
        return NULL;
}

static bool build_first(struct txn *txn, struct build *out)
{
        struct merge merge;
        struct bytes value;
        unsigned table, index;

        builds_merge(txn, &merge);
        bool found = merge_next(&merge, &value) == ENGINE_FOUND;
        if (found)
                snprintf(out->name, sizeof(out->name), "%.*s", (int)merge.position.len - 1,
                        (const char *)merge.position.data + 1);
        merge_close(&merge);
        if (!found || !meta_read(txn, out->name, &out->progress))
                return false;
        if (sscanf(out->name, BUILD_PREFIX "%u.%u", &table, &index) != 2)
                return false;
        out->table = schema_table(txn->store->schema, (uint16_t)table);
        out->index = out->table != NULL ? index_numbered(out->table, index) : NULL;
        assert(out->table != NULL && (out->index != NULL || index == 0)); /* contract_open has
                                                                            compared them */
        return true;
}

/* Where this table's rows are: a range of their own, or spread over all owners. */
static void rows_merge(struct txn *txn, const struct build *build, struct merge *merge)
{
        struct key key;

        if (layout_under_owner(build->table)) {
                key_clear(&key);
                key_append_byte(&key, TREE_MAIN);
                key_append_byte(&key, ZONE_OWNER);
        } else {
                struct place place;

                layout_place(&place, store_tree(txn->store, build->table), build->table,
                        bytes_of(NULL, 0), NULL, 0);
                key = place.key;
        }
        merge_init(merge, txn_overlay(txn), txn->snapshot, key_bytes_of(&key), MERGE_UP);
        if (build->progress.len > 0) {
                struct key from;

                key_clear(&from);
                key_append_byte(&from, key.data[0]);
                key_append_raw(&from, build->progress);
                merge_seek_after(merge, key_bytes_of(&from));
        }
}

/* Is this entry a row of the table? Fills in its place. */
static bool row_entry(const struct build *build, const struct key *key, struct place *out)
{
        size_t owner = 0;

        out->key = *key;
        out->owner_len = 0;
        out->key_at = build->table->log ? 1 : 5;
        if (!layout_under_owner(build->table))
                return true;
        owner = layout_text_len(bytes_of(key->data + 2, key->len - 2));
        if (owner == 0 || key->len < owner + 5)
                return false;
        out->owner_len = owner;
        out->key_at = 5 + owner;
        const uint8_t *head = key->data + 2 + owner;
        return (head[0] << 8 | head[1]) == build->table->number && head[2] == 0;
}

/* What became personal with a new contract. The etag is not stored, and a link of a chain was made
 * over what was stored then: such rows stay as they are, and verify tells of them. */
static void seal_row_again(struct txn *txn, const struct schema_table *table, struct image *image,
        const struct row_view *view)
{
        if (table->chained)
                return;
        if (table->etag != SCHEMA_NONE)
                *(const char **)schema_member(
                        image->row, &table->message->descriptor->fields[table->etag]) = "";
        row_reseal(txn, table, image, view);
}

static void build_row(
        struct txn *txn, const struct build *build, const struct place *place, struct bytes value)
{
        struct image image = {.place = *place};
        struct index_entry entry;
        struct row_view view;
        struct bytes there;

        if (!row_open(txn, build->table, place, value, &view))
                return;
        if (build->index == NULL && !sealed_missing(build->table, &view))
                return;
        image.row = row_decode(txn, build->table, &view, place);
        if (image.row != NULL && build->index == NULL) {
                seal_row_again(txn, build->table, &image, &view);
                return;
        }
        if (image.row == NULL ||
                !layout_index(&entry, txn->store->keyring, build->table, build->index, &image))
                return;
        /* A write may have been here before. */
        if (!entry.key.overflow && txn_read(txn, key_bytes_of(&entry.key), &there) &&
                bytes_equal(there, key_bytes_of(&entry.location)))
                return;
        index_replace(txn, build->table, build->index, NULL, &image);
}

/* True when the last row was reached. */
static bool build_rows(struct txn *txn, struct build *build, size_t step_rows)
{
        struct merge merge;
        struct bytes value;
        struct place place;
        size_t count = 0;
        bool more = true;

        rows_merge(txn, build, &merge);
        while (count < step_rows && txn_ok(txn) && more) {
                more = merge_next(&merge, &value) == ENGINE_FOUND;
                if (more && row_entry(build, &merge.position, &place))
                        build_row(txn, build, &place, value);
                count++;
        }
        merge_close(&merge);
        if (more)
                meta_write(txn, build->name,
                        bytes_of(merge.position.data + 1, merge.position.len - 1));
        else
                meta_erase(txn, build->name);
        return !more;
}

bool store_build_step(struct store *store, size_t step_rows, struct error *error)
{
        struct build build = {0};
        struct arena arena;

        if (atomic_load(&store->unfinished) == 0)
                return false;
        arena_init(&arena);
        struct group *group = group_begin(store);
        struct txn *txn = group_txn(group, &arena);
        txn->sequence =
                group->sequence; /* a step is no call: what it makes came with the last one */
        bool finished = build_first(txn, &build) && build_rows(txn, &build, step_rows);
        uint32_t left = build_count(txn);
        enum status status = txn_status(txn);
        if (status == OK) {
                txn_keep_quietly(txn);
                status = group_commit(group, error);
        } else {
                error_set(error, status, txn->error.reason, "index of %s: %s",
                        build.table != NULL ? build.table->name : "a table", txn->error.message);
                group_abandon(group);
        }
        if (status == OK && finished)
                atomic_store(&store->unfinished, left);
        arena_release(&arena);
        return status == OK && left > 0;
}
