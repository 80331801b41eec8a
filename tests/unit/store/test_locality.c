/* Rows under owners: found by key alone, scanned per owner, moved with all that hangs on them. */
#include "lib/schema/decode.h"
#include "tests/unit/store/fixture.h"
#include <stdio.h>
#include <string.h>

#define STATE_NUMBER 4 /* of a basket */
#define BY_PERSON    (&basket_table.indexes[0])
#define BY_STATE     (&basket_table.indexes[1])
#define BY_EXTERNAL  (&basket_table.indexes[2])
#define BY_ITEM      (&basket_line_table.indexes[0])
#define BY_SERIAL    (&basket_unit_table.indexes[0])

static void fill(struct fixture *f)
{
        struct txn *txn = fixture_begin(f);
        Person p1 = person_of("p1", "one@example.com");
        Person p2 = person_of("p2", "two@example.com");
        Item item = item_of("i1", "tea", 1);

        txn_insert(txn, &person_table, &p1);
        txn_insert(txn, &person_table, &p2);
        txn_insert(txn, &item_table, &item);
        for (int i = 0; i < 4; i++) {
                char id[8];
                snprintf(id, sizeof(id), "b%d", i);
                Basket basket = basket_of(id, i == 3 ? "" : i == 2 ? "p2" : "p1", 100 - i);

                basket.external_id = i == 3 ? "x3" : "";
                txn_insert(txn, &basket_table, &basket);
        }
        for (int n = 1; n <= 3; n++) {
                BasketLine line = line_of("b3", n, "i1");
                char serial[8];

                line.quantity = n;
                txn_insert(txn, &basket_line_table, &line);
                snprintf(serial, sizeof(serial), "s%d", n);
                BasketUnit unit = unit_of("b3", n, 1, serial);
                txn_insert(txn, &basket_unit_table, &unit);
        }
        fixture_commit(f);
        assert_verified(f);
}

static const char *baskets(struct fixture *f, struct scan *scan)
{
        char *text = arena_text(&f->arena, "");
        Basket *basket;

        while ((basket = scan_next(scan)) != NULL)
                text = arena_printf(&f->arena, "%s%s", text, basket->id);
        return text;
}

static void test_scans(void **state)
{
        struct fixture *f = *state;
        const struct key_value p1 = key_text("p1"), nought = key_int(0);

        fill(f);
        struct txn *txn = fixture_read(f);
        assert_string_equal(
                baskets(f, txn_scan(txn, &basket_table, NULL, "p1", NULL, 0, ASCENDING)), "b0b1");
        assert_string_equal(
                baskets(f, txn_scan(txn, &basket_table, NULL, "p", NULL, 0, ASCENDING)), "");
        assert_string_equal(
                baskets(f, txn_scan(txn, &basket_table, NULL, "", NULL, 0, ASCENDING)), "b3");
        /* Without an owner: everybody's, in the order of their keys. */
        assert_string_equal(
                baskets(f, txn_scan(txn, &basket_table, NULL, NULL, NULL, 0, ASCENDING)),
                "b0b1b2b3");
        assert_string_equal(
                baskets(f, txn_scan(txn, &basket_table, NULL, NULL, NULL, 0, DESCENDING)),
                "b3b2b1b0");
        assert_string_equal(
                baskets(f, txn_scan(txn, &basket_table, BY_PERSON, NULL, &p1, 1, ASCENDING)),
                "b1b0");
        assert_string_equal(
                baskets(f, txn_scan(txn, &basket_table, BY_PERSON, "p1", NULL, 0, DESCENDING)),
                "b0b1");
        assert_string_equal(
                baskets(f, txn_scan(txn, &basket_table, BY_STATE, NULL, &nought, 1, ASCENDING)),
                "b0b1b2b3");
        struct scan *scan = txn_scan(txn, &basket_table, BY_PERSON, "p1", NULL, 0, ASCENDING);
        scan_between(scan, &key_int(100), NULL);
        assert_string_equal(baskets(f, scan), "b0");
        assert_string_equal(txn_owner(txn, &basket_table, &key_text("b2")), "p2");
        assert_string_equal(txn_owner(txn, &person_table, &key_text("p2")), "p2");
        assert_null(txn_owner(txn, &basket_table, &key_text("b9")));
        assert_null(txn_owner(txn, &person_table, &key_text("p9")));
        const struct key_value line[] = {key_text("b3"), key_int(2)};
        assert_string_equal(txn_owner(txn, &basket_line_table, line), "");
        assert_int_equal(txn_status(txn), OK);
        txn_end(txn);
}

