/* Order of bytes is order of values; keys come apart into what they were made of. */
#include "tests/unit/schema/sample.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/schema/keys.h"

enum { ROUNDS = 40000 };

/* Values with many near misses: few letters, ends of ranges, NUL and FF in bytes. */
static struct key_value any_value(struct arena *arena, struct random *random, enum key_type type)
{
        static const int64_t ends[] = {
                INT64_MIN, INT64_MIN + 1, -256, -255, -1, 0, 1, 255, 256, INT64_MAX};
        static const uint8_t letters[] = {0x01, 'a', 'b', 0x7F, 0xC3, 0xFF};
        size_t len = random_below(random, 5);
        uint8_t *data = arena_alloc(arena, len + 1);
        bool at_end = random_below(random, 2) == 0;

        switch (type) {
        case KEY_TEXT:
                for (size_t i = 0; i < len; i++)
                        data[i] = letters[random_below(random, sizeof(letters))];
                return key_text((char *)data);
        case KEY_BYTES:
                for (size_t i = 0; i < len; i++)
                        data[i] = (uint8_t[]){0, 0xFF, 1, 0xFE}[random_below(random, 4)];
                return key_bytes(bytes_of(data, len));
        case KEY_INT:
                return key_int(
                        at_end ? ends[random_below(random, 10)] : (int64_t)random_next(random));
        case KEY_UINT:
                return key_uint(
                        at_end ? (uint64_t)ends[random_below(random, 10)] : random_next(random));
        case KEY_BOOL:
                return key_bool(random_below(random, 2) == 1);
        }
        abort();
}

static int sign(int64_t number)
{
        return (number > 0) - (number < 0);
}

static int value_order(struct key_value a, struct key_value b)
{
        switch (a.type) {
        case KEY_TEXT:
                return sign(strcmp(a.text, b.text));
        case KEY_BYTES:
                return sign(bytes_compare(a.bytes, b.bytes));
        case KEY_INT:
                return (a.number > b.number) - (a.number < b.number);
        case KEY_UINT:
                return (a.natural > b.natural) - (a.natural < b.natural);
        case KEY_BOOL:
                return a.flag - b.flag;
        }
        abort();
}

static void append_tuple(struct key *key, const struct key_value *values, size_t count)
{
        key_clear(key);
        for (size_t i = 0; i < count; i++)
                key_append(key, values[i]);
        assert_false(key->overflow);
}

static int tuple_order(const struct key_value *a, const struct key_value *b, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (value_order(a[i], b[i]) != 0)
                        return value_order(a[i], b[i]);
        return 0;
}

static void order_of_bytes_is_order_of_tuples(void **state)
{
        struct fixture *fixture = *state;
        struct random random;

        random_seed(&random, 21);
        for (int round = 0; round < ROUNDS; round++) {
                struct key_value a[3], b[3];
                size_t count = random_below(&random, 3) + 1;
                struct key key_a, key_b;

                for (size_t i = 0; i < count; i++) {
                        enum key_type type = (enum key_type)random_below(&random, 5);

                        a[i] = any_value(&fixture->arena, &random, type);
                        b[i] = random_below(&random, 3) == 0
                                       ? a[i]
                                       : any_value(&fixture->arena, &random, type);
                }
                append_tuple(&key_a, a, count);
                append_tuple(&key_b, b, count);
                assert_int_equal(sign(bytes_compare(key_bytes_of(&key_a), key_bytes_of(&key_b))),
                        tuple_order(a, b, count));
                arena_reset(&fixture->arena);
        }
}

static void tuples_come_back_and_prefixes_are_prefixes(void **state)
{
        struct fixture *fixture = *state;
        struct random random;

        random_seed(&random, 22);
        for (int round = 0; round < ROUNDS; round++) {
                struct key_value values[KEY_PARTS_MAX];
                size_t count = random_below(&random, KEY_PARTS_MAX) + 1;
                struct key whole, part;
                struct bytes rest;

                for (size_t i = 0; i < count; i++)
                        values[i] = any_value(
                                &fixture->arena, &random, (enum key_type)random_below(&random, 5));
                append_tuple(&whole, values, count);
                append_tuple(&part, values, random_below(&random, count));
                assert_memory_equal(whole.data, part.data, part.len);
                rest = key_bytes_of(&whole);
                for (size_t i = 0; i < count; i++) {
                        struct key_value taken;

                        assert_true(key_take(&fixture->arena, &rest, values[i].type, &taken));
                        assert_int_equal(taken.type, values[i].type);
                        assert_int_equal(value_order(taken, values[i]), 0);
                }
                assert_int_equal(rest.len, 0);
                arena_reset(&fixture->arena);
        }
}

/* No key is a prefix of another of the same types: a scan of one value never meets another's. */
static void a_value_is_no_prefix_of_another(void **state)
{
        struct fixture *fixture = *state;
        struct random random;

        random_seed(&random, 23);
        for (int round = 0; round < ROUNDS; round++) {
                enum key_type type = (enum key_type)random_below(&random, 5);
                struct key_value a = any_value(&fixture->arena, &random, type);
                struct key_value b = any_value(&fixture->arena, &random, type);
                struct key key_a, key_b;

                append_tuple(&key_a, &a, 1);
                append_tuple(&key_b, &b, 1);
                if (value_order(a, b) != 0 && key_a.len <= key_b.len)
                        assert_memory_not_equal(key_a.data, key_b.data, key_a.len);
                arena_reset(&fixture->arena);
        }
}

