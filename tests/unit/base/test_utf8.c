/* Valid UTF-8 and everything that is not. */
#include "tests/unit/base/cmocka_all.h"

#include "lib/base/utf8.h"

struct row {
        const char *text;
        size_t len;
};

#define ROW(text)                                                                                  \
        {                                                                                          \
                (text), sizeof(text) - 1                                                           \
        }

static void valid_texts_pass_at_every_offset(void **state)
{
        static const struct row rows[] = {
                ROW(""),
                ROW("a"),
                ROW("plain ascii text"),
                ROW("\u00e9"),
                ROW("\u4e2d\u6587"),
                ROW("\U0001F600"),
                ROW("\xc2\x80"),
                ROW("\xdf\xbf"),
                ROW("\xe0\xa0\x80"),
                ROW("\xed\x9f\xbf"),
                ROW("\xee\x80\x80"),
                ROW("\xf0\x90\x80\x80"),
                ROW("\xf4\x8f\xbf\xbf"),
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                for (size_t offset = 0; offset < 20; offset++) {
                        char text[64] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

                        memcpy(text + offset, rows[i].text, rows[i].len);
                        assert_true(utf8_check(bytes_of(text, offset + rows[i].len)));
                }
}

static void invalid_texts_fail_at_every_offset(void **state)
{
        static const struct row rows[] = {
                ROW("\0"),
                ROW("\x80"),
                ROW("\xbf"),
                ROW("\xc0\x80"),
                ROW("\xc1\xbf"),
                ROW("\xc2"),
                ROW("\xc2\x41"),
                ROW("\xe0\x80\x80"),
                ROW("\xe0\x9f\xbf"),
                ROW("\xed\xa0\x80"),
                ROW("\xed\xbf\xbf"),
                ROW("\xf0\x8f\xbf\xbf"),
                ROW("\xf4\x90\x80\x80"),
                ROW("\xf5\x80\x80\x80"),
                ROW("\xfe"),
                ROW("\xff"),
                ROW("\xe4\xb8"),
                ROW("\xf0\x9f\x98"),
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                for (size_t offset = 0; offset < 20; offset++) {
                        char text[64] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

                        memcpy(text + offset, rows[i].text, rows[i].len);
                        for (size_t behind = 0; behind <= 20; behind++)
                                if (utf8_check(bytes_of(text, offset + rows[i].len + behind)))
                                        fail_msg("row %zu at %zu of %zu", i, offset,
                                                offset + rows[i].len + behind);
                }
}

static void printable_bytes_end_at_the_first_that_is_not(void **state)
{
        for (int byte = 0; byte < 256; byte++)
                for (size_t at = 0; at < 20; at++) {
                        char text[] = " ~aaaaaaaaaaaaaaaa~ a~";
                        bool printable = byte >= 0x20 && byte < 0x7F;

                        text[at] = (char)byte;
                        assert_int_equal(utf8_printable(bytes_of(text, 20)), printable ? 20 : at);
                        assert_int_equal(utf8_printable(bytes_of(text, at)), at);
                }
}

static void every_code_point_is_taken_as_it_was_written(void **state)
{
        for (int32_t point = 1; point < 0x110000; point += point < 0x1000 ? 1 : 31) {
                uint8_t data[4];
                size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
                static const uint8_t leads[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
                struct bytes text = bytes_of(data, len);

                for (size_t i = len; i-- > 1;)
                        data[i] = 0x80 | ((point >> (6 * (len - 1 - i))) & 0x3F);
                data[0] = (uint8_t)(leads[len] | (point >> (6 * (len - 1))));
                assert_int_equal(utf8_length(text), 1);
                if (point >= 0xD800 && point < 0xE000) {
                        assert_int_equal(utf8_take(&text), -1);
                        assert_int_equal(text.len, len);
                } else {
                        assert_int_equal(utf8_take(&text), point);
                        assert_int_equal(text.len, 0);
                }
        }
}

static void length_is_in_code_points(void **state)
{
        assert_int_equal(utf8_length(bytes_of_text("")), 0);
        assert_int_equal(utf8_length(bytes_of_text("abc")), 3);
        assert_int_equal(utf8_length(bytes_of_text("\u4e2d\u6587\u00fc\U0001F600")), 4);
        assert_int_equal(
                utf8_length(bytes_of_text("abcde \u4e2d\u6587\u00fc\U0001F600 fghijk \u00fc")), 19);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(valid_texts_pass_at_every_offset),
                cmocka_unit_test(invalid_texts_fail_at_every_offset),
                cmocka_unit_test(printable_bytes_end_at_the_first_that_is_not),
                cmocka_unit_test(every_code_point_is_taken_as_it_was_written),
                cmocka_unit_test(length_is_in_code_points),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