static void test_document(void **state)
{
        struct fixture *f = *state;

        fill(f);
        struct txn *txn = fixture_read(f);
        Basket *basket = txn_document(txn, &basket_table, &key_text("b3"));
        assert_int_equal(basket->n_lines, 3);
        assert_int_equal(basket->lines[1]->number, 2);
        assert_int_equal(basket->lines[2]->quantity, 3);
        assert_int_equal(basket->lines[2]->n_units, 1);
        assert_string_equal(basket->lines[2]->units[0]->serial, "s3");
        assert_string_equal(basket->etag, "1");
        assert_null(txn_document(txn, &basket_table, &key_text("b9")));
        txn_end(txn);

        /* What a document's child fields say is not written. */
        txn = fixture_begin(f);
        basket->state = 5;
        txn_update(txn, &basket_table, basket);
        basket = txn_document(txn, &basket_table, &key_text("b3"));
        assert_int_equal(basket->n_lines, 3);
        assert_int_equal(basket->state, 5);
        fixture_commit(f);
        assert_verified(f);
}

/* What is passed on undecoded is what a reader would have got. */
static void test_stored(void **state)
{
        struct fixture *f = *state;

        fill(f);
        struct txn *txn = fixture_begin(f);
        Basket *basket = txn_get(txn, &basket_table, &key_text("b3"));
        basket->state = -5;
        txn_update(txn, &basket_table, basket);
        fixture_commit(f);
        txn = fixture_read(f);
        struct stored row = txn_stored(txn, &basket_table, &key_text("b3"));
        assert_int_equal(stored_number(row, STATE_NUMBER), -5);
        assert_int_equal(stored_number((struct stored){&basket_table, {0}}, STATE_NUMBER), 0);
        struct bytes document = scan_append(
                txn_scan(txn, &basket_line_table, NULL, NULL, &key_text("b3"), 1, ASCENDING),
                row.bytes, 6);
        basket = decode_trusted(txn_arena(txn), basket_table.message->descriptor, document);
        assert_string_equal(basket->id, "b3");
        assert_string_equal(basket->etag, "2");
        assert_int_equal(basket->n_lines, 3);
        assert_int_equal(basket->lines[2]->quantity, 3);
        assert_null(txn_stored(txn, &basket_table, &key_text("b9")).bytes.data);
        txn_end(txn);
}

static void check_moved(struct fixture *f, struct txn *txn)
{
        const struct key_value line[] = {key_text("b3"), key_int(2)};
        const struct key_value i1 = key_text("i1");
        BasketLine *row;
        int count = 0;

        assert_string_equal(txn_owner(txn, &basket_table, &key_text("b3")), "p1");
        assert_string_equal(txn_owner(txn, &basket_line_table, line), "p1");
        row = txn_get(txn, &basket_line_table, line);
        assert_string_equal(row->person_id, "p1");
        assert_string_equal(
                baskets(f, txn_scan(txn, &basket_table, NULL, "", NULL, 0, ASCENDING)), "");
        assert_string_equal(
                baskets(f, txn_scan(txn, &basket_table, NULL, "p1", NULL, 0, ASCENDING)), "b0b1b3");
        assert_string_equal(
                baskets(f, txn_scan(txn, &basket_table, BY_PERSON, "p1", NULL, 0, ASCENDING)),
                "b3b1b0");
        struct scan *scan = txn_scan(txn, &basket_line_table, BY_ITEM, NULL, &i1, 1, ASCENDING);
        while (scan_next(scan) != NULL)
                count++;
        assert_int_equal(count, 3);
        Basket *basket = txn_get_by(txn, &basket_table, BY_EXTERNAL, &key_text("x3"));
        assert_string_equal(basket->id, "b3");
        BasketUnit *unit = txn_get_by(txn, &basket_unit_table, BY_SERIAL, &key_text("s2"));
        assert_int_equal(unit->line_number, 2);
        basket = txn_document(txn, &basket_table, &key_text("b3"));
        assert_int_equal(basket->n_lines, 3);
        assert_int_equal(basket->lines[0]->n_units, 1);
}

/* A guest's basket becomes a member's at sign-in. */
static void test_move(void **state)
{
        struct fixture *f = *state;

        fill(f);
        struct txn *txn = fixture_begin(f);
        Basket *basket = txn_get(txn, &basket_table, &key_text("b3"));
        basket->person_id = "p1";
        basket->create_time = 1;
        txn_update(txn, &basket_table, basket);
        check_moved(f, txn);
        fixture_commit(f);
        assert_verified(f);
        txn = fixture_read(f);
        check_moved(f, txn);
        txn_end(txn);
}

