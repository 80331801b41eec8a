/* Names and comments; what protobuf-c calls things is the expectation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tools/protoc-gen-shop/names.h"

static struct arena arena;

static int open_arena(void **state)
{
        arena_init(&arena);
        return 0;
}

static int close_arena(void **state)
{
        arena_release(&arena);
        return 0;
}

static void test_words(void **state)
{
        assert_string_equal(name_lower(&arena, "OrderLine"), "order_line");
        assert_string_equal(name_upper(&arena, "OrderLine"), "ORDER_LINE");
        assert_string_equal(name_lower(&arena, "ABTest"), "abtest");
        assert_string_equal(name_lower(&arena, "ListSKUs"), "list_skus");
}

static void test_full_names(void **state)
{
        assert_string_equal(
                name_type(&arena, "google.protobuf.FieldMask"), "Google__Protobuf__FieldMask");
        assert_string_equal(name_full_lower(&arena, "google.protobuf.FieldMask"),
                "google__protobuf__field_mask");
        assert_string_equal(name_full_upper(&arena, "shop.OrderLine"), "SHOP__ORDER_LINE");
        assert_string_equal(name_last("a.b.C"), "C");
        assert_string_equal(name_last("C"), "C");
}

static void test_paragraphs(void **state)
{
        assert_string_equal(text_paragraphs(&arena, NULL), "");
        assert_string_equal(
                text_paragraphs(&arena, " One\n line. \n\n\n Two.\n"), "One line.\nTwo.");
}

static void test_literal(void **state)
{
        assert_string_equal(text_literal(&arena, "a\"b\\c\nd?"), "\"a\\\"b\\\\c\\012d\\?\"");
        assert_string_equal(text_literal(&arena, "书"), "\"书\"");
}

static const char *comment_of(const char *paragraphs)
{
        struct buffer out = {0};

        text_comment(&out, paragraphs);
        const char *text = arena_printf(&arena, "%.*s", (int)out.len, (const char *)out.data);
        buffer_release(&out);
        return text;
}

static void test_comment(void **state)
{
        assert_string_equal(comment_of("One.\nTwo."), "/* One.\n * Two. */\n");
        assert_string_equal(comment_of("ends */ here"), "/* ends * / here */\n");
}

static void test_comment_wraps(void **state)
{
        const char *text = comment_of("0123456789 0123456789 0123456789 0123456789 0123456789 "
                                      "0123456789 0123456789 0123456789 0123456789");

        assert_string_equal(text, "/* 0123456789 0123456789 0123456789 0123456789 0123456789 "
                                  "0123456789 0123456789 0123456789\n * 0123456789 */\n");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_words),
                cmocka_unit_test(test_full_names),
                cmocka_unit_test(test_paragraphs),
                cmocka_unit_test(test_literal),
                cmocka_unit_test(test_comment),
                cmocka_unit_test(test_comment_wraps),
        };

        return cmocka_run_group_tests(tests, open_arena, close_arena);
}
