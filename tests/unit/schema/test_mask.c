/* Masks by format, and that a mask is its own mask and a value never is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "lib/schema/mask.h"

static const struct {
        enum schema_format format;
        const char *text;
        const char *mask;
} cases[] = {
        {FORMAT_EMAIL, "ann@example.com", "a***@example.com"},
        {FORMAT_EMAIL, "a@b.org", "a***@b.org"},
        {FORMAT_EMAIL, "nonsense", "***"},
        {FORMAT_PHONE, "+8613912345678", "+8613****5678"},
        {FORMAT_PHONE, "+447700900123", "+4477****0123"},
        {FORMAT_PHONE, "+14155552671", "+141****2671"},
        {FORMAT_PHONE, "+123456789", "+1****6789"},
        {FORMAT_PHONE, "+12345678", "+12****78"},
        {FORMAT_PHONE, "+1234567", "+1****67"},
        {FORMAT_PHONE, "+123456789012345", "+1234****2345"},
        {FORMAT_PHONE, "12", "***"},
        {FORMAT_NAME, "Ann Archer", "A***"},
        {FORMAT_NAME, "\u738b\u5c0f\u660e", "\u738b***"},
        {FORMAT_NAME, "X", "X***"},
        {FORMAT_LINE, "1 High Street", "***"},
        {FORMAT_ANY, "anything\nat all", "***"},
        {FORMAT_ID, "GB123", "***"},
};

static void test_masks(void **state)
{
        struct arena arena;

        arena_init(&arena);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const char *mask = mask_text(&arena, cases[i].format, cases[i].text);

                assert_string_equal(mask, cases[i].mask);
                assert_string_equal(mask_text(&arena, cases[i].format, mask), mask);
                assert_string_not_equal(mask, cases[i].text);
        }
        assert_string_equal(mask_text(&arena, FORMAT_EMAIL, ""), "");
        assert_string_equal(mask_text(&arena, FORMAT_LINE, ""), "");
        arena_release(&arena);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_masks),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