static void test_delete_takes_children(void **state)
{
        struct fixture *f = *state;

        fill(f);
        struct txn *txn = fixture_begin(f);
        const struct key_value line[] = {key_text("b3"), key_int(2)};
        txn_delete(txn, &basket_line_table, line);
        assert_null(txn_get_by(txn, &basket_unit_table, BY_SERIAL, &key_text("s2")));
        assert_non_null(txn_get_by(txn, &basket_unit_table, BY_SERIAL, &key_text("s3")));
        fixture_commit(f);
        assert_verified(f);
        txn = fixture_begin(f);
        txn_delete(txn, &basket_table, &key_text("b3"));
        assert_null(txn_get_by(txn, &basket_unit_table, BY_SERIAL, &key_text("s3")));
        assert_null(txn_get(txn, &basket_table, &key_text("b3")));
        fixture_commit(f);
        assert_verified(f);
}

static void test_refusals(void **state)
{
        struct fixture *f = *state;

        fill(f);
        /* The same key under another owner is the same key. */
        Basket basket = basket_of("b0", "p2", 1);
        txn_insert(fixture_begin(f), &basket_table, &basket);
        assert_string_equal(txn_error(f->txn)->reason, "BASKET_EXISTS");
        fixture_drop(f);
        BasketLine line = line_of("b9", 1, "i1");
        txn_insert(fixture_begin(f), &basket_line_table, &line);
        assert_string_equal(txn_error(f->txn)->reason, "BASKET_NOT_FOUND");
        fixture_drop(f);
        BasketUnit unit = unit_of("b3", 9, 1, "s9");
        txn_insert(fixture_begin(f), &basket_unit_table, &unit);
        assert_string_equal(txn_error(f->txn)->reason, "BASKET_LINE_NOT_FOUND");
        fixture_drop(f);
        basket = basket_of("b7", "p2", 1);
        basket.external_id = "x3";
        txn_insert(fixture_begin(f), &basket_table, &basket);
        assert_string_equal(txn_error(f->txn)->reason, "BASKET_EXTERNAL_ID_TAKEN");
        fixture_drop(f);
        assert_verified(f);
}

static void test_owner_in_key(void **state)
{
        struct fixture *f = *state;
        Balance balance = SHOP__BALANCE__INIT;
        const struct key_value key[] = {key_text("p1"), key_text("gold")};

        fill(f);
        struct txn *txn = fixture_begin(f);
        balance.person_id = "p1";
        balance.kind = "gold";
        balance.points = 5;
        txn_insert(txn, &balance_table, &balance);
        balance.points = 6;
        txn_update(txn, &balance_table, &balance);
        fixture_commit(f);
        assert_verified(f);
        txn = fixture_begin(f);
        Balance *found = txn_get(txn, &balance_table, key);
        assert_int_equal(found->points, 6);
        assert_true(txn_has(txn, &balance_table, key));
        assert_false(txn_has(
                txn, &balance_table, (struct key_value[]){key_text("p1"), key_text("silver")}));
        txn_insert(txn, &balance_table, &balance);
        assert_string_equal(txn_error(txn)->reason, "BALANCE_EXISTS");
        fixture_drop(f);
        txn = fixture_begin(f);
        assert_non_null(scan_next(txn_scan(txn, &balance_table, NULL, NULL, key, 1, ASCENDING)));
        txn_delete(txn, &balance_table, key);
        assert_null(txn_get(txn, &balance_table, key));
        fixture_commit(f);
        assert_verified(f);
}

static int line_count(struct txn *txn)
{
        Basket *basket = txn_document(txn, &basket_table, &key_text("b3"));

        return basket == NULL ? -1 : (int)basket->n_lines;
}

/* What a group has looked at, and the document it has made, are not what it has changed since. */
static void test_looking_again(void **state)
{
        struct fixture *f = *state;
        BasketLine line = line_of("b3", 9, "i1");

        fill(f);
        struct txn *txn = fixture_begin(f);
        assert_int_equal(line_count(txn), 3);
        assert_int_equal(line_count(txn), 3);
        assert_null(
                txn_get(txn, &basket_line_table, (struct key_value[]){key_text("b3"), key_int(9)}));
        size_t mark = txn_mark(txn);
        txn_insert(txn, &basket_line_table, &line);
        assert_int_equal(line_count(txn), 4);
        assert_true(
                txn_has(txn, &basket_line_table, (struct key_value[]){key_text("b3"), key_int(9)}));
        txn_rewind(txn, mark);
        assert_int_equal(line_count(txn), 3);
        txn_delete(txn, &basket_line_table, (struct key_value[]){key_text("b3"), key_int(1)});
        assert_int_equal(line_count(txn), 2);
        fixture_commit(f);
        txn = fixture_begin(f);
        assert_int_equal(line_count(txn), 2);
        txn_delete(txn, &basket_table, &key_text("b3"));
        assert_int_equal(line_count(txn), -1);
        fixture_commit(f);
        txn = fixture_begin(f);
        assert_int_equal(line_count(txn), -1);
        fixture_drop(f);
        assert_verified(f);
}

static struct bytes made_document(struct fixture *f, struct txn *txn)
{
        struct bytes made = txn_document_bytes(txn, &basket_table, &key_text("b8"));

