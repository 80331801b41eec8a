/*
 * A contract that grew: compatible ones are taken over and their new indexes built in steps that
 * survive a restart, anything else is refused with the difference. And a database of an older
 * format, which is the same with other checksums.
 */
#include "tests/unit/store/fixture.h"
#include <stdio.h>
#include <string.h>
#include "tests/unit/store/plant.h"

/* Copies of the tables with fewer or other indexes: what an older contract had. */
struct variant {
        struct schema schema;
        const struct schema_table *tables[16];
        struct schema_table item;
        struct schema_table basket;
        struct schema_table note;
        struct schema_index indexes[4];
        uint16_t fields[4];
};

static void variant_begin(struct variant *variant)
{
        memset(variant, 0, sizeof(*variant));
        variant->schema = rows_schema;
        variant->item = item_table;
        variant->basket = basket_table;
        variant->note = note_table;
        for (size_t i = 0; i < rows_schema.table_count; i++) {
                const struct schema_table *table = rows_schema.tables[i];

                variant->tables[i] = table == &item_table     ? &variant->item
                                     : table == &basket_table ? &variant->basket
                                     : table == &note_table   ? &variant->note
                                                              : table;
        }
        variant->schema.tables = variant->tables;
        variant->schema.descriptor_set = bytes_of("older", 5);
}

static int without_indexes(void **state)
{
        static struct variant older; /* the store keeps pointers to it */
        struct error error;
        int rc = fixture_disk(state);
        struct fixture *f = *state;

        fixture_close(f);
        remove(fixture_path(f, "data.mdb"));
        variant_begin(&older);
        older.item.index_count = 0;
        older.basket.index_count = 1;
        older.note.index_count = 0;
        error_init(&error, &f->arena);
        if (rc == 0 && fixture_open(f, &older.schema, &error) != OK)
                return -1;
        struct txn *txn = fixture_begin(f);
        Person person = person_of("p1", "");
        txn_insert(txn, &person_table, &person);
        for (int i = 0; i < 50; i++) {
                char id[8], sku[8];

                snprintf(id, sizeof(id), "i%02d", i);
                snprintf(sku, sizeof(sku), "S%02d", i);
                Item item = item_of(id, i % 2 == 0 ? "tea" : "cup", i);
                item.sku = sku;
                txn_insert(txn, &older.item, &item);
                Basket basket = basket_of(id, i % 3 == 0 ? "" : "p1", i);
                basket.state = i % 5;
                txn_insert(txn, &older.basket, &basket);
                Note note = SHOP__NOTE__INIT;
                note.person_id = "p1";
                txn_append(txn, &older.note, &note);
        }
        fixture_commit(f);
        fixture_close(f);
        return 0;
}

static int count(struct scan *scan)
{
        int rows = 0;

        while (scan_next(scan) != NULL)
                rows++;
        return rows;
}

static void expect_building(struct fixture *f)
{
        const struct key_value tea = key_text("tea");
        struct txn *txn = fixture_read(f);

        assert_null(scan_next(
                txn_scan(txn, &item_table, &item_table.indexes[0], NULL, &tea, 1, ASCENDING)));
        assert_int_equal(txn_status(txn), UNAVAILABLE);
        assert_string_equal(txn_error(txn)->reason, "INDEX_BUILDING");
        txn_end(txn);
        txn = fixture_read(f);
        assert_null(txn_get_by(txn, &item_table, &item_table.indexes[1], &key_text("S01")));
        assert_string_equal(txn_error(txn)->reason, "INDEX_BUILDING");
        txn_end(txn);
}

static void change_while_building(struct fixture *f)
{
        struct txn *txn = fixture_begin(f);
        Item *item = txn_get(txn, &item_table, &key_text("i00"));

        item->category = "cup"; /* built or not yet built, from even to odd */
        txn_update(txn, &item_table, item);
        item = txn_get(txn, &item_table, &key_text("i49"));
        item->category = "tea";
        item->sku = "S49b"; /* a unique entry that the build finds there already */
        txn_update(txn, &item_table, item);
        txn_delete(txn, &item_table, &key_text("i48"));
        txn_delete(txn, &item_table, &key_text("i02"));
        fixture_commit(f);
}

