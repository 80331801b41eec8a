/* Each format by what it accepts and what it does not. */
#include "tests/unit/schema/sample.h"

#include <string.h>

#include "lib/schema/rules.h"

struct row {
        enum schema_format format;
        const char *text;
};

static void what_looks_right_is_accepted(void **state)
{
        static const struct row rows[] = {
                {FORMAT_ANY, ""},
                {FORMAT_ANY, "two\nlines\tand \u4e2d\u6587"},
                {FORMAT_LINE, ""},
                {FORMAT_LINE, "one line, \u00a0 \U0001F600"},
                {FORMAT_NAME, "Ann \u738b"},
                {FORMAT_ID, "01abc"},
                {FORMAT_ID, "A.b:c_d-9"},
                {FORMAT_EMAIL, "a@b.c"},
                {FORMAT_EMAIL, "first.last+tag@mail.example.org"},
                {FORMAT_EMAIL, "o'neil@x-y.example"},
                {FORMAT_EMAIL, "1@2.3"},
                {FORMAT_PHONE, "+1234567"},
                {FORMAT_PHONE, "+861012345678901"},
                {FORMAT_CURRENCY, "EUR"},
                {FORMAT_CURRENCY, "JPY"},
                {FORMAT_COUNTRY, "GB"},
                {FORMAT_COUNTRY, "CN"},
                {FORMAT_LANGUAGE, "zh"},
                {FORMAT_LANGUAGE, "en-GB"},
                {FORMAT_SLUG, "a"},
                {FORMAT_SLUG, "red-hot-2"},
                {FORMAT_DECIMAL, "0.2"},
                {FORMAT_DECIMAL, "-12"},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                if (!rules_format_ok(rows[i].format, rows[i].text))
                        fail_msg("format %d refused %s", rows[i].format, rows[i].text);
}

static void what_looks_wrong_is_refused(void **state)
{
        static const struct row rows[] = {
                {FORMAT_ANY, "bell\a"},
                {FORMAT_ANY, "carriage\r\n"},
                {FORMAT_ANY, "\x7f"},
                {FORMAT_ANY, "\xc2\x85"},
                {FORMAT_ANY, "\xff"},
                {FORMAT_LINE, "two\nlines"},
                {FORMAT_NAME, "two\nlines"},
                {FORMAT_LINE, "\t"},
                {FORMAT_LINE, "\u2028"},
                {FORMAT_LINE, "\u2029"},
                {FORMAT_ID, ""},
                {FORMAT_ID, "a b"},
                {FORMAT_ID, "\u00fc"},
                {FORMAT_ID, "a/b"},
                {FORMAT_EMAIL, ""},
                {FORMAT_EMAIL, "a"},
                {FORMAT_EMAIL, "a@"},
                {FORMAT_EMAIL, "@b.c"},
                {FORMAT_EMAIL, "a@b"},
                {FORMAT_EMAIL, "a@b..c"},
                {FORMAT_EMAIL, "a@.b.c"},
                {FORMAT_EMAIL, "a@b.c."},
                {FORMAT_EMAIL, ".a@b.c"},
                {FORMAT_EMAIL, "a.@b.c"},
                {FORMAT_EMAIL, "a..a@b.c"},
                {FORMAT_EMAIL, "a b@b.c"},
                {FORMAT_EMAIL, "a@b@c.d"},
                {FORMAT_EMAIL, "a@-b.c"},
                {FORMAT_EMAIL, "a@b-.c"},
                {FORMAT_EMAIL, "a@b.c-"},
                {FORMAT_EMAIL, "a@b_c.d"},
                {FORMAT_PHONE, "1234567"},
                {FORMAT_PHONE, "+123456"},
                {FORMAT_PHONE, "+0123456"},
                {FORMAT_PHONE, "+1234567890123456"},
                {FORMAT_PHONE, "+12 34567"},
                {FORMAT_CURRENCY, "eur"},
                {FORMAT_CURRENCY, "XYZ"},
                {FORMAT_CURRENCY, ""},
                {FORMAT_COUNTRY, "G"},
                {FORMAT_COUNTRY, "GBR"},
                {FORMAT_COUNTRY, "gb"},
                {FORMAT_LANGUAGE, "e"},
                {FORMAT_LANGUAGE, "eng"},
                {FORMAT_LANGUAGE, "en_GB"},
                {FORMAT_LANGUAGE, "en-gb"},
                {FORMAT_LANGUAGE, "en-"},
                {FORMAT_LANGUAGE, "EN"},
                {FORMAT_SLUG, ""},
                {FORMAT_SLUG, "-a"},
                {FORMAT_SLUG, "a-"},
                {FORMAT_SLUG, "a--b"},
                {FORMAT_SLUG, "A"},
                {FORMAT_SLUG, "a_b"},
                {FORMAT_DECIMAL, ""},
                {FORMAT_DECIMAL, "1e3"},
                {FORMAT_DECIMAL, "0,2"},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                if (rules_format_ok(rows[i].format, rows[i].text))
                        fail_msg("format %d accepted %s", rows[i].format, rows[i].text);
}

/* An address may have 64 characters before the sign and 254 in all. */
static void addresses_have_a_longest(void **state)
{
        char text[400] = "";

        memset(text, 'a', 64);
        strcpy(text + 64, "@example.org");
        assert_true(rules_format_ok(FORMAT_EMAIL, text));
        memset(text, 'a', 65);
        strcpy(text + 65, "@example.org");
        assert_false(rules_format_ok(FORMAT_EMAIL, text));
        strcpy(text, "a@");
        for (int i = 0; i < 62; i++)
                strcat(text, "abc.");
        strcat(text, "abcd");
        assert_int_equal(strlen(text), 254);
        assert_true(rules_format_ok(FORMAT_EMAIL, text));
        strcat(text, "e");
        assert_false(rules_format_ok(FORMAT_EMAIL, text));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_looks_right_is_accepted),
                cmocka_unit_test(what_looks_wrong_is_refused),
                cmocka_unit_test(addresses_have_a_longest),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
