/*
 * Inserts that look at no snapshot: whoever is there already, by the call, by the one before it in
 * the group or since long, is found all the same.
 */
#include <string.h>
#include "lib/store/internal.h"
#include "tests/unit/store/fixture.h"

#define BY_EXTERNAL (&basket_table.indexes[2])
#define NEW_ID      "01arz3ndektsv4rrffq69g5fav"

static void insert_basket(struct txn *txn, const char *id, const char *person_id)
{
        Basket basket = basket_of(id, person_id, 1);

        txn_insert(txn, &basket_table, &basket);
}

static void insert_line(struct txn *txn, const char *basket_id, int32_t number)
{
        BasketLine line = line_of(basket_id, number, "i1");

        txn_insert(txn, &basket_line_table, &line);
}

static void insert_item(struct txn *txn, const char *id)
{
        Item item = item_of(id, "tea", 1);

        txn_insert(txn, &item_table, &item);
}

static void expect_there(struct fixture *f, const char *reason)
{
        assert_int_equal(txn_status(f->txn), ALREADY_EXISTS);
        assert_string_equal(txn_error(f->txn)->reason, reason);
        fixture_drop(f);
}

static void a_line_is_inserted_once(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = fixture_begin(f);

        insert_basket(txn, "b1", "p1");
        insert_line(txn, "b1", 1);
        insert_line(txn, "b1", 2);
        assert_int_equal(txn_status(txn), OK);
        insert_line(txn, "b1", 1);
        expect_there(f, "BASKET_LINE_EXISTS");
}

/* Of a shop that has a basket with a line. */
static struct txn *begin_after_a_line(struct fixture *f)
{
        struct txn *txn = fixture_begin(f);

        insert_basket(txn, "b1", "p1");
        insert_line(txn, "b1", 1);
        fixture_commit(f);
        return fixture_begin(f);
}

static void lines_of_others_are_found(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = begin_after_a_line(f);

        insert_basket(txn, "b11", "p1"); /* begins as the other does */
        insert_line(txn, "b11", 1);
        assert_int_equal(txn_status(txn), OK);
        insert_line(txn, "b1", 1);
        expect_there(f, "BASKET_LINE_EXISTS");
        txn = fixture_begin(f);
        insert_basket(txn, "b2", "p1");
        insert_line(txn, "b1", 1);
        expect_there(f, "BASKET_LINE_EXISTS");
}

static void a_parent_that_comes_back_has_no_lines(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = begin_after_a_line(f);

        txn_delete(txn, &basket_table, &key_text("b1"));
        insert_basket(txn, "b1", "p1");
        insert_line(txn, "b1", 1);
        assert_int_equal(txn_status(txn), OK);
        insert_line(txn, "b1", 1);
        expect_there(f, "BASKET_LINE_EXISTS");
}

static void a_parent_that_was_undone_counts_no_more(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = fixture_begin(f);
        size_t mark = txn_mark(txn);

        insert_basket(txn, "b1", "p1");
        txn_rewind(txn, mark);
        insert_line(txn, "b1", 1);
        assert_string_equal(txn_error(txn)->reason, "BASKET_NOT_FOUND");
        fixture_drop(f);
}

static void a_new_id_is_inserted_once(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = fixture_begin(f);

        txn_id_is_new(txn, NEW_ID);
        insert_item(txn, NEW_ID);
        insert_basket(txn, NEW_ID, "p1");
        assert_int_equal(txn_status(txn), OK);
        insert_basket(txn, NEW_ID, "p2");
        expect_there(f, "BASKET_EXISTS");
        txn = fixture_begin(f);
        txn_id_is_new(txn, NEW_ID);
        insert_item(txn, NEW_ID);
        insert_item(txn, NEW_ID);
        expect_there(f, "ITEM_EXISTS");
}

/* What is not said to be new is looked for, beside one that is. */
static void other_ids_are_found(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = fixture_begin(f);

        insert_item(txn, "i1");
        insert_item(txn, "");
        insert_basket(txn, "b1", "p1");
        fixture_commit(f);
        insert_item(fixture_begin(f), "");
        expect_there(f, "ITEM_EXISTS");
        txn = fixture_begin(f);
        txn_id_is_new(txn, NEW_ID);
        insert_item(txn, NEW_ID);
        insert_item(txn, "i1");
        expect_there(f, "ITEM_EXISTS");
        txn = fixture_begin(f);
        txn_id_is_new(txn, NEW_ID);
        insert_basket(txn, "b1", "p2");
        expect_there(f, "BASKET_EXISTS");
}

