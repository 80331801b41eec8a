/* Scans over rows and indexes, in both directions, bounded, resumed and while rows change. */
#include "tests/unit/store/fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/random.h"

#define BY_CATEGORY (&item_table.indexes[0])

/* The ids that a scan finds, joined by spaces. */
static const char *ids(struct fixture *f, struct scan *scan)
{
        char *text = arena_text(&f->arena, "");
        Item *item;

        while ((item = scan_next(scan)) != NULL)
                text = arena_printf(&f->arena, "%s%s%s", text, text[0] ? " " : "", item->id);
        return text;
}

static void fill(struct fixture *f)
{
        struct txn *txn = fixture_begin(f);
        static const struct {
                const char *id, *category;
                int64_t price;
        } items[] = {
                {"a", "tea", 300},
                {"b", "tea", 100},
                {"c", "cup", 200},
                {"d", "tea", -5},
                {"e", "", 7},
                {"f", "teapot", 1},
                {"g", "tea", 200},
        };

        for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
                Item item = item_of(items[i].id, items[i].category, items[i].price);

                txn_insert(txn, &item_table, &item);
                if (i == 3) { /* half of them durable, half in the overlay */
                        fixture_commit(f);
                        txn = fixture_begin(f);
                }
        }
}

static void test_orders(void **state)
{
        struct fixture *f = *state;
        const struct key_value tea[] = {key_text("tea"), key_int(200)};

        fill(f);
        struct txn *txn = f->txn;
        assert_string_equal(ids(f, txn_scan(txn, &item_table, NULL, NULL, NULL, 0, ASCENDING)),
                "a b c d e f g");
        assert_string_equal(ids(f, txn_scan(txn, &item_table, NULL, NULL, NULL, 0, DESCENDING)),
                "g f e d c b a");
        assert_string_equal(
                ids(f, txn_scan(txn, &item_table, BY_CATEGORY, NULL, tea, 1, ASCENDING)),
                "d b g a");
        assert_string_equal(
                ids(f, txn_scan(txn, &item_table, BY_CATEGORY, NULL, tea, 1, DESCENDING)),
                "a g b d");
        assert_string_equal(
                ids(f, txn_scan(txn, &item_table, BY_CATEGORY, NULL, tea, 2, ASCENDING)), "g");
        assert_string_equal(
                ids(f, txn_scan(txn, &item_table, BY_CATEGORY, NULL, NULL, 0, ASCENDING)),
                "e c d b g a f");
        assert_string_equal(ids(f, txn_scan(txn, &item_table, NULL, NULL, tea, 1, ASCENDING)), "");
        fixture_commit(f);
        assert_verified(f);
}

static void test_between(void **state)
{
        struct fixture *f = *state;
        const struct key_value tea = key_text("tea");
        const struct key_value low = key_int(100), high = key_int(300);
        const struct key_value b = key_text("b"), e = key_text("e");

        fill(f);
        for (enum direction d = ASCENDING; d <= DESCENDING; d++) {
                struct scan *scan = txn_scan(f->txn, &item_table, BY_CATEGORY, NULL, &tea, 1, d);
                scan_between(scan, &low, &high);
                assert_string_equal(ids(f, scan), d == ASCENDING ? "b g" : "g b");
                scan = txn_scan(f->txn, &item_table, BY_CATEGORY, NULL, &tea, 1, d);
                scan_between(scan, &high, NULL);
                assert_string_equal(ids(f, scan), "a");
                scan = txn_scan(f->txn, &item_table, BY_CATEGORY, NULL, &tea, 1, d);
                scan_between(scan, NULL, &low);
                assert_string_equal(ids(f, scan), "d");
                scan = txn_scan(f->txn, &item_table, NULL, NULL, NULL, 0, d);
                scan_between(scan, &b, &e);
                assert_string_equal(ids(f, scan), d == ASCENDING ? "b c d" : "d c b");
        }
        fixture_drop(f);
}

