/*
 * Reads the whole database within one snapshot, tree by tree in the order of keys, with memory
 * for one entry at a time. Nothing that is read is believed: keys are taken apart with their
 * lengths checked, and a table or index that the contract does not know is a fault, not a crash.
 */
#include "lib/store/verify.h"
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>

void proof_fault(struct verify *verify, const char *kind, const struct schema_table *table,
        const char *key, const char *format, ...)
{
        va_list args;

        verify->faults++;
        va_start(args, format);
        verify->report(verify->context, kind, table != NULL ? table->name : "", key,
                arena_vprintf(&verify->arena, format, args));
        va_end(args);
}

static void entry_begin(struct verify *verify)
{
        arena_reset(&verify->arena);
        error_init(&verify->txn.error, &verify->arena);
}

/* A key that nobody can read, without the tree's byte. */
static const char *hex_text(struct verify *verify, const struct key *key)
{
        char *hex = arena_alloc(&verify->arena, 2 * KEY_LEN_MAX + 1);

        bytes_to_hex(bytes_of(key->data + 1, key->len - 1), hex);
        return hex;
}

static void merge_all(struct verify *verify, struct merge *merge, uint8_t tree)
{
        merge_init(merge, NULL, verify->txn.snapshot, bytes_of(&tree, 1), MERGE_UP);
        merge->position = merge->lower; /* for a fault before the first entry */
}

static void merge_end(struct verify *verify, struct merge *merge, enum engine_found found)
{
        entry_begin(verify);
        if (found == ENGINE_FAILED)
                proof_fault(verify, "PAGE_DAMAGED", NULL, hex_text(verify, &merge->position),
                        "the database's own pages cannot be read beyond this key");
        merge_close(merge);
}

static void walk_meta(struct verify *verify)
{
        struct merge merge;
        struct bytes value;
        enum engine_found found;

        merge_all(verify, &merge, TREE_META);
        while ((found = merge_next(&merge, &value)) == ENGINE_FOUND) {
                entry_begin(verify);
                const char *name = arena_printf(&verify->arena, "%.*s", (int)merge.position.len - 1,
                        (const char *)merge.position.data + 1);
                if (!meta_read(&verify->txn, name, &value))
                        proof_fault(verify, "META_CHECKSUM", NULL, name,
                                "the store's record is not what was written");
        }
        merge_end(verify, &merge, found);
}

/* ---- the main tree ---- */

struct entry {
        struct place place; /* of the entry: key_at behind the index byte */
        const struct schema_table *table;
        const struct schema_index *index; /* NULL: a row or locator */
};

static const struct schema_index *index_numbered(const struct schema_table *table, unsigned number)
{
        for (uint16_t i = 0; i < table->index_count; i++) {
                if (table->indexes[i].number == number)
                        return &table->indexes[i];
        }
        return NULL;
}

/* Takes a key apart; false when the contract knows nothing like it. */
static bool entry_parse(struct verify *verify, const struct key *key, struct entry *out)
{
        size_t at = 2;

        out->place.key = *key;
        out->place.owner_len = 0;
        if (key->len < 2)
                return false;
        if (key->data[1] == ZONE_OWNER) {
                out->place.owner_len = layout_text_len(bytes_of(key->data + 2, key->len - 2));
                if (out->place.owner_len == 0)
                        return false;
                at += out->place.owner_len;
        } else if (key->data[1] != ZONE_LARGE) {
                return false;
        }
        if (key->len < at + 3)
                return false;
        out->place.key_at = at + 3;
        out->table = schema_table(
                verify->txn.store->schema, (uint16_t)(key->data[at] << 8 | key->data[at + 1]));
        if (out->table == NULL)
                return false;
        out->index = index_numbered(out->table, key->data[at + 2]);
        return key->data[at + 2] == 0 || out->index != NULL;
}

static bool entry_in_its_zone(const struct entry *entry)
{
        bool owned = entry->place.owner_len > 0;
        bool under = layout_under_owner(entry->table);

        if (entry->index != NULL)
                return owned == entry->index->under_owner;
        if (entry->table->log)
                return false;
        return owned == under || (!owned && entry->table->parent == NULL);
}

static void verify_entry(struct verify *verify, const struct key *key, struct bytes value)
{
        struct entry entry;
        struct row_view view;

        if (!entry_parse(verify, key, &entry)) {
                proof_fault(verify, "UNKNOWN_ENTRY", NULL, hex_text(verify, key),
                        "no table or index of the contract has such a key");
                return;
        }
        if (!entry_in_its_zone(&entry))
                proof_fault(verify, "ROW_MISPLACED", entry.table, hex_text(verify, key), "%s",
                        entry.place.owner_len > 0 ? "the entry lies under an owner"
                                                  : "the entry does not lie under its owner");
        else if (entry.index != NULL)
                verify_index_entry(verify, entry.table, entry.index, &entry.place, value);
        else if (layout_under_owner(entry.table) && entry.place.owner_len == 0)
                verify_locator(verify, entry.table, &entry.place, value);
        else
                verify_row(verify, entry.table, &entry.place, value, &view);
}

