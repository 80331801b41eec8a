/*
 * Verify finds each planted fault and names kind, table and key. A list of faults: what is done
 * to the file, and what must be said about it.
 */
#include "tests/unit/store/fixture.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "lib/schema/decode.h"
#include "tests/unit/store/plant.h"

#define ITEM_SKU     (&item_table.indexes[1])
#define BASKET_STATE (&basket_table.indexes[1])

static void append(struct txn *txn, const char *subject)
{
        Happening row = SHOP__HAPPENING__INIT;

        row.subject = subject;
        txn_append(txn, &happening_table, &row);
}

static void fill(struct fixture *f)
{
        struct txn *txn = fixture_begin(f);
        Person p1 = person_of("p1", "one@example.com");
        Person p2 = person_of("p2", "");
        Crate crate = SHOP__CRATE__INIT;
        CratePart part = SHOP__CRATE_PART__INIT;

        txn_insert(txn, &person_table, &p1);
        txn_insert(txn, &person_table, &p2);
        for (int i = 1; i <= 3; i++) {
                char id[8], sku[8];

                snprintf(id, sizeof(id), "i%d", i);
                snprintf(sku, sizeof(sku), "S%d", i);
                Item item = item_of(id, "tea", 100 * i);
                item.sku = sku;
                txn_insert(txn, &item_table, &item);
                append(txn, id);
        }
        Basket b1 = basket_of("b1", "p1", 1);
        Basket b2 = basket_of("b2", "p2", 2);
        BasketLine line = line_of("b1", 1, "i1");
        BasketUnit unit = unit_of("b1", 1, 1, "s1");
        txn_insert(txn, &basket_table, &b1);
        txn_insert(txn, &basket_table, &b2);
        txn_insert(txn, &basket_line_table, &line);
        txn_insert(txn, &basket_unit_table, &unit);
        crate.id = "c1";
        part.crate_id = "c1";
        txn_insert(txn, &crate_table, &crate);
        txn_insert(txn, &crate_part_table, &part);
        txn_meta_put(txn, "time", bytes_of("now", 3));
        fixture_commit(f);
        append(fixture_begin(f), "last");
        fixture_commit(f);
        assert_verified(f);
        fixture_close(f);
}

/* ---- where things are ---- */

static struct bytes without_tree(struct arena *arena, const struct key *key)
{
        return bytes_of(arena_copy(arena, key->data + 1, key->len - 1), key->len - 1);
}

/* owner NULL: at large. */
static struct bytes row_key(struct fixture *f, const struct schema_table *table, const char *owner,
        const struct key_value *values)
{
        struct place place;
        struct key under;

        key_clear(&under);
        if (owner != NULL)
                key_append(&under, key_text(owner));
        layout_place(&place, TREE_MAIN, table, key_bytes_of(&under), values, table->key_count);
        return without_tree(&f->arena, &place.key);
}

static struct bytes item_key(struct fixture *f, const char *id)
{
        return row_key(f, &item_table, NULL, &key_text(id));
}

static struct bytes basket_key(struct fixture *f, const char *owner, const char *id)
{
        return row_key(f, &basket_table, owner, &key_text(id));
}

static struct bytes index_key(struct fixture *f, const struct schema_table *table, uint8_t index,
        struct key_value value, const char *row)
{
        struct key key;

        layout_prefix(&key, table->number, index, bytes_of(NULL, 0));
        key_append(&key, value);
        if (row != NULL)
                key_append(&key, key_text(row));
        return without_tree(&f->arena, &key);
}

static struct bytes text_key(struct fixture *f, const char *owner, const char *id)
{
        struct key key;

        key_clear(&key);
        if (owner != NULL)
                key_append(&key, key_text(owner));
        key_append(&key, key_text(id));
        return bytes_of(arena_copy(&f->arena, key.data, key.len), key.len);
}

static struct bytes log_key(struct fixture *f, uint64_t number)
{
        uint8_t data[8];

        layout_put_u64(data, number);
        return bytes_of(arena_copy(&f->arena, data, 8), 8);
}

/* The row without its envelope. */
static struct row_view view_of(const struct schema_table *table, struct bytes value)
{
        size_t tail = 16 + (table->chained ? LINK_LEN : 0);

        return (struct row_view){
                .message = bytes_of(value.data, value.len - tail),
                .link = table->chained ? value.data + value.len - 16 - LINK_LEN : NULL,
                .sequence = layout_get_u64(value.data + value.len - 16),
        };
}

/* ---- the faults ---- */