static void test_indexes_are_built(void **state)
{
        struct fixture *f = *state;
        const struct key_value tea = key_text("tea"), two = key_int(2);
        struct error error;
        int steps = 0;

        error_init(&error, &f->arena);
        fixture_reopen(f);
        expect_building(f);
        assert_true(store_build_step(f->store, 7, &error));
        change_while_building(f);
        while (store_build_step(f->store, 7, &error)) {
                if (steps++ < 5) /* one index after the other */
                        expect_building(f);
                assert_verified(f);
                if (steps % 4 == 0)
                        fixture_reopen(f); /* as after a kill */
                if (steps > 1000)
                        fail_msg("the build does not end");
        }
        assert_int_equal(error.code, OK);
        assert_true(steps > 20);
        struct txn *txn = fixture_read(f);
        assert_int_equal(
                count(txn_scan(txn, &item_table, &item_table.indexes[0], NULL, &tea, 1, ASCENDING)),
                23);
        assert_int_equal(count(txn_scan(txn, &basket_table, &basket_table.indexes[1], NULL, &two, 1,
                                 ASCENDING)),
                10);
        assert_int_equal(
                count(txn_scan(txn, &note_table, &note_table.indexes[0], "p1", NULL, 0, ASCENDING)),
                50);
        assert_non_null(txn_get_by(txn, &item_table, &item_table.indexes[1], &key_text("S01")));
        assert_int_equal(txn_status(txn), OK);
        txn_end(txn);
        assert_verified(f);
        assert_int_equal(store_sequence(f->store), 2);
        fixture_reopen(f);
        assert_false(store_build_step(f->store, 7, &error));
}

static void test_duplicates_stop_a_unique_index(void **state)
{
        struct fixture *f = *state;
        static struct variant newer;
        struct error error;

        error_init(&error, &f->arena);
        variant_begin(&newer);
        newer.schema.descriptor_set = bytes_of("newer", 5);
        newer.indexes[0] = (struct schema_index){.number = 9,
                .name = "category",
                .fields = newer.fields,
                .field_count = 1,
                .unique = true};
        newer.fields[0] = schema_field_named(item_table.message, "category");
        newer.item.indexes = newer.indexes;
        newer.item.index_count = 1;
        assert_int_equal(fixture_open(f, &newer.schema, &error), OK);
        while (store_build_step(f->store, 100, &error))
                ;
        assert_int_equal(error.code, ALREADY_EXISTS);
        assert_string_equal(error.reason, "ITEM_CATEGORY_TAKEN");
}

static void expect_refused(struct fixture *f, const struct schema *schema, const char *words)
{
        struct error error;

        error_init(&error, &f->arena);
        fixture_close(f);
        assert_int_equal(fixture_open(f, schema, &error), FAILED_PRECONDITION);
        assert_string_equal(error.reason, "CONTRACT_MISMATCH");
        if (strstr(error.message, words) == NULL)
                fail_msg("'%s' is not in '%s'", words, error.message);
}

static void test_incompatible(void **state)
{
        struct fixture *f = *state;
        struct variant other;
        uint16_t key[1] = {1};

        /* Newer: the database has what this program has not. */
        variant_begin(&other);
        other.item.index_count = 1;
        expect_refused(f, &other.schema, "'index 2.2: sku unique sparse'");
        variant_begin(&other);
        other.schema.table_count--;
        expect_refused(f, &other.schema, "'table 14: OwnerKey key owner_id owner owner_id in'");
        variant_begin(&other);
        other.item.key = key;
        expect_refused(f, &other.schema, "'table 2: Item key id'");
        variant_begin(&other);
        other.basket.under_owner = false;
        expect_refused(f, &other.schema, "'table 3: Basket key id owner person_id in'");
        variant_begin(&other);
        other.note.log = false;
        expect_refused(f, &other.schema, "'table 8: Note key number log'");
        variant_begin(&other);
        other.indexes[0] = item_table.indexes[0];
        other.indexes[1] = item_table.indexes[1];
        other.indexes[1].unique = false;
        other.item.indexes = other.indexes;
        expect_refused(f, &other.schema, "'index 2.2: sku unique sparse'");

        /* A field of another type. */
        struct schema_message message = item_message;
        ProtobufCMessageDescriptor descriptor = *item_message.descriptor;
        ProtobufCFieldDescriptor fields[8];
        const struct schema_message *messages[16];
        memcpy(fields, descriptor.fields, descriptor.n_fields * sizeof(fields[0]));
        fields[1].type = PROTOBUF_C_TYPE_BYTES;
        descriptor.fields = fields;
        message.descriptor = &descriptor;
        for (size_t i = 0; i < rows_schema.message_count; i++)
                messages[i] = rows_schema.messages[i] == &item_message ? &message
                                                                       : rows_schema.messages[i];
        variant_begin(&other);
        other.schema.messages = messages;
        expect_refused(f, &other.schema, "'field shop.rows.Item.2: sku type 14 '");

        /* Nothing was changed by all of that. */
        fixture_reopen(f);
        assert_verified(f);
}

