/*
 * The one-line wrappers and thunks against a store that writes down what it was asked: the test is
 * that the right table, index, values and direction arrive, which a real store would hide.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "server/method.h"
#include "cellar.handlers.h"
#include "shelf.handlers.h"
#include "shop.schema.h"

static struct {
        const char *verb;
        const struct schema_table *table;
        const struct schema_index *index;
        const char *owner;
        struct key_value values[KEY_PARTS_MAX];
        size_t count;
        enum direction direction;
        const void *row;
} asked;

static Book answer;

static void *ask(const char *verb, const struct schema_table *table, const struct key_value *key)
{
        memset(&asked, 0, sizeof(asked));
        asked.verb = verb;
        asked.table = table;
        asked.count = table->key_count;
        for (size_t i = 0; key != NULL && i < asked.count; i++)
                asked.values[i] = key[i];
        return &answer;
}

void *txn_get(struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        return ask("get", table, key);
}

const void *txn_get_shared(
        struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        return ask("get_shared", table, key);
}

bool txn_has(struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        return ask("has", table, key) != NULL;
}

struct stored txn_stored(
        struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        return (struct stored){table, bytes_of(ask("stored", table, key), 0)};
}

void *txn_document(struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        return ask("document", table, key);
}

void txn_insert(struct txn *txn, const struct schema_table *table, const void *row)
{
        ask("insert", table, NULL);
        asked.row = row;
}

void txn_update(struct txn *txn, const struct schema_table *table, const void *row)
{
        ask("update", table, NULL);
        asked.row = row;
}

void txn_delete(struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        ask("delete", table, key);
}

uint64_t txn_append(struct txn *txn, const struct schema_table *table, void *row)
{
        ask("append", table, NULL);
        asked.row = row;
        return 17;
}

void *txn_get_by(struct txn *txn, const struct schema_table *table,
        const struct schema_index *index, const struct key_value *values)
{
        ask("get_by", table, NULL);
        asked.index = index;
        asked.values[0] = values[0];
        return &answer;
}

struct scan *txn_scan(struct txn *txn, const struct schema_table *table,
        const struct schema_index *index, const char *owner, const struct key_value *values,
        size_t count, enum direction direction)
{
        ask("scan", table, NULL);
        asked.index = index;
        asked.owner = owner;
        asked.count = count;
        asked.direction = direction;
        for (size_t i = 0; i < count; i++)
                asked.values[i] = values[i];
        return NULL;
}

void *scan_next(struct scan *scan)
{
        return &answer;
}

/* ---- handlers ---- */

static const void *handled;

enum status shelf_take_book(struct call *call, const TakeBookRequest *request, Book *response)
{
        handled = request;
        response->id = "taken";
        return FAILED_PRECONDITION;
}

enum status shelf_take_book_prepare(struct call *call, const TakeBookRequest *request)
{
        handled = request;
        return UNAVAILABLE;
}

enum status shelf_watch_shelf(
        struct call *call, const WatchShelfRequest *request, WatchShelfResponse *response)
{
        return OK;
}

enum status shelf_sweep(struct call *call, const SweepRequest *request, Empty *response)
{
        return OK;
}

/* ---- tests ---- */

static void test_rows(void **state)
{
        Book book = BOOK_INIT;
        Note note = NOTE_INIT;

        assert_ptr_equal(book_get(NULL, "b1"), &answer);
        assert_string_equal(asked.verb, "get");
        assert_string_equal(asked.table->name, "Book");
        assert_int_equal(asked.values[0].type, KEY_TEXT);
        assert_string_equal(asked.values[0].text, "b1");
        assert_true(book_has(NULL, "b1"));
        assert_ptr_equal(book_document(NULL, "b1"), &answer);
        assert_string_equal(asked.verb, "document");
        assert_ptr_equal(book_stored(NULL, "b3").table, asked.table);
        assert_string_equal(asked.verb, "stored");
        assert_string_equal(asked.values[0].text, "b3");
        book_insert(NULL, &book);
        assert_string_equal(asked.verb, "insert");
        assert_ptr_equal(asked.row, &book);
        book_update(NULL, &book);
        assert_string_equal(asked.verb, "update");
        book_delete(NULL, "b2");
        assert_string_equal(asked.verb, "delete");
        assert_string_equal(asked.values[0].text, "b2");
        assert_int_equal(note_append(NULL, &note), 17);
        assert_ptr_equal(asked.row, &note);
        assert_ptr_equal(book_next(NULL), &answer);
}