        return bytes_of(arena_copy(&f->arena, made.data, made.len), made.len);
}

static void insert_line(struct txn *txn, int number, int units)
{
        BasketLine line = line_of("b8", number, "i1");

        txn_insert(txn, &basket_line_table, &line);
        for (int i = units; i > 0; i--) {
                char serial[16];

                snprintf(serial, sizeof(serial), "u%d.%d", number, i);
                BasketUnit unit = unit_of("b8", number, i, serial);
                txn_insert(txn, &basket_unit_table, &unit);
        }
}

/* The call that inserts a row finds its children among its own changes, in their order; later ones
 * scan for them, and find the same. */
static void test_document_of_what_was_made(void **state)
{
        const struct key_value second[] = {key_text("b8"), key_int(2)};
        struct fixture *f = *state;
        Basket basket = basket_of("b8", "p1", 7);

        fill(f);
        struct txn *txn = fixture_begin(f);
        size_t mark = txn_mark(txn);
        txn_insert(txn, &basket_table, &basket);
        insert_line(txn, 5, 0);
        txn_rewind(txn, mark);
        assert_null(txn_document_bytes(txn, &basket_table, &key_text("b8")).data);
        txn_insert(txn, &basket_table, &basket);
        for (int number = 9; number > 0; number -= 2)
                insert_line(txn, number, number % 3);
        insert_line(txn, 2, 2);
        txn_delete(txn, &basket_line_table, second);
        insert_line(txn, 2, 1);
        txn_delete(txn, &basket_line_table, (struct key_value[]){key_text("b8"), key_int(7)});
        basket.state = 3;
        txn_update(txn, &basket_table, &basket);
        struct bytes made = made_document(f, txn);
        const Basket *read = txn_document(txn, &basket_table, &key_text("b8"));

        assert_int_equal(read->n_lines, 5);
        assert_int_equal(read->lines[1]->number, 2);
        assert_int_equal(read->lines[1]->n_units, 1);
        assert_int_equal(read->lines[3]->number, 5);
        assert_int_equal(read->lines[3]->n_units, 2);
        fixture_commit(f);
        txn = fixture_read(f);
        assert_true(bytes_equal(txn_document_bytes(txn, &basket_table, &key_text("b8")), made));
        txn_end(txn);
        assert_verified(f);
}

/* With another owner it has another key, and so have its children. */
static void test_document_of_what_has_moved(void **state)
{
        struct fixture *f = *state;
        Basket basket = basket_of("b8", "p1", 7);

        fill(f);
        struct txn *txn = fixture_begin(f);
        txn_insert(txn, &basket_table, &basket);
        insert_line(txn, 1, 1);
        basket.person_id = "p2";
        txn_update(txn, &basket_table, &basket);
        insert_line(txn, 2, 0);
        struct bytes made = made_document(f, txn);

        fixture_commit(f);
        txn = fixture_read(f);
        assert_true(bytes_equal(txn_document_bytes(txn, &basket_table, &key_text("b8")), made));
        const Basket *read = txn_document(txn, &basket_table, &key_text("b8"));
        assert_int_equal(read->n_lines, 2);
        txn_end(txn);
        assert_verified(f);
}

/* A scan in a group sees what the group does while it goes on. */
static void test_scan_of_what_changes(void **state)
{
        struct fixture *f = *state;

        fill(f);
        struct txn *txn = fixture_begin(f);
        struct scan *scan =
                txn_scan(txn, &basket_line_table, NULL, NULL, &key_text("b3"), 1, ASCENDING);
        const BasketLine *first = scan_next(scan);
        BasketLine between = line_of("b3", 2, "i1"), behind = line_of("b3", 7, "i1");

        assert_int_equal(first->number, 1);
        txn_delete(txn, &basket_line_table, (struct key_value[]){key_text("b3"), key_int(2)});
        txn_insert(txn, &basket_line_table, &behind);
        size_t mark = txn_mark(txn);
        txn_insert(txn, &basket_line_table, &between);
        const BasketLine *second = scan_next(scan);
        assert_int_equal(second->number, 2);
        txn_rewind(txn, mark);
        const BasketLine *third = scan_next(scan);
        assert_int_equal(third->number, 3);
        const BasketLine *fourth = scan_next(scan);
        assert_int_equal(fourth->number, 7);
        assert_null(scan_next(scan));
        fixture_drop(f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                BOTH(test_scans),
                BOTH(test_document),
                BOTH(test_stored),
                BOTH(test_move),
                BOTH(test_delete_takes_children),
                BOTH(test_refusals),
                BOTH(test_owner_in_key),
                BOTH(test_looking_again),
                BOTH(test_document_of_what_was_made),
                BOTH(test_document_of_what_has_moved),
                BOTH(test_scan_of_what_changes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
