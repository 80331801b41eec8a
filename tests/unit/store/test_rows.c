/* Rows: what is inserted is read, what is wrong sticks and is named. On both engines. */
#include "lib/store/internal.h"
#include "tests/unit/store/fixture.h"
#include <stdio.h>
#include <string.h>

static void insert_item(struct txn *txn, const char *id, const char *category, int64_t price)
{
        Item item = item_of(id, category, price);

        item.etag = "not stored";
        txn_insert(txn, &item_table, &item);
}

static void test_insert_get(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = fixture_begin(f);

        insert_item(txn, "i1", "tea", 350);
        Item *inside = txn_get(txn, &item_table, &key_text("i1"));
        assert_non_null(inside);
        assert_string_equal(inside->etag, "1");
        assert_int_equal(txn_sequence(txn), 1);
        assert_int_equal(fixture_commit(f), 1);

        txn = fixture_read(f);
        Item *item = txn_get(txn, &item_table, &key_text("i1"));
        assert_non_null(item);
        assert_string_equal(item->category, "tea");
        assert_int_equal(item->price_minor, 350);
        assert_string_equal(item->etag, "1");
        assert_true(txn_has(txn, &item_table, &key_text("i1")));
        assert_false(txn_has(txn, &item_table, &key_text("i")));
        assert_null(txn_get(txn, &item_table, &key_text("i2")));
        assert_int_equal(txn_row_sequence(txn, &item_table, &key_text("i1")), 1);
        assert_string_equal(txn_owner(txn, &item_table, &key_text("i1")), "");
        struct bytes bytes = txn_get_bytes(txn, &item_table, &key_text("i1"));
        Item *decoded = shop__item__unpack(NULL, bytes.len, bytes.data);
        assert_string_equal(decoded->etag, "1");
        assert_int_equal(decoded->price_minor, 350);
        shop__item__free_unpacked(decoded, NULL);
        assert_int_equal(txn_sequence(txn), 1);
        txn_end(txn);
        assert_verified(f);
}

static void test_update_and_delete(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = fixture_begin(f);

        insert_item(txn, "i1", "tea", 350);
        insert_item(txn, "i2", "tea", 360);
        fixture_commit(f);
        txn = fixture_begin(f);
        Item *item = txn_get(txn, &item_table, &key_text("i1"));
        item->price_minor = 400;
        txn_update(txn, &item_table, item);
        txn_delete(txn, &item_table, &key_text("i2"));
        assert_null(txn_get(txn, &item_table, &key_text("i2")));
        fixture_commit(f);

        txn = fixture_read(f);
        item = txn_get(txn, &item_table, &key_text("i1"));
        assert_int_equal(item->price_minor, 400);
        assert_string_equal(item->etag, "2");
        assert_null(txn_get(txn, &item_table, &key_text("i2")));
        txn_end(txn);
        assert_verified(f);
}

static void expect_stuck(struct fixture *f, enum status status, const char *reason)
{
        assert_string_equal(txn_error(f->txn)->reason, reason);
        assert_int_equal(txn_status(f->txn), status);
        /* It sticks: nothing is read or written any more. */
        insert_item(f->txn, "later", "tea", 1);
        assert_null(txn_get(f->txn, &item_table, &key_text("i1")));
        assert_null(scan_next(txn_scan(f->txn, &item_table, NULL, NULL, NULL, 0, ASCENDING)));
        assert_string_equal(txn_error(f->txn)->reason, reason);
        fixture_drop(f);
}

static void test_refusals(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = fixture_begin(f);
        Item item = item_of("i1", "tea", 1);
        char long_id[600];

        item.sku = "S1";
        txn_insert(txn, &item_table, &item);
        fixture_commit(f);

        insert_item(fixture_begin(f), "i1", "tea", 2);
        expect_stuck(f, ALREADY_EXISTS, "ITEM_EXISTS");
        item.id = "i2";
        txn_insert(fixture_begin(f), &item_table, &item);
        assert_string_equal(txn_error(f->txn)->violations->field, "sku");
        expect_stuck(f, ALREADY_EXISTS, "ITEM_SKU_TAKEN");
        txn_update(fixture_begin(f), &item_table, &item);
        expect_stuck(f, NOT_FOUND, "ITEM_NOT_FOUND");
        txn_delete(fixture_begin(f), &item_table, &key_text("i3"));
        expect_stuck(f, NOT_FOUND, "ITEM_NOT_FOUND");
        memset(long_id, 'x', sizeof(long_id) - 1);
        long_id[sizeof(long_id) - 1] = '\0';
        insert_item(fixture_begin(f), long_id, "tea", 1);
        expect_stuck(f, INVALID_ARGUMENT, "KEY_TOO_LONG");
        insert_item(fixture_begin(f), "i4", long_id, 1);
        expect_stuck(f, INVALID_ARGUMENT, "KEY_TOO_LONG");
        CratePart part = SHOP__CRATE_PART__INIT;
        part.crate_id = "none";
        txn_insert(fixture_begin(f), &crate_part_table, &part);
        expect_stuck(f, NOT_FOUND, "CRATE_NOT_FOUND");
        assert_verified(f);
        assert_int_equal(store_sequence(f->store), 1);
}