/* The stored format, which must never change. */
static void bytes_are_these(void **state)
{
        static const struct {
                struct key_value value;
                const char *bytes;
                size_t len;
        } rows[] = {
                {{.type = KEY_TEXT, .text = "ab"}, "ab\0\0", 4},
                {{.type = KEY_TEXT, .text = ""}, "\0\0", 2},
                {{.type = KEY_BYTES, .bytes = {(const uint8_t *)"\0x\0", 3}}, "\0\xFFx\0\xFF\0\0",
                        7},
                {{.type = KEY_INT, .number = -2}, "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFE", 8},
                {{.type = KEY_INT, .number = 258}, "\x80\0\0\0\0\0\1\2", 8},
                {{.type = KEY_UINT, .natural = 258}, "\0\0\0\0\0\0\1\2", 8},
                {{.type = KEY_BOOL, .flag = true}, "\1", 1},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct key key;

                append_tuple(&key, &rows[i].value, 1);
                assert_int_equal(key.len, rows[i].len);
                assert_memory_equal(key.data, rows[i].bytes, rows[i].len);
        }
}

static void bytes_that_are_no_key_are_refused(void **state)
{
        struct fixture *fixture = *state;
        static const struct {
                enum key_type type;
                const char *bytes;
                size_t len;
        } rows[] = {
                {KEY_TEXT, "", 0},
                {KEY_TEXT, "ab", 2},
                {KEY_TEXT, "ab\0", 3},
                {KEY_TEXT, "a\0\xFF\0\0", 5},
                {KEY_TEXT, "a\0\1", 3},
                {KEY_BYTES, "a\0\xFF", 3},
                {KEY_BYTES, "a\0\1\0\0", 5},
                {KEY_INT, "1234567", 7},
                {KEY_UINT, "", 0},
                {KEY_BOOL, "", 0},
                {KEY_BOOL, "\2", 1},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct bytes rest = bytes_of(rows[i].bytes, rows[i].len);
                struct key_value value;

                if (key_take(&fixture->arena, &rest, rows[i].type, &value))
                        fail_msg("row %zu", i);
                assert_int_equal(rest.len, rows[i].len);
        }
}

static void too_long_a_key_says_so(void **state)
{
        char text[KEY_LEN_MAX + 1];
        struct key key;

        memset(text, 'x', sizeof(text));
        text[KEY_LEN_MAX - 2] = '\0';
        key_clear(&key);
        key_append(&key, key_text(text));
        assert_false(key.overflow);
        assert_int_equal(key.len, KEY_LEN_MAX);
        key_append_byte(&key, 1);
        assert_true(key.overflow);
        assert_int_equal(key.len, KEY_LEN_MAX);
        key_clear(&key);
        assert_false(key.overflow);
        key_append_u16(&key, 0x1234);
        assert_memory_equal(key.data, "\x12\x34", 2);
}

static void fields_have_types_and_values(void **state)
{
        struct fixture *fixture = *state;
        Shop__Sample *sample = sample_filled(&fixture->arena);
        static const struct {
                const char *field;
                enum key_type type;
                int64_t number;
        } rows[] = {
                {"small", KEY_INT, 7},
                {"natural", KEY_UINT, UINT32_MAX},
                {"big", KEY_UINT, 1000},
                {"amount_minor", KEY_INT, -5},
                {"colour", KEY_INT, 2},
                {"fixed", KEY_UINT, -1},
                {"create_time", KEY_INT, 1291191960500000},
                {"delta", KEY_INT, INT32_MIN},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct key_value value = key_value_of(sample, sample_field(rows[i].field));

                assert_int_equal(key_type_of(sample_field(rows[i].field)), rows[i].type);
                assert_int_equal(value.type, rows[i].type);
                assert_int_equal(value.number, rows[i].number);
        }
        assert_string_equal(key_value_of(sample, sample_field("id")).text, "s1");
        assert_int_equal(key_value_of(sample, sample_field("data")).bytes.len, 3);
        assert_true(key_value_of(sample, sample_field("flag")).flag);
        sample->create_time = NULL;
        assert_int_equal(key_value_of(sample, sample_field("create_time")).number, 0);
}

static void zero_and_empty_are_unset(void **state)
{
        assert_true(key_value_unset(key_text("")));
        assert_true(key_value_unset(key_int(0)));
        assert_true(key_value_unset(key_uint(0)));
        assert_true(key_value_unset(key_bool(false)));
        assert_true(key_value_unset(key_bytes(bytes_of(NULL, 0))));
        assert_false(key_value_unset(key_text("a")));
        assert_false(key_value_unset(key_int(-1)));
        assert_false(key_value_unset(key_uint(1)));
        assert_false(key_value_unset(key_bool(true)));
        assert_false(key_value_unset(key_bytes(bytes_of("", 1))));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                fixture_test(order_of_bytes_is_order_of_tuples),
                fixture_test(tuples_come_back_and_prefixes_are_prefixes),
                fixture_test(a_value_is_no_prefix_of_another),
                cmocka_unit_test(bytes_are_these),
                fixture_test(bytes_that_are_no_key_are_refused),
                cmocka_unit_test(too_long_a_key_says_so),
                fixture_test(fields_have_types_and_values),
                cmocka_unit_test(zero_and_empty_are_unset),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
