/* The client's stubs against a library that writes down what it was asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "lib/schema/schema.h"
#include "shelf.client.h"
#include "shop.client.schema.h"

static struct {
        const struct shop_method *method;
        const ProtobufCMessage *request;
        shop_done *done;
        void *context;
} asked;

static Shop__Book book = SHOP__BOOK__INIT;

enum shop_status shop_invoke(struct shop_channel *channel, const struct shop_method *method,
        const ProtobufCMessage *request, const struct shop_call_options *options,
        ProtobufCMessage **response, struct shop_error *error)
{
        asked.method = method;
        asked.request = request;
        *response = &book.base;
        return SHOP_OK;
}

uint64_t shop_start(struct shop_channel *channel, const struct shop_method *method,
        const ProtobufCMessage *request, const struct shop_call_options *options, shop_done *done,
        void *context)
{
        asked.method = method;
        asked.request = request;
        asked.done = done;
        asked.context = context;
        return 5;
}

void shop_pages_init(struct shop_pages *pages, struct shop_channel *channel,
        const struct shop_method *method, const ProtobufCMessage *request)
{
        asked.method = method;
        asked.request = request;
}

enum shop_status shop_pages_next(
        struct shop_pages *pages, ProtobufCMessage **response, struct shop_error *error)
{
        *response = NULL;
        return SHOP_UNAVAILABLE;
}

void shop_watch_init(struct shop_watch *watch, struct shop_channel *channel,
        const struct shop_method *method, const ProtobufCMessage *request)
{
        asked.method = method;
        asked.request = request;
}

enum shop_status shop_watch_next(
        struct shop_watch *watch, ProtobufCMessage **response, struct shop_error *error)
{
        *response = NULL;
        return SHOP_CANCELLED;
}

static void test_method(void **state)
{
        assert_string_equal(shop_shelf_take_book_method.name, "shelf.TakeBook");
        assert_int_equal(shop_shelf_take_book_method.lane, SHOP_LANE_SLOW);
        assert_ptr_equal(shop_shelf_take_book_method.request, &shop__take_book_request__descriptor);
        assert_ptr_equal(shop_shelf_take_book_method.response, &shop__book__descriptor);
}

static void test_blocking(void **state)
{
        Shop__TakeBookRequest request = SHOP__TAKE_BOOK_REQUEST__INIT;
        Shop__Book *response = NULL;

        assert_int_equal(shop_shelf_take_book(NULL, &request, NULL, &response, NULL), SHOP_OK);
        assert_ptr_equal(response, &book);
        assert_ptr_equal(asked.method, &shop_shelf_take_book_method);
        assert_ptr_equal(asked.request, &request);
}

static void on_done(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
}

static void test_asynchronous(void **state)
{
        Shop__GetBookRequest request = SHOP__GET_BOOK_REQUEST__INIT;
        int context;

        assert_int_equal(shop_shelf_get_book_start(NULL, &request, NULL, on_done, &context), 5);
        assert_ptr_equal(asked.method, &shop_shelf_get_book_method);
        assert_true(asked.done == on_done);
        assert_ptr_equal(asked.context, &context);
}

static void test_pages(void **state)
{
        Shop__ListBooksRequest request = SHOP__LIST_BOOKS_REQUEST__INIT;
        Shop__ListBooksResponse *page = (void *)&request;
        struct shop_pages pages;

        shop_shelf_list_books_pages(&pages, NULL, &request);
        assert_ptr_equal(asked.method, &shop_shelf_list_books_method);
        assert_ptr_equal(asked.request, &request);
        assert_int_equal(shop_shelf_list_books_next(&pages, &page, NULL), SHOP_UNAVAILABLE);
        assert_null(page);
}

static void test_watch(void **state)
{
        Shop__WatchShelfRequest request = SHOP__WATCH_SHELF_REQUEST__INIT;
        Shop__WatchShelfResponse *news = (void *)&request;
        struct shop_watch watch;

        assert_int_equal(shop_shelf_watch_shelf_method.cursor, 2);
        assert_int_equal(shop_shelf_watch_shelf_method.next_cursor, 4);
        assert_int_equal(shop_shelf_take_book_method.cursor, 0);
        shop_shelf_watch_shelf_watch(&watch, NULL, &request);
        assert_ptr_equal(asked.method, &shop_shelf_watch_shelf_method);
        assert_ptr_equal(asked.request, &request);
        assert_int_equal(shop_shelf_watch_shelf_next(&watch, &news, NULL), SHOP_CANCELLED);
        assert_null(news);
}

/* The client's schema has the public files only. */
static void test_schema(void **state)
{
        assert_non_null(schema_table_named(&shop_client_schema, "Book"));
        assert_null(schema_table_named(&shop_client_schema, "Cask"));
        assert_int_equal(shop_client_schema.method_count, 8);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_method),
                cmocka_unit_test(test_blocking),
                cmocka_unit_test(test_asynchronous),
                cmocka_unit_test(test_pages),
                cmocka_unit_test(test_watch),
                cmocka_unit_test(test_schema),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
