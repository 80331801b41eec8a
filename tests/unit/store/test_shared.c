/* Rows that the writer's calls share: the same ones while nothing changed, never older ones. */
#include "tests/unit/store/fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/random.h"
#include "lib/store/internal.h"

#define BY_CATEGORY (&item_table.indexes[0])
#define ITEMS       24
#define TURNS       4000

static const Item *shared_item(struct txn *txn, const char *id)
{
        return txn_get_shared(txn, &item_table, &key_text(id));
}

static struct rows shared_teas(struct txn *txn)
{
        return scan_shared(
                txn_scan(txn, &item_table, BY_CATEGORY, NULL, &key_text("tea"), 1, ASCENDING));
}

static void put_item(struct fixture *f, const char *id, int64_t price_minor)
{
        Item item = item_of(id, "tea", price_minor);
        struct txn *txn = fixture_begin(f);

        txn_insert(txn, &item_table, &item);
        fixture_commit(f);
}

static void set_price(struct txn *txn, const char *id, int64_t price_minor)
{
        Item *item = txn_get(txn, &item_table, &key_text(id));

        item->price_minor = price_minor;
        txn_update(txn, &item_table, item);
}

static void test_same_row_while_nothing_changes(void **state)
{
        struct fixture *f = *state;

        put_item(f, "a", 300);
        const Item *first = shared_item(fixture_begin(f), "a");
        struct rows teas = shared_teas(f->txn);

        assert_int_equal(first->price_minor, 300);
        assert_string_equal(first->etag, "1");
        assert_int_equal(teas.n, 1);
        fixture_commit(f);
        assert_ptr_equal(shared_item(fixture_begin(f), "a"), first);
        assert_ptr_equal(shared_teas(f->txn).at, teas.at);
        fixture_commit(f);
}

/* Of another table, that is. */
static void test_other_tables_do_not_count(void **state)
{
        struct fixture *f = *state;
        Person person = person_of("p", "p@example.com");

        put_item(f, "a", 300);
        const Item *first = shared_item(fixture_begin(f), "a");

        txn_insert(f->txn, &person_table, &person);
        assert_ptr_equal(shared_item(f->txn, "a"), first);
        fixture_commit(f);
}

static void test_changes_are_seen_at_once(void **state)
{
        struct fixture *f = *state;

        put_item(f, "a", 300);
        struct txn *txn = fixture_begin(f);

        assert_null(shared_item(txn, "b"));
        assert_int_equal(shared_teas(txn).n, 1);
        set_price(txn, "a", 100);
        assert_int_equal(shared_item(txn, "a")->price_minor, 100);
        Item item = item_of("b", "tea", 50);

        txn_insert(txn, &item_table, &item);
        assert_int_equal(shared_item(txn, "b")->price_minor, 50);
        assert_int_equal(shared_teas(txn).n, 2);
        txn_delete(txn, &item_table, &key_text("a"));
        assert_null(shared_item(txn, "a"));
        assert_int_equal(shared_teas(txn).n, 1);
        fixture_commit(f);
}

static void test_what_is_undone_was_never_there(void **state)
{
        struct fixture *f = *state;

        put_item(f, "a", 300);
        struct txn *txn = fixture_begin(f);
        size_t mark = txn_mark(txn);

        set_price(txn, "a", 100);
        assert_int_equal(shared_item(txn, "a")->price_minor, 100);
        txn_rewind(txn, mark);
        assert_int_equal(shared_item(txn, "a")->price_minor, 300);
        set_price(txn, "a", 200);
        assert_int_equal(shared_item(txn, "a")->price_minor, 200);
        txn_drop(txn);
        txn = group_txn(f->group, &f->arena);
        assert_int_equal(shared_item(txn, "a")->price_minor, 300);
        set_price(txn, "a", 400);
        assert_int_equal(shared_item(txn, "a")->price_minor, 400);
        txn_keep(txn);
        group_abandon(f->group); /* as when the disk has no room for it */
        assert_int_equal(shared_item(fixture_begin(f), "a")->price_minor, 300);
        fixture_commit(f);
}

static void test_readers_have_their_snapshot(void **state)
{
        struct fixture *f = *state;

        put_item(f, "a", 300);
        assert_int_equal(shared_item(fixture_begin(f), "a")->price_minor, 300);
        set_price(f->txn, "a", 100);
        struct txn *reader = fixture_read(f);

        assert_int_equal(shared_item(reader, "a")->price_minor, 300);
        assert_int_equal(((const Item *)shared_teas(reader).at[0])->price_minor, 300);
        txn_end(reader);
        assert_int_equal(shared_item(f->txn, "a")->price_minor, 100);
        assert_int_equal(((const Item *)shared_teas(f->txn).at[0])->price_minor, 100);
        fixture_commit(f);
}