static void row_bit(struct fixture *f, struct plant *p)
{
        plant_flip(p, "main", item_key(f, "i2"), 20);
}

static void sequence_bit(struct fixture *f, struct plant *p)
{
        plant_flip(p, "main", item_key(f, "i2"), 8);
}

static void checksum_bit(struct fixture *f, struct plant *p)
{
        plant_flip(p, "main", item_key(f, "i2"), 0);
}

static void row_cut(struct fixture *f, struct plant *p)
{
        struct bytes value = plant_get(p, "main", item_key(f, "i2"));

        plant_put(p, "main", item_key(f, "i2"), bytes_of(value.data, 7));
}

static void rows_swapped(struct fixture *f, struct plant *p)
{
        struct bytes first = plant_get(p, "main", item_key(f, "i1"));
        struct bytes second = plant_get(p, "main", item_key(f, "i2"));

        plant_put(p, "main", item_key(f, "i1"), second);
        plant_put(p, "main", item_key(f, "i2"), first);
}

static void table_number_wrong(struct fixture *f, struct plant *p)
{
        struct bytes value = plant_get(p, "main", item_key(f, "i2"));

        plant_put(p, "main", row_key(f, &crate_table, NULL, &key_text("i2")), value);
        plant_delete(p, "main", item_key(f, "i2"));
}

static void table_unknown(struct fixture *f, struct plant *p)
{
        plant_put(p, "main", bytes_of("\x01\x77\x77\x00xyz", 7), bytes_of("row", 3));
}

static void row_malformed(struct fixture *f, struct plant *p)
{
        const struct row_view row = {.message = bytes_of("\xff\xff\xff", 3), .sequence = 1};

        plant_row(p, "main", &item_table, item_key(f, "i2"), &row);
}

static void row_under_other_key(struct fixture *f, struct plant *p)
{
        struct row_view row = view_of(&item_table, plant_get(p, "main", item_key(f, "i2")));

        plant_row(p, "main", &item_table, item_key(f, "i9"), &row);
}

static void index_entry_deleted(struct fixture *f, struct plant *p)
{
        plant_delete(p, "main", index_key(f, &item_table, ITEM_SKU->number, key_text("S2"), NULL));
}

static void index_entry_extra(struct fixture *f, struct plant *p)
{
        plant_put(p, "main", index_key(f, &item_table, ITEM_SKU->number, key_text("S9"), NULL),
                text_key(f, NULL, "i2"));
}

static void index_entry_dangling(struct fixture *f, struct plant *p)
{
        plant_put(p, "main", index_key(f, &item_table, ITEM_SKU->number, key_text("S9"), NULL),
                text_key(f, NULL, "i9"));
}

static void index_entry_to_wrong_row(struct fixture *f, struct plant *p)
{
        plant_put(p, "main", index_key(f, &item_table, ITEM_SKU->number, key_text("S2"), NULL),
                text_key(f, NULL, "i3"));
}

static void index_entry_under_wrong_owner(struct fixture *f, struct plant *p)
{
        plant_put(p, "main", index_key(f, &basket_table, BASKET_STATE->number, key_int(0), "b1"),
                text_key(f, "p2", "b1"));
}

static void locator_missing(struct fixture *f, struct plant *p)
{
        plant_delete(p, "main", row_key(f, &basket_table, NULL, &key_text("b1")));
}

static void locator_dangling(struct fixture *f, struct plant *p)
{
        struct key owner;

        key_clear(&owner);
        key_append(&owner, key_text("p1"));
        plant_put(
                p, "main", row_key(f, &basket_table, NULL, &key_text("b9")), key_bytes_of(&owner));
}

static void locator_to_wrong_owner(struct fixture *f, struct plant *p)
{
        struct key owner;

        key_clear(&owner);
        key_append(&owner, key_text("p1"));
        plant_put(
                p, "main", row_key(f, &basket_table, NULL, &key_text("b2")), key_bytes_of(&owner));
}

static void row_under_wrong_owner(struct fixture *f, struct plant *p)
{
        struct bytes value = plant_get(p, "main", basket_key(f, "p2", "b2"));
        struct row_view row = view_of(&basket_table, value);

        plant_row(p, "main", &basket_table, basket_key(f, "p1", "b2"), &row);
        plant_delete(p, "main", basket_key(f, "p2", "b2"));
}

static void row_at_large(struct fixture *f, struct plant *p)
{
        const struct key_value line[] = {key_text("b1"), key_int(7)};

        plant_put(p, "main", row_key(f, &basket_line_table, NULL, line), bytes_of("row", 3));
}