static void the_call_before_is_found(void **state)
{
        struct fixture *f = *state;

        fixture_begin(f);
        txn_id_is_new(f->txn, NEW_ID);
        insert_item(f->txn, NEW_ID);
        txn_keep(f->txn);
        f->txn = group_txn(f->group, &f->arena);
        txn_id_is_new(f->txn, NEW_ID);
        insert_item(f->txn, NEW_ID);
        expect_there(f, "ITEM_EXISTS");
}

static void insert_named(struct fixture *f, const char *id, const char *external_id)
{
        Basket basket = basket_of(id, "p1", 1);

        basket.external_id = (char *)(uintptr_t)external_id;
        txn_insert(f->txn, &basket_table, &basket);
}

static const Basket *named(struct fixture *f, const char *external_id)
{
        return txn_get_by(f->txn, &basket_table, BY_EXTERNAL, &key_text(external_id));
}

static void a_name_with_a_new_id_is_taken_once(void **state)
{
        struct fixture *f = *state;

        fixture_begin(f);
        txn_id_is_new(f->txn, NEW_ID);
        assert_null(named(f, "told:" NEW_ID));
        insert_named(f, "b1", "told:" NEW_ID);
        assert_string_equal(named(f, "told:" NEW_ID)->id, "b1");
        insert_named(f, "b2", "told:" NEW_ID);
        expect_there(f, "BASKET_EXTERNAL_ID_TAKEN");
        fixture_begin(f);
        txn_id_is_new(f->txn, NEW_ID);
        insert_named(f, "b1", "told:" NEW_ID);
        txn_keep(f->txn);
        f->txn = group_txn(f->group, &f->arena);
        txn_id_is_new(f->txn, NEW_ID);
        insert_named(f, "b2", "told:" NEW_ID);
        expect_there(f, "BASKET_EXTERNAL_ID_TAKEN");
}

/* Only what ends with it is new with it. */
static void other_names_are_found(void **state)
{
        struct fixture *f = *state;

        fixture_begin(f);
        insert_named(f, "b1", "x1");
        insert_named(f, "b2", NEW_ID "+");
        insert_named(f, "b3", "x1arz3ndektsv4rrffq69g5fav");
        fixture_commit(f);
        for (const char **at =
                        (const char *[]){"x1", NEW_ID "+", "x1arz3ndektsv4rrffq69g5fav", NULL};
                *at != NULL; at++) {
                fixture_begin(f);
                txn_id_is_new(f->txn, NEW_ID);
                assert_non_null(named(f, *at));
                insert_named(f, NEW_ID, *at);
                expect_there(f, "BASKET_EXTERNAL_ID_TAKEN");
        }
}

static void a_new_id_is_there_from_its_insert_to_its_end(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = fixture_begin(f);

        txn_id_is_new(txn, NEW_ID);
        assert_false(txn_has(txn, &item_table, &key_text(NEW_ID)));
        insert_item(txn, NEW_ID);
        assert_true(txn_has(txn, &item_table, &key_text(NEW_ID)));
        txn_delete(txn, &item_table, &key_text(NEW_ID));
        assert_false(txn_has(txn, &item_table, &key_text(NEW_ID)));
        insert_item(txn, NEW_ID);
        assert_true(txn_has(txn, &item_table, &key_text(NEW_ID)));
        fixture_drop(f);
}

/* It has only its snapshot, where all is looked for that it is told of. */
static void a_reader_finds_what_is_there(void **state)
{
        struct fixture *f = *state;

        insert_item(fixture_begin(f), NEW_ID);
        fixture_commit(f);
        struct txn *txn = fixture_read(f);

        txn_id_is_new(txn, NEW_ID);
        assert_true(txn_has(txn, &item_table, &key_text(NEW_ID)));
        assert_non_null(txn_get(txn, &item_table, &key_text(NEW_ID)));
        txn_end(txn);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                BOTH(a_line_is_inserted_once),
                BOTH(lines_of_others_are_found),
                BOTH(a_parent_that_comes_back_has_no_lines),
                BOTH(a_parent_that_was_undone_counts_no_more),
                BOTH(a_new_id_is_inserted_once),
                BOTH(other_ids_are_found),
                BOTH(the_call_before_is_found),
                BOTH(a_name_with_a_new_id_is_taken_once),
                BOTH(other_names_are_found),
                BOTH(a_new_id_is_there_from_its_insert_to_its_end),
                BOTH(a_reader_finds_what_is_there),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