/* What is kept does not grow without end: what a group left is forgotten before the next one. */
static void test_forgets_when_there_is_much(void **state)
{
        static uint8_t content[1 << 15];
        struct fixture *f = *state;
        Crate crate = SHOP__CRATE__INIT;
        CratePart part = SHOP__CRATE_PART__INIT;
        const struct key_value key[] = {key_text("c"), key_uint(1)};
        const CratePart *kept = NULL;

        crate.id = part.crate_id = "c";
        part.number = 1;
        part.content = (ProtobufCBinaryData){sizeof(content), content};
        fixture_begin(f);
        txn_insert(f->txn, &crate_table, &crate);
        txn_insert(f->txn, &crate_part_table, &part);
        for (int i = 1; i <= SHARED_BYTES / (int)sizeof(content); i++) {
                content[0] = (uint8_t)i;
                txn_update(f->txn, &crate_part_table, &part);
                kept = txn_get_shared(f->txn, &crate_part_table, key);
                assert_int_equal(kept->content.data[0], (uint8_t)i);
        }
        assert_true(f->store->shared->arena.used > SHARED_BYTES);
        fixture_commit(f);
        fixture_begin(f);
        assert_int_equal(f->store->shared->arena.used, 0);
        kept = txn_get_shared(f->txn, &crate_part_table, key);
        assert_int_equal(kept->content.data[0], content[0]);
        fixture_commit(f);
}

/* ---- any changes ---- */

static const char *name_of(struct fixture *f, struct random *random)
{
        return arena_printf(&f->arena, "i%d", (int)(random_next(random) % ITEMS));
}

static void compare(struct fixture *f, struct txn *txn, const char *id)
{
        const Item *shared = shared_item(txn, id), *own = txn_get(txn, &item_table, &key_text(id));
        const struct rows teas = shared_teas(txn);
        struct scan *scan =
                txn_scan(txn, &item_table, BY_CATEGORY, NULL, &key_text("tea"), 1, ASCENDING);

        assert_int_equal(shared == NULL, own == NULL);
        if (own != NULL) {
                assert_int_equal(shared->price_minor, own->price_minor);
                assert_string_equal(shared->etag, own->etag);
        }
        for (size_t i = 0; i < teas.n; i++) {
                const Item *item = scan_next(scan), *kept = teas.at[i];

                assert_non_null(item);
                assert_string_equal(kept->id, item->id);
                assert_int_equal(kept->price_minor, item->price_minor);
        }
        assert_null(scan_next(scan));
}

static void change(struct fixture *f, struct txn *txn, struct random *random)
{
        const char *id = name_of(f, random);
        bool there = txn_has(txn, &item_table, &key_text(id));
        Item item = item_of(id, random_next(random) % 2 == 0 ? "tea" : "cup",
                (int64_t)(random_next(random) % 1000));

        if (!there)
                txn_insert(txn, &item_table, &item);
        else if (random_next(random) % 3 == 0)
                txn_delete(txn, &item_table, &key_text(id));
        else
                txn_update(txn, &item_table, &item);
}

static void one_call(struct fixture *f, struct txn *txn, struct random *random)
{
        size_t mark = txn_mark(txn);

        for (int i = 0; i < 4; i++) {
                compare(f, txn, name_of(f, random));
                if (random_next(random) % 2 == 0)
                        change(f, txn, random);
                compare(f, txn, name_of(f, random));
                if (random_next(random) % 4 == 0)
                        txn_rewind(txn, mark);
        }
        if (random_next(random) % 3 == 0)
                txn_drop(txn);
        else
                txn_keep(txn);
}

static void test_like_rows_that_are_read(void **state)
{
        struct fixture *f = *state;
        struct error error;
        struct random random;

        random_seed(&random, 11);
        error_init(&error, &f->arena);
        for (int turn = 0; turn < TURNS / 4; turn++) {
                struct group *group = group_begin(f->store);

                for (int i = 0; i < 4; i++)
                        one_call(f, group_txn(group, &f->arena), &random);
                if (random_next(&random) % 5 == 0)
                        group_abandon(group);
                else
                        assert_int_equal(group_commit(group, &error), OK);
        }
        assert_verified(f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(
                        test_same_row_while_nothing_changes, fixture_memory, fixture_end),
                cmocka_unit_test_setup_teardown(
                        test_other_tables_do_not_count, fixture_memory, fixture_end),
                cmocka_unit_test_setup_teardown(
                        test_changes_are_seen_at_once, fixture_memory, fixture_end),
                cmocka_unit_test_setup_teardown(
                        test_what_is_undone_was_never_there, fixture_memory, fixture_end),
                cmocka_unit_test_setup_teardown(
                        test_readers_have_their_snapshot, fixture_memory, fixture_end),
                cmocka_unit_test_setup_teardown(
                        test_forgets_when_there_is_much, fixture_memory, fixture_end),
                cmocka_unit_test_setup_teardown(
                        test_like_rows_that_are_read, fixture_disk, fixture_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
