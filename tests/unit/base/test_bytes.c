/* Views and the growing buffer. */
#include "tests/unit/base/cmocka_all.h"

#include "lib/base/bytes.h"

static int sign(int number)
{
        return (number > 0) - (number < 0);
}

static void a_prefix_sorts_first(void **state)
{
        static const struct {
                const char *a, *b;
                int order;
        } rows[] = {
                {"", "", 0},
                {"", "a", -1},
                {"a", "", 1},
                {"a", "ab", -1},
                {"ab", "b", -1},
                {"\x7f", "\xff", -1},
                {"same", "same", 0},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct bytes a = bytes_of_text(rows[i].a);
                struct bytes b = bytes_of_text(rows[i].b);

                assert_int_equal(sign(bytes_compare(a, b)), rows[i].order);
                assert_int_equal(bytes_equal(a, b), rows[i].order == 0);
        }
        assert_int_equal(bytes_compare(bytes_of(NULL, 0), bytes_of(NULL, 0)), 0);
}

static void hexadecimal_is_two_digits_a_byte(void **state)
{
        char text[7];

        bytes_to_hex(bytes_of("\x00\xfa\x09", 3), text);
        assert_string_equal(text, "00fa09");
}

static void a_hash_takes_every_byte_in(void **state)
{
        uint8_t data[40] = {0};

        for (size_t len = 1; len <= sizeof(data); len++) {
                uint64_t hash = bytes_hash(bytes_of(data, len), 7);

                assert_true(hash != bytes_hash(bytes_of(data, len - 1), 7));
                assert_true(hash != bytes_hash(bytes_of(data, len), 8));
                for (size_t at = 0; at < len; at++) {
                        data[at] = 1;
                        assert_true(hash != bytes_hash(bytes_of(data, len), 7));
                        data[at] = 0;
                }
        }
}

/* Of 256 keys, when they fall into 256 places by eight bits of their hashes. */
static size_t places_of(uint8_t *data, size_t len, size_t at, unsigned shift)
{
        bool taken[256] = {false};
        size_t count = 0;

        for (unsigned value = 0; value < 256; value++) {
                data[at] = (uint8_t)value;
                size_t place = bytes_hash(bytes_of(data, len), 7) >> shift & 255;
                count += !taken[place];
                taken[place] = true;
        }
        data[at] = 0;
        return count;
}

/* Tables take places from a hash's lowest bits and from the middle; keys often differ in their
 * last byte alone. By chance 256 keys take 162 places. */
static void a_hash_spreads_every_byte(void **state)
{
        uint8_t data[40] = {0};

        for (size_t len = 1; len <= sizeof(data); len++) {
                for (size_t at = 0; at < len; at++) {
                        assert_true(places_of(data, len, at, 0) > 128);
                        assert_true(places_of(data, len, at, 32) > 128);
                }
        }
}

static void numbers_become_decimals(void **state)
{
        char text[DECIMAL_SIZE];

        assert_int_equal(decimal_text(0, text), 1);
        assert_string_equal(text, "0");
        assert_int_equal(decimal_text(1909, text), 4);
        assert_string_equal(text, "1909");
        assert_int_equal(decimal_text(UINT64_MAX, text), 20);
        assert_string_equal(text, "18446744073709551615");
}

static void a_buffer_grows_and_keeps_its_room(void **state)
{
        struct buffer buffer = {0};
        uint8_t *data;

        for (int i = 0; i < 10000; i++)
                buffer_printf(&buffer, "%04d", i);
        assert_int_equal(buffer.len, 40000);
        assert_memory_equal(buffer.data + 4 * 1234, "1234", 4);
        data = buffer.data;
        buffer_clear(&buffer);
        assert_int_equal(buffer.len, 0);
        buffer_append(&buffer, NULL, 0);
        buffer_append_text(&buffer, "abc");
        assert_ptr_equal(buffer.data, data);
        assert_memory_equal(buffer.data, "abc", 3);
        buffer_release(&buffer);
        assert_null(buffer.data);
}

static void quoting_escapes_what_json_cannot_hold(void **state)
{
        static const struct {
                const char *text, *quoted;
        } rows[] = {
                {"", "\"\""},
                {"plain", "\"plain\""},
                {"a\"b\\c", "\"a\\\"b\\\\c\""},
                {"\n\r\t\b\f", "\"\\n\\r\\t\\b\\f\""},
                {"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\""},
                {"\u4e2d\u00fc", "\"\u4e2d\u00fc\""},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct buffer buffer = {0};

                buffer_append_quoted(&buffer, bytes_of_text(rows[i].text));
                buffer_append(&buffer, "", 1);
                assert_string_equal((const char *)buffer.data, rows[i].quoted);
                buffer_release(&buffer);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_prefix_sorts_first),
                cmocka_unit_test(hexadecimal_is_two_digits_a_byte),
                cmocka_unit_test(a_hash_takes_every_byte_in),
                cmocka_unit_test(a_hash_spreads_every_byte),
                cmocka_unit_test(numbers_become_decimals),
                cmocka_unit_test(a_buffer_grows_and_keeps_its_room),
                cmocka_unit_test(quoting_escapes_what_json_cannot_hold),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