static void test_field_numbers(void **state)
{
        assert_int_equal(BOOK__READER_ID__NUMBER, 2);
        assert_int_equal(BOOK__CHAPTERS__NUMBER, 8);
}

static void test_key_types(void **state)
{
        cask_get(NULL, bytes_of("ab", 2), true, 12);
        assert_int_equal(asked.values[0].type, KEY_BYTES);
        assert_int_equal(asked.values[0].bytes.len, 2);
        assert_int_equal(asked.values[1].type, KEY_BOOL);
        assert_true(asked.values[1].flag);
        assert_int_equal(asked.values[2].type, KEY_UINT);
        assert_int_equal(asked.values[2].natural, 12);
        wait_get_shared(NULL, "b2", 5);
        assert_string_equal(asked.verb, "get_shared");
        assert_string_equal(asked.values[0].text, "b2");
        wait_get(NULL, "b1", -3);
        assert_int_equal(asked.values[1].type, KEY_INT);
        assert_int_equal(asked.values[1].number, -3);
        cask_get_by_mark(NULL, bytes_of("x", 1));
        assert_string_equal(asked.verb, "get_by");
        assert_int_equal(asked.index->number, 7);
}

static void test_primary_scans(void **state)
{
        book_of(NULL, "r1");
        assert_string_equal(asked.owner, "r1");
        assert_int_equal(asked.count, 0);
        assert_null(asked.index);
        reader_all_latest(NULL);
        assert_null(asked.owner);
        assert_int_equal(asked.direction, DESCENDING);
        chapter_of(NULL, "b1");
        assert_int_equal(asked.count, 1);
        assert_null(asked.owner);
        assert_string_equal(asked.values[0].text, "b1");
}

static void test_index_scans(void **state)
{
        book_by_reader_id_state_create_time_latest(NULL, "r1", BOOK_STATE_OUT, 99);
        assert_int_equal(asked.index->number, 1);
        assert_int_equal(asked.count, 3);
        assert_int_equal(asked.values[1].number, 5);
        assert_int_equal(asked.values[2].number, 99);
        assert_int_equal(asked.direction, DESCENDING);
        book_by_state(NULL, BOOK_STATE_IN);
        assert_int_equal(asked.index->number, 3);
        assert_int_equal(asked.count, 1);
        assert_int_equal(asked.direction, ASCENDING);
        book_by_state_isbn(NULL, BOOK_STATE_IN, "1");
        assert_int_equal(asked.index->number, 4);
        wait_all_by_until(NULL);
        assert_int_equal(asked.index->number, 1);
        assert_int_equal(asked.count, 0);
}

static const struct server_method *server_method(const char *name)
{
        const struct schema_method *method = schema_method(&shop_schema, bytes_of_text(name));

        assert_non_null(method);
        return &server_methods[method - shop_schema.methods];
}

static void test_thunks(void **state)
{
        TakeBookRequest request = TAKE_BOOK_REQUEST_INIT;
        Book book = BOOK_INIT;
        const struct server_method *take = server_method("shelf.TakeBook");

        assert_int_equal(take->run(NULL, &request, &book), FAILED_PRECONDITION);
        assert_ptr_equal(handled, &request);
        assert_string_equal(book.id, "taken");
        handled = NULL;
        assert_int_equal(take->prepare(NULL, &request), UNAVAILABLE);
        assert_ptr_equal(handled, &request);
        assert_null(server_method("shelf.Sweep")->prepare);
        assert_null(server_method("shelf.GetBook")->run);
        assert_null(server_method("shelf.UpdateBook")->run);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_field_numbers),
                cmocka_unit_test(test_key_types),
                cmocka_unit_test(test_primary_scans),
                cmocka_unit_test(test_index_scans),
                cmocka_unit_test(test_thunks),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