static void walk_main(struct verify *verify)
{
        struct merge merge;
        struct bytes value;
        enum engine_found found;

        merge_all(verify, &merge, TREE_MAIN);
        while ((found = merge_next(&merge, &value)) == ENGINE_FOUND) {
                entry_begin(verify);
                verify_entry(verify, &merge.position, value);
        }
        merge_end(verify, &merge, found);
}

/* ---- logs ---- */

struct log_walk {
        const struct schema_table *table;
        uint64_t number; /* of the row before, 0: none */
        uint8_t link[LINK_LEN];
};

static void verify_link(
        struct verify *verify, struct log_walk *walk, const struct row_view *view, uint64_t number)
{
        uint8_t link[LINK_LEN];

        if (!walk->table->chained)
                return;
        log_link(walk->link, view->message, view->sequence, link);
        /* What came before a dropped segment is gone: its first row is taken as it is. */
        if ((walk->number > 0 || number == 1) && memcmp(link, view->link, LINK_LEN) != 0)
                proof_fault(verify, "CHAIN_BROKEN", walk->table,
                        arena_printf(&verify->arena, "%" PRIu64, number),
                        "the row does not continue the chain");
        memcpy(walk->link, view->link, LINK_LEN);
}

static void verify_log_row(
        struct verify *verify, struct log_walk *walk, const struct key *key, struct bytes value)
{
        const struct place place = {.key = *key, .key_at = 1};
        struct row_view view;

        if (key->len != 9) {
                proof_fault(verify, "UNKNOWN_ENTRY", walk->table, hex_text(verify, key),
                        "no row of a log has such a key");
                return;
        }
        uint64_t number = layout_get_u64(key->data + 1);
        if (walk->number > 0 && number != walk->number + 1)
                proof_fault(verify, "LOG_GAP", walk->table,
                        arena_printf(&verify->arena, "%" PRIu64, number),
                        "the row before it is %" PRIu64, walk->number);
        if (verify_row(verify, walk->table, &place, value, &view))
                verify_link(verify, walk, &view, number);
        else if (walk->table->chained && value.len >= LINK_LEN + 16)
                memcpy(walk->link, value.data + value.len - 16 - LINK_LEN, LINK_LEN);
        walk->number = number;
}

static void walk_log(struct verify *verify, const struct schema_table *table)
{
        struct log_walk walk = {.table = table};
        struct log_head head;
        struct merge merge;
        struct bytes value;
        enum engine_found found;

        merge_all(verify, &merge, store_tree(verify->txn.store, table));
        while ((found = merge_next(&merge, &value)) == ENGINE_FOUND) {
                entry_begin(verify);
                verify_log_row(verify, &walk, &merge.position, value);
        }
        merge_end(verify, &merge, found);
        log_head_read(&verify->txn, table, &head);
        if (txn_ok(&verify->txn) &&
                (head.number != walk.number || memcmp(head.link, walk.link, LINK_LEN) != 0))
                proof_fault(verify, "HEAD_MISMATCH", table,
                        arena_printf(&verify->arena, "%" PRIu64, head.number),
                        "the head is row %" PRIu64 ", the last row is %" PRIu64, head.number,
                        walk.number);
}

static void head_outside_fault(
        void *context, const struct schema_table *table, const char *sentence)
{
        proof_fault(context, "HEAD_MISMATCH", table, CHAIN_FILE, "%s", sentence);
}

size_t store_verify(struct store *store, verify_report *report, void *context)
{
        struct arena arena;
        struct verify verify = {.report = report, .context = context};

        arena_init(&arena);
        arena_init(&verify.arena);
        struct txn *reader = txn_begin_read(store, &arena);
        verify.txn = *reader;
        verify.txn.arena = &verify.arena;
        entry_begin(&verify);
        if (reader->snapshot == NULL) {
                proof_fault(&verify, "PAGE_DAMAGED", NULL, "", "the database cannot be read");
        } else {
                verify.sequence = txn_sequence(&verify.txn);
                walk_meta(&verify);
                walk_main(&verify);
                for (size_t i = 0; i < store->log_count; i++)
                        walk_log(&verify, store->logs[i]);
                entry_begin(&verify);
                if (store->dir != NULL)
                        chain_compare(&verify.txn, store->dir, head_outside_fault, &verify);
        }
        txn_end(reader);
        arena_release(&verify.arena);
        arena_release(&arena);
        return verify.faults;
}