static void child_orphan(struct fixture *f, struct plant *p)
{
        plant_delete(p, "main", row_key(f, &crate_table, NULL, &key_text("c1")));
}

static void child_orphan_under_owner(struct fixture *f, struct plant *p)
{
        const struct key_value line[] = {key_text("b1"), key_int(1)};

        plant_delete(p, "main", row_key(f, &basket_line_table, "p1", line));
}

static void ref_dangling(struct fixture *f, struct plant *p)
{
        plant_delete(p, "main", item_key(f, "i1"));
}

static void event_removed(struct fixture *f, struct plant *p)
{
        plant_delete(p, "log.7", log_key(f, 2));
}

static void event_changed(struct fixture *f, struct plant *p)
{
        struct row_view row = view_of(&happening_table, plant_get(p, "log.7", log_key(f, 2)));
        Happening *message = decode_trusted(&f->arena, &shop__happening__descriptor, row.message);

        message->kind = "invented";
        row.message = encode(&f->arena, message);
        plant_row(p, "log.7", &happening_table, log_key(f, 2), &row);
}

static void event_bit(struct fixture *f, struct plant *p)
{
        plant_flip(p, "log.7", log_key(f, 2), 50);
}

static void log_tail_cut(struct fixture *f, struct plant *p)
{
        plant_delete(p, "log.7", log_key(f, 4));
        unlink(fixture_path(f, "chain.head"));
}

static void event_invented(struct fixture *f, struct plant *p)
{
        struct row_view row = view_of(&happening_table, plant_get(p, "log.7", log_key(f, 4)));

        plant_row(p, "log.7", &happening_table, log_key(f, 5), &row);
}

static void sequence_behind(struct fixture *f, struct plant *p)
{
        plant_meta(p, "sequence", log_key(f, 1));
}

static void meta_bit(struct fixture *f, struct plant *p)
{
        plant_flip(p, "meta", bytes_of_text("user.time"), 8);
}

struct fault {
        const char *name;
        void (*plant)(struct fixture *f, struct plant *p);
        const char *kind;
        const char *table;
        const char *key;
};

static const struct fault faults[] = {
        {"a bit of a row", row_bit, "ROW_CHECKSUM", "Item", "i2"},
        {"a bit of a row's sequence", sequence_bit, "ROW_CHECKSUM", "Item", "i2"},
        {"a bit of a row's checksum", checksum_bit, "ROW_CHECKSUM", "Item", "i2"},
        {"a row cut short", row_cut, "ROW_CHECKSUM", "Item", "i2"},
        {"two rows swapped", rows_swapped, "ROW_CHECKSUM", "Item", "i1"},
        {"a row in another table", table_number_wrong, "ROW_CHECKSUM", "Crate", "i2"},
        {"a row of no table", table_unknown, "UNKNOWN_ENTRY", "", "0177770078797a"},
        {"a row that is no message", row_malformed, "ROW_MALFORMED", "Item", "i2"},
        {"a row under another key", row_under_other_key, "ROW_MISPLACED", "Item", "i9"},
        {"an index entry deleted", index_entry_deleted, "INDEX_MISSING", "Item", "i2"},
        {"an index entry too many", index_entry_extra, "INDEX_WRONG", "Item", "i2"},
        {"an index entry without a row", index_entry_dangling, "INDEX_DANGLING", "Item", "i9"},
        {"an index entry to another row", index_entry_to_wrong_row, "INDEX_WRONG", "Item", "i3"},
        {"an index entry to another owner", index_entry_under_wrong_owner, "INDEX_WRONG", "Basket",
                "b1"},
        {"a locator deleted", locator_missing, "LOCATOR_MISSING", "Basket", "b1"},
        {"a locator without a row", locator_dangling, "LOCATOR_DANGLING", "Basket", "b9"},
        {"a locator to another owner", locator_to_wrong_owner, "LOCATOR_WRONG", "Basket", "b2"},
        {"a row under another owner", row_under_wrong_owner, "OWNER_WRONG", "Basket", "b2"},
        {"a row not under its owner", row_at_large, "ROW_MISPLACED", "BasketLine",
                "010004006231000080000000000000"
                "07"},
        {"a child without a parent", child_orphan, "CHILD_ORPHAN", "CratePart", "c1/0"},
        {"a child's child without a parent", child_orphan_under_owner, "CHILD_ORPHAN", "BasketUnit",
                "b1/1/1"},
        {"a reference to nothing", ref_dangling, "REF_DANGLING", "BasketLine", "b1/1"},
        {"an event removed", event_removed, "LOG_GAP", "Happening", "3"},
        {"an event changed", event_changed, "CHAIN_BROKEN", "Happening", "2"},
        {"a bit of an event", event_bit, "ROW_CHECKSUM", "Happening", "2"},
        {"the last event removed", log_tail_cut, "HEAD_MISMATCH", "Happening", "4"},
        {"an event invented", event_invented, "CHAIN_BROKEN", "Happening", "5"},
        {"the sequence set back", sequence_behind, "SEQUENCE_BEHIND", "Happening", "4"},
        {"a bit of a record", meta_bit, "META_CHECKSUM", "", "user.time"},
};