static void test_pages(void **state)
{
        struct fixture *f = *state;

        fill(f);
        for (enum direction d = ASCENDING; d <= DESCENDING; d++) {
                struct bytes position = {NULL, 0};
                char found[32] = "";

                for (;;) {
                        struct scan *scan =
                                txn_scan(f->txn, &item_table, BY_CATEGORY, NULL, NULL, 0, d);

                        scan_after(scan, position);
                        Item *item = scan_next(scan);
                        if (item == NULL)
                                break;
                        strcat(found, item->id);
                        position = scan_position(scan);
                }
                assert_string_equal(found, d == ASCENDING ? "ecdbgaf" : "fagbdce");
        }
        /* A position behind the end of the range, and one before its beginning. */
        struct scan *all = txn_scan(f->txn, &item_table, NULL, NULL, NULL, 0, DESCENDING);
        assert_non_null(scan_next(all));
        struct bytes last = scan_position(all);
        const struct key_value tea = key_text("tea");
        struct scan *scan = txn_scan(f->txn, &item_table, BY_CATEGORY, NULL, &tea, 1, ASCENDING);
        scan_after(scan, last);
        assert_string_equal(ids(f, scan), "d b g a");
        scan = txn_scan(f->txn, &item_table, BY_CATEGORY, NULL, &tea, 1, DESCENDING);
        scan_after(scan, last);
        assert_string_equal(ids(f, scan), "");
        fixture_drop(f);
}

/* Every row is moved ahead of the scan in the index that is scanned, once. */
static void test_changing_what_is_scanned(void **state)
{
        struct fixture *f = *state;
        const struct key_value tea = key_text("tea");
        Item *item;
        size_t count = 0;

        fill(f);
        struct scan *scan = txn_scan(f->txn, &item_table, BY_CATEGORY, NULL, &tea, 1, DESCENDING);
        while ((item = scan_next(scan)) != NULL) {
                item->price_minor += 1000; /* behind the scan */
                txn_update(f->txn, &item_table, item);
                count++;
        }
        assert_int_equal(count, 4);
        scan = txn_scan(f->txn, &item_table, BY_CATEGORY, NULL, &tea, 1, ASCENDING);
        while ((item = scan_next(scan)) != NULL)
                txn_delete(f->txn, &item_table, &key_text(item->id));
        assert_string_equal(
                ids(f, txn_scan(f->txn, &item_table, NULL, NULL, NULL, 0, ASCENDING)), "c e f");
        fixture_commit(f);
        assert_verified(f);
}

static void test_after_the_end(void **state)
{
        struct fixture *f = *state;
        Item late = item_of("h", "", 1);

        fill(f);
        struct scan *scan = txn_scan(f->txn, &item_table, NULL, NULL, NULL, 0, ASCENDING);
        assert_string_equal(ids(f, scan), "a b c d e f g");
        assert_null(scan_next(scan));
        struct scan *other = txn_scan(f->txn, &item_table, NULL, NULL, NULL, 0, DESCENDING);
        assert_string_equal(((Item *)scan_next(other))->id, "g");
        txn_insert(f->txn, &item_table, &late);
        assert_string_equal(((Item *)scan_next(scan))->id, "h");
        assert_null(scan_next(scan));
        assert_string_equal(((Item *)scan_next(other))->id, "f");
        fixture_drop(f);
}

/* Fleeting rows take no more of the transaction's memory than one. */
static void test_fleeting(void **state)
{
        struct fixture *f = *state;
        size_t count = 0;

        fill(f);
        struct scan *scan = txn_scan(f->txn, &item_table, NULL, NULL, NULL, 0, ASCENDING);
        scan_fleeting(scan);
        size_t before = f->arena.used;
        for (Item *item; (item = scan_next(scan)) != NULL; count++)
                assert_int_equal(item->id[0], 'a' + (int)count);
        assert_int_equal(count, 7);
        assert_int_equal(f->arena.used, before);
        fixture_drop(f);
}