static void test_unique_is_given_back(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = fixture_begin(f);
        Item item = item_of("i1", "tea", 1);

        item.sku = "S1";
        txn_insert(txn, &item_table, &item);
        Item *found = txn_get_by(txn, &item_table, &item_table.indexes[1], &key_text("S1"));
        assert_string_equal(found->id, "i1");
        item.sku = "S2";
        txn_update(txn, &item_table, &item);
        item.id = "i2";
        item.sku = "S1";
        txn_insert(txn, &item_table, &item);
        fixture_commit(f);
        txn = fixture_read(f);
        found = txn_get_by(txn, &item_table, &item_table.indexes[1], &key_text("S1"));
        assert_string_equal(found->id, "i2");
        found = txn_get_by(txn, &item_table, &item_table.indexes[1], &key_text("S2"));
        assert_string_equal(found->id, "i1");
        assert_null(txn_get_by(txn, &item_table, &item_table.indexes[1], &key_text("S3")));
        /* Unset and sparse: in no index. */
        assert_null(txn_get_by(txn, &item_table, &item_table.indexes[1], &key_text("")));
        txn_end(txn);
        assert_verified(f);
}

static void test_call_too_large(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = fixture_begin(f);
        char id[16];

        for (int i = 0; i < 21000 && txn_status(txn) == OK; i++) {
                snprintf(id, sizeof(id), "i%06d", i);
                insert_item(txn, id, "c", i);
        }
        assert_int_equal(txn_change_count(txn), 40000);
        expect_stuck(f, RESOURCE_EXHAUSTED, "CALL_TOO_LARGE");
}

static void test_group_keeps_and_drops(void **state)
{
        struct fixture *f = *state;
        struct group *group = group_begin(f->store);
        struct error error;

        error_init(&error, &f->arena);
        struct txn *first = group_txn(group, &f->arena);
        insert_item(first, "i1", "tea", 1);
        assert_int_equal(txn_keep(first), 1);
        struct txn *second = group_txn(group, &f->arena);
        assert_non_null(txn_get(second, &item_table, &key_text("i1")));
        insert_item(second, "i2", "tea", 1);
        txn_delete(second, &item_table, &key_text("i1"));
        txn_drop(second);
        struct txn *third = group_txn(group, &f->arena);
        assert_non_null(txn_get(third, &item_table, &key_text("i1")));
        assert_null(txn_get(third, &item_table, &key_text("i2")));
        insert_item(third, "i3", "tea", 1);
        assert_int_equal(txn_keep(third), 2);
        struct txn *reader = fixture_read(f);
        assert_null(txn_get(reader, &item_table, &key_text("i1")));
        assert_int_equal(group_commit(group, &error), OK);
        assert_null(txn_get(reader, &item_table, &key_text("i1")));
        txn_end(reader);
        reader = fixture_read(f);
        assert_non_null(txn_get(reader, &item_table, &key_text("i1")));
        assert_non_null(txn_get(reader, &item_table, &key_text("i3")));
        assert_int_equal(txn_sequence(reader), 2);
        txn_end(reader);
        assert_int_equal(store_sequence(f->store), 2);
        assert_verified(f);
}

static void test_mark_and_digest(void **state)
{
        struct fixture *f = *state;
        uint8_t first[32], second[32], third[32];
        struct txn *txn = fixture_begin(f);

        insert_item(txn, "i1", "tea", 1);
        size_t mark = txn_mark(txn);
        txn_digest(txn, first);
        insert_item(txn, "i2", "tea", 1);
        Item *item = txn_get(txn, &item_table, &key_text("i1"));
        item->price_minor = 9;
        txn_update(txn, &item_table, item);
        txn_digest(txn, second);
        assert_memory_not_equal(first, second, 32);
        txn_rewind(txn, mark);
        assert_null(txn_get(txn, &item_table, &key_text("i2")));
        item = txn_get(txn, &item_table, &key_text("i1"));
        assert_int_equal(item->price_minor, 1);
        txn_digest(txn, third);
        assert_memory_equal(first, third, 32);
        assert_int_equal(txn_change_count(txn), 2);
        fixture_drop(f);
        txn = fixture_begin(f);
        insert_item(txn, "i1", "tea", 1);
        txn_digest(txn, third);
        assert_memory_equal(first, third, 32);
        fixture_commit(f);
        assert_verified(f);
}

/* What a group has seen to be right it believes until its end, and no longer. */
static void test_each_group_looks_itself(void **state)
{
        struct fixture *f = *state;
        struct row_view view;
        struct place place;

        insert_item(fixture_begin(f), "i1", "tea", 350);
        fixture_commit(f);
        struct txn *txn = fixture_begin(f);
        assert_true(row_find(txn, &item_table, &key_text("i1"), &place, &view));
        uint8_t *damaged = (uint8_t *)(uintptr_t)view.message.data + view.message.len - 1;
        *damaged ^= 1;
        assert_non_null(txn_get(txn, &item_table, &key_text("i1")));
        fixture_drop(f);
        txn = fixture_begin(f);
        assert_null(txn_get(txn, &item_table, &key_text("i1")));
        assert_int_equal(txn_status(txn), DATA_LOSS);
        fixture_drop(f);
        *damaged ^= 1;
}

static void test_meta(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = fixture_begin(f);

        assert_null(txn_meta_get(txn, "time").data);
        txn_meta_put(txn, "time", bytes_of("now", 3));
        fixture_commit(f);
        txn = fixture_read(f);
        struct bytes value = txn_meta_get(txn, "time");
        assert_int_equal(value.len, 3);
        assert_memory_equal(value.data, "now", 3);
        txn_end(txn);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                BOTH(test_insert_get),
                BOTH(test_update_and_delete),
                BOTH(test_refusals),
                BOTH(test_unique_is_given_back),
                BOTH(test_call_too_large),
                BOTH(test_group_keeps_and_drops),
                BOTH(test_mark_and_digest),
                BOTH(test_meta),
                {"test_each_group_looks_itself", test_each_group_looks_itself, fixture_memory,
                        fixture_end, NULL},
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