struct search {
        const struct fault *fault;
        size_t found;
        struct buffer others;
};

static void look(
        void *context, const char *kind, const char *table, const char *key, const char *sentence)
{
        struct search *search = context;

        if (strcmp(kind, search->fault->kind) == 0 && strcmp(table, search->fault->table) == 0 &&
                strcmp(key, search->fault->key) == 0 && sentence[0] != '\0')
                search->found++;
        buffer_printf(&search->others, "%s %s %s: %s\n", kind, table, key, sentence);
}

static void test_faults_are_found(void **state)
{
        struct fixture *f = NULL;

        for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
                struct search search = {.fault = &faults[i]};

                assert_int_equal(fixture_disk((void **)&f), 0);
                fill(f);
                struct plant *plant = plant_open(f->dir, f->keyring, &f->arena);
                faults[i].plant(f, plant);
                plant_close(plant);
                fixture_reopen(f);
                assert_true(store_verify(f->store, look, &search) > 0);
                if (search.found == 0)
                        fail_msg("%s: not found, only\n%.*s", faults[i].name,
                                (int)search.others.len, (const char *)search.others.data);
                buffer_release(&search.others);
                fixture_end((void **)&f);
        }
}

static void expect_not_opened(struct fixture *f, const char *reason)
{
        struct error error;

        error_init(&error, &f->arena);
        assert_int_equal(fixture_open(f, NULL, &error), DATA_LOSS);
        assert_string_equal(error.reason, reason);
}

static void test_tail_cut_is_not_opened(void **state)
{
        struct fixture *f = *state;

        fill(f);
        struct plant *plant = plant_open(f->dir, f->keyring, &f->arena);
        plant_delete(plant, "log.7", log_key(f, 4));
        plant_close(plant);
        expect_not_opened(f, "HEAD_MISMATCH");
}

static void test_damaged_head_is_not_opened(void **state)
{
        struct fixture *f = *state;

        fill(f);
        FILE *file = fopen(fixture_path(f, "chain.head"), "r+");
        fseek(file, 10, SEEK_SET);
        fputc('z', file);
        fclose(file);
        expect_not_opened(f, "HEAD_MISMATCH");
}

/* Reading meets the same faults and sticks. */
static void test_reading_a_damaged_row(void **state)
{
        struct fixture *f = *state;

        fill(f);
        struct plant *plant = plant_open(f->dir, f->keyring, &f->arena);
        row_bit(f, plant);
        index_entry_dangling(f, plant);
        locator_dangling(f, plant);
        plant_close(plant);
        fixture_reopen(f);
        struct txn *txn = fixture_read(f);
        assert_null(txn_get(txn, &item_table, &key_text("i2")));
        assert_int_equal(txn_status(txn), DATA_LOSS);
        assert_string_equal(txn_error(txn)->reason, "ROW_CHECKSUM");
        assert_non_null(strstr(txn_error(txn)->message, "Item i2"));
        assert_null(txn_get(txn, &item_table, &key_text("i1")));
        txn_end(txn);
        txn = fixture_read(f);
        assert_null(txn_get_by(txn, &item_table, ITEM_SKU, &key_text("S9")));
        assert_string_equal(txn_error(txn)->reason, "INDEX_DANGLING");
        txn_end(txn);
        txn = fixture_read(f);
        struct scan *scan = txn_scan(txn, &basket_table, NULL, NULL, NULL, 0, DESCENDING);
        assert_null(scan_next(scan));
        assert_string_equal(txn_error(txn)->reason, "LOCATOR_DANGLING");
        txn_end(txn);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_faults_are_found),
                {"test_tail_cut_is_not_opened", test_tail_cut_is_not_opened, fixture_disk,
                        fixture_end, NULL},
                {"test_damaged_head_is_not_opened", test_damaged_head_is_not_opened, fixture_disk,
                        fixture_end, NULL},
                {"test_reading_a_damaged_row", test_reading_a_damaged_row, fixture_disk,
                        fixture_end, NULL},
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