/* ---- a database whose rows end in MACs ---- */

static struct bytes item_key(struct fixture *f, const char *id)
{
        const struct key_value value = key_text(id);
        struct place place;

        layout_place(&place, TREE_MAIN, &item_table, bytes_of(NULL, 0), &value, 1);
        return bytes_of(
                arena_copy(&f->arena, place.key.data + 1, place.key.len - 1), place.key.len - 1);
}

static void plant_mac(struct fixture *f, struct plant *plant, const char *id)
{
        struct bytes key = item_key(f, id);
        struct bytes value = plant_get(plant, "main", key);
        struct bytes row = bytes_of(value.data, value.len - 8);

        layout_put_u64((uint8_t *)(uintptr_t)value.data + row.len,
                seal_mac(f->keyring, item_table.number, key, row));
        plant_put(plant, "main", key, value);
}

static int of_format_two(void **state)
{
        const uint8_t two = 2;
        int rc = fixture_disk(state);
        struct fixture *f = *state;
        struct txn *txn = fixture_begin(f);

        for (int i = 0; i < 4; i++) {
                Item item = item_of((const char *[]){"i0", "i1", "i2", "i3"}[i], "tea", i);
                txn_insert(txn, &item_table, &item);
        }
        fixture_commit(f);
        fixture_close(f);
        struct plant *plant = plant_open(f->dir, f->keyring, &f->arena);
        plant_mac(f, plant, "i0");
        plant_mac(f, plant, "i1");
        plant_mac(f, plant, "i2");
        plant_meta(plant, "format", bytes_of(&two, 1));
        plant_close(plant);
        return rc;
}

static void test_rows_with_macs(void **state)
{
        struct fixture *f = *state;
        struct error error;

        error_init(&error, &f->arena);
        assert_int_equal(fixture_open(f, NULL, &error), OK);
        assert_verified(f);
        struct txn *txn = fixture_begin(f);
        Item *item = txn_get(txn, &item_table, &key_text("i1"));
        item->category = "cup";
        txn_update(txn, &item_table, item);
        txn_delete(txn, &item_table, &key_text("i2"));
        fixture_commit(f);
        fixture_reopen(f);
        assert_verified(f);
        txn = fixture_read(f);
        item = txn_get(txn, &item_table, &key_text("i0"));
        assert_string_equal(item->category, "tea");
        item = txn_get(txn, &item_table, &key_text("i1"));
        assert_string_equal(item->category, "cup");
        assert_false(txn_has(txn, &item_table, &key_text("i2")));
        txn_end(txn);

        fixture_close(f);
        struct plant *plant = plant_open(f->dir, f->keyring, &f->arena);
        struct bytes format = plant_get(plant, "meta", bytes_of_text("format"));
        assert_int_equal(format.data[0], 3);
        assert_true(layout_get_u64(format.data + 1) ==
                    seal_mac(f->keyring, 0, bytes_of_text("format"), bytes_of(format.data, 1)));
        plant_flip(plant, "main", item_key(f, "i0"), 20);
        plant_close(plant);
        fixture_reopen(f);
        txn = fixture_read(f);
        assert_null(txn_get(txn, &item_table, &key_text("i0")));
        assert_string_equal(txn_error(txn)->reason, "ROW_CHECKSUM");
        txn_end(txn);
}

static void test_of_a_newer_program(void **state)
{
        const uint8_t four = 4;
        struct fixture *f = *state;
        struct error error;

        error_init(&error, &f->arena);
        fixture_close(f);
        struct plant *plant = plant_open(f->dir, f->keyring, &f->arena);
        plant_meta(plant, "format", bytes_of(&four, 1));
        plant_close(plant);
        assert_int_equal(fixture_open(f, NULL, &error), FAILED_PRECONDITION);
        assert_string_equal(error.reason, "FORMAT_MISMATCH");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                {"test_indexes_are_built", test_indexes_are_built, without_indexes, fixture_end,
                        NULL},
                {"test_duplicates_stop_a_unique_index", test_duplicates_stop_a_unique_index,
                        without_indexes, fixture_end, NULL},
                {"test_incompatible", test_incompatible, fixture_disk, fixture_end, NULL},
                {"test_rows_with_macs", test_rows_with_macs, of_format_two, fixture_end, NULL},
                {"test_of_a_newer_program", test_of_a_newer_program, fixture_disk, fixture_end,
                        NULL},
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