/* What was read since the mark is gone, and the scan begun before it goes on. */
static void test_forget(void **state)
{
        struct fixture *f = *state;
        const struct key_value tea[] = {key_text("tea")};
        size_t count = 0, before = 0;

        fill(f);
        fixture_commit(f);
        struct txn *txn = fixture_read(f);
        struct scan *scan = txn_scan(txn, &item_table, NULL, NULL, NULL, 0, ASCENDING);
        scan_fleeting(scan);
        for (Item *item; (item = scan_next(scan)) != NULL; count++) {
                struct txn_memory memory = txn_memory(txn);
                struct scan *inner =
                        txn_scan(txn, &item_table, BY_CATEGORY, NULL, tea, 1, ASCENDING);

                assert_non_null(scan_next(inner));
                assert_non_null(txn_get(txn, &item_table, &key_text("c")));
                txn_forget(txn, memory);
                assert_int_equal(item->id[0], 'a' + (int)count);
                if (count > 0)
                        assert_int_equal(f->arena.used, before);
                before = f->arena.used;
        }
        assert_int_equal(count, 7);
        txn_end(txn);
}

/* Rows changed at random in calls that are kept or dropped, against a plain array. */
static void test_against_array(void **state)
{
        struct fixture *f = *state;
        struct random random;
        int64_t now[40], before[40];
        struct arena arena;

        arena_init(&arena);
        random_seed(&random, 3);
        for (int i = 0; i < 40; i++)
                now[i] = -1;
        for (int round = 0; round < 300; round++) {
                struct group *group = group_begin(f->store);
                struct error error;

                error_init(&error, &arena);
                for (int call = 0; call < 3; call++) {
                        struct txn *txn = group_txn(group, &arena);

                        memcpy(before, now, sizeof(now));
                        for (int step = 0; step < 6; step++) {
                                int i = (int)random_below(&random, 40);
                                char id[4];
                                snprintf(id, sizeof(id), "%02d", i);
                                Item item = item_of(id, "x", (int64_t)random_below(&random, 5));

                                if (now[i] < 0)
                                        txn_insert(txn, &item_table, &item);
                                else if (random_below(&random, 3) == 0)
                                        txn_delete(txn, &item_table, &key_text(id));
                                else
                                        txn_update(txn, &item_table, &item);
                                now[i] = txn_has(txn, &item_table, &key_text(id)) ? item.price_minor
                                                                                  : -1;
                        }
                        struct scan *scan =
                                txn_scan(txn, &item_table, BY_CATEGORY, NULL, NULL, 0, ASCENDING);
                        Item *item;
                        int64_t last = -1;
                        int found = 0, expected = 0;
                        while ((item = scan_next(scan)) != NULL) {
                                assert_int_equal(now[atoi(item->id)], item->price_minor);
                                assert_true(item->price_minor * 100 + atoi(item->id) > last);
                                last = item->price_minor * 100 + atoi(item->id);
                                found++;
                        }
                        for (int i = 0; i < 40; i++)
                                expected += now[i] >= 0;
                        assert_int_equal(found, expected);
                        assert_int_equal(txn_status(txn), OK);
                        if (random_below(&random, 3) > 0) {
                                txn_keep(txn);
                        } else {
                                txn_drop(txn);
                                memcpy(now, before, sizeof(now));
                        }
                }
                assert_int_equal(group_commit(group, &error), OK);
                arena_reset(&arena);
        }
        arena_release(&arena);
        assert_verified(f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                BOTH(test_orders),
                BOTH(test_between),
                BOTH(test_pages),
                BOTH(test_changing_what_is_scanned),
                BOTH(test_after_the_end),
                BOTH(test_fleeting),
                BOTH(test_forget),
                BOTH(test_against_array),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
