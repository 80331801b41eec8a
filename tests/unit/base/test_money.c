/* Every figure of the published commerce rules that is about rounding and splitting. */
#include "tests/unit/base/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/money.h"
#include "lib/base/random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_amounts(const int64_t *actual, const int64_t *expected, size_t count)
{
        for (size_t i = 0; i < count; i++)
                assert_int_equal(actual[i], expected[i]);
}

static void rounding_is_half_away_from_zero(void **state)
{
        static const struct {
                int64_t amount, numerator, denominator, expected;
        } rows[] = {
                {1, 1, 2, 1},
                {-1, 1, 2, -1},
                {1, -1, 2, -1},
                {1, 1, 3, 0},
                {2, 1, 3, 1},
                {-2, 1, 3, -1},
                {5, 1, 10, 1},
                {4, 1, 10, 0},
                {-4, 1, 10, 0},
                {0, 7, 9, 0},
                {1050, 85, 100, 893}, /* rule 0: 10.50 - 15 % = 8.93 */
                {106, 10, 100, 11},
                {206, 10, 100, 21},
                {306, 10, 100, 31},
                {406, 10, 100, 41},
                {2 * INT64_C(999999900), 120, 100, 2399999760},
                {17, 100, 5, 340}, /* rule 13: [5,3,4,4,1] = 3.40 */
                {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
                {INT64_MIN, INT64_MAX, INT64_MAX, INT64_MIN},
                {INT64_MAX, 1, INT64_MAX, 1},
        };

        for (size_t i = 0; i < COUNT(rows); i++) {
                int64_t out = 99;

                assert_true(
                        money_scale(rows[i].amount, rows[i].numerator, rows[i].denominator, &out));
                assert_int_equal(out, rows[i].expected);
        }
}

static void overflow_is_told_and_changes_nothing(void **state)
{
        int64_t out = 99;

        assert_false(money_add(INT64_MAX, 1, &out));
        assert_false(money_add(INT64_MIN, -1, &out));
        assert_false(money_multiply(INT64_MAX, 2, &out));
        assert_false(money_multiply(INT64_MIN, -1, &out));
        assert_false(money_scale(INT64_MAX, 2, 1, &out));
        assert_false(money_scale(INT64_MIN, INT64_MIN, 1, &out));
        assert_false(money_times_decimal(INT64_MAX, (struct decimal){11, 1}, &out));
        assert_false(money_convert(INT64_MAX, 1, (struct exchange){{1, 0}, 0, 4}, &out));
        assert_false(money_convert(INT64_MAX, 2, (struct exchange){{1, 0}, 2, 2}, &out));
        assert_false(money_without_rate(INT64_MAX, (struct decimal){-5, 1}, &out));
        assert_int_equal(out, 99);
        assert_true(money_add(INT64_MAX, INT64_MIN, &out));
        assert_int_equal(out, -1);
        assert_true(money_multiply(MONEY_MINOR_MAX, 1, &out));
        assert_int_equal(out, INT64_C(9007199254740991));
}

static void decimals_are_exact(void **state)
{
        static const struct {
                const char *text;
                int64_t units;
                int scale;
        } rows[] = {
                {"0.19", 19, 2},
                {"0.2", 2, 1},
                {"1", 1, 0},
                {"-0.05", -5, 2},
                {"+7", 7, 0},
                {"0.0000000001", 1, 10},
                {"12.50", 1250, 2},
                {"007", 7, 0},
                {"9223372036854775807", INT64_MAX, 0},
        };
        static const char *const wrong[] = {
                "",
                "-",
                "+",
                ".",
                "1.",
                ".5",
                "1,5",
                "1e3",
                "0x1",
                " 1",
                "1 ",
                "--1",
                "1.2.3",
                "0.00000000001",
                "9223372036854775808",
                "1234567890.0123456789",
        };

        for (size_t i = 0; i < COUNT(rows); i++) {
                struct decimal decimal;

                assert_true(decimal_parse(rows[i].text, &decimal));
                assert_int_equal(decimal.units, rows[i].units);
                assert_int_equal(decimal.scale, rows[i].scale);
        }
        for (size_t i = 0; i < COUNT(wrong); i++) {
                struct decimal decimal = {42, 1};

                if (decimal_parse(wrong[i], &decimal))
                        fail_msg("accepted %s", wrong[i]);
                assert_int_equal(decimal.units, 42);
        }
}

static struct decimal rate(const char *text)
{
        struct decimal decimal;

        assert_true(decimal_parse(text, &decimal));
        return decimal;
}

/* Rule 2, tax excluded and included. */
static void tax_is_that_of_rule_2(void **state)
{
        struct decimal sum;
        int64_t out, parts[2];

        assert_true(money_times_decimal(10 * 1010, rate("0.23"), &out));
        assert_int_equal(out, 2323);
        assert_true(money_without_rate(2 * 1970, rate("0.2"), &out));
        assert_int_equal(2 * 1970 - out, 657);
        assert_true(money_without_rate(1970, rate("0.20"), &out));
        assert_int_equal(1970 - out, 328);
        assert_true(money_without_rate(2 * 100, rate("0.2"), &out));
        assert_int_equal(out, 167);
        assert_true(money_without_rate(-200, rate("0.2"), &out));
        assert_int_equal(out, -167);

        assert_true(decimal_add(rate("0.05"), rate("0.070"), &sum));
        assert_int_equal(sum.units, 120);
        assert_int_equal(sum.scale, 3);
        assert_true(money_without_rate(100, sum, &out));
        assert_int_equal(out, 89);
        money_split(100 - out, (const int64_t[]){5, 7}, 2, parts);
        assert_amounts(parts, (const int64_t[]){5, 6}, 2);
        assert_false(decimal_add((struct decimal){INT64_MAX, 0}, (struct decimal){1, 1}, &sum));
}

static void splitting_is_that_of_rule_4(void **state)
{
        static const struct {
                int64_t total;
                size_t count;
                int64_t weights[4], expected[4];
        } rows[] = {
                {299, 3, {4300, 1400, 2300}, {161, 52, 86}},
                {299, 3, {1000, 1000, 1000}, {100, 100, 99}},
                {-20, 2, {100, 100}, {-10, -10}},
                {-299, 3, {4300, 1400, 2300}, {-161, -52, -86}},
                {102, 4, {106, 206, 306, 406}, {11, 21, 30, 40}}, /* rule 0 */
                {1000, 3, {1, 1, 1}, {334, 333, 333}},            /* rule 16 */
                {167, 3, {1, 1, 1}, {56, 56, 55}},
                {334, 2, {600, 400}, {200, 134}},
                {333, 2, {400, 266}, {200, 133}},
                {333, 2, {200, 133}, {200, 133}},
                {600, 3, {1200, 1200, 600}, {240, 240, 120}}, /* rule 17 */
                {5, 3, {0, 0, 0}, {2, 2, 1}},
                {0, 2, {3, 4}, {0, 0}},
                {7, 3, {0, 5, 0}, {0, 7, 0}},
                {1, 3, {1, 2, 2}, {0, 1, 0}},
                {INT64_MAX, 2, {INT64_MAX, INT64_MAX}, {INT64_MAX / 2 + 1, INT64_MAX / 2}},
                {INT64_MIN, 1, {1}, {INT64_MIN}},
        };

        for (size_t i = 0; i < COUNT(rows); i++) {
                int64_t parts[4] = {0};

                money_split(rows[i].total, rows[i].weights, rows[i].count, parts);
                assert_amounts(parts, rows[i].expected, rows[i].count);
        }
}

static void parts_are_within_one_of_their_share(void **state)
{
        struct random random;

        random_seed(&random, 4);
        for (int round = 0; round < 3000; round++) {
                int64_t weights[40], parts[40], sum = 0, whole = 0;
                size_t count = random_below(&random, 40) + 1;
                int64_t total = (int64_t)random_below(&random, 2000000) - 1000000;

                for (size_t i = 0; i < count; i++)
                        whole += weights[i] = (int64_t)random_below(&random, 5) *
                                              (int64_t)random_below(&random, 1000);
                money_split(total, weights, count, parts);
                for (size_t i = 0; i < count; i++) {
                        __int128 off = (__int128)parts[i] * whole - (__int128)total * weights[i];

                        sum += parts[i];
                        if (whole > 0)
                                assert_true(off < whole && off > -whole);
                }
                assert_int_equal(sum, total);
        }
}

static void many_units_are_split_quickly(void **state)
{
        enum { UNITS = 80995 }; /* a line of real data */
        static int64_t weights[UNITS], parts[UNITS];
        int64_t sum = 0;

        for (int i = 0; i < UNITS; i++)
                weights[i] = 1;
        money_split(7719440, weights, UNITS, parts);
        for (int i = 0; i < UNITS; i++)
                sum += parts[i];
        assert_int_equal(sum, 7719440);
        assert_int_equal(parts[0], 96);
        assert_int_equal(parts[UNITS - 1], 95);
}

static void nobody_carries_more_than_he_can(void **state)
{
        static const struct {
                int64_t total, left;
                size_t count;
                int64_t weights[3], carry[3], expected[3];
        } rows[] = {
                {51, 0, 3, {300, 200, 100}, {10, 200, 100}, {10, 27, 14}}, /* rule 4 */
                {51, 0, 3, {300, 200, 100}, {300, 200, 100}, {26, 17, 8}},
                {100, 40, 3, {1, 1, 1}, {10, 20, 30}, {10, 20, 30}},
                {60, 0, 3, {1, 1, 1}, {10, 20, 30}, {10, 20, 30}},
                {59, 0, 3, {1, 1, 1}, {10, 20, 30}, {10, 20, 29}},
                {5, 5, 2, {0, 0}, {0, 0}, {0, 0}},
                {0, 0, 2, {1, 2}, {0, 0}, {0, 0}},
                {90, 0, 3, {80, 10, 10}, {10, 45, 45}, {10, 40, 40}},
        };

        for (size_t i = 0; i < COUNT(rows); i++) {
                int64_t parts[3] = {-1, -1, -1};

                assert_int_equal(money_split_within(rows[i].total, rows[i].weights, rows[i].carry,
                                         rows[i].count, parts),
                        rows[i].left);
                assert_amounts(parts, rows[i].expected, rows[i].count);
        }
}

static void what_is_carried_and_left_is_the_total(void **state)
{
        struct random random;

        random_seed(&random, 6);
        for (int round = 0; round < 3000; round++) {
                int64_t weights[20], carry[20], parts[20], sum = 0, room = 0, left;
                size_t count = random_below(&random, 20) + 1;
                int64_t total = (int64_t)random_below(&random, 5000);

                for (size_t i = 0; i < count; i++) {
                        weights[i] = (int64_t)random_below(&random, 1000);
                        room += carry[i] = (int64_t)random_below(&random, 500);
                }
                left = money_split_within(total, weights, carry, count, parts);
                for (size_t i = 0; i < count; i++) {
                        assert_true(parts[i] >= 0 && parts[i] <= carry[i]);
                        sum += parts[i];
                }
                assert_int_equal(sum + left, total);
                assert_int_equal(left, total > room ? total - room : 0);
        }
}

/* Rule 14. */
static void conversion_rounds_once(void **state)
{
        int64_t out;

        assert_true(money_convert(700, 2, (struct exchange){rate("0.9737"), 2, 2}, &out));
        assert_int_equal(out, 1363);
        assert_true(money_convert(1000, 3, (struct exchange){rate("110.25"), 2, 0}, &out));
        assert_int_equal(out, 3308); /* 30.00 = 3,307.5 yen */
        assert_true(money_convert(3308, 1, (struct exchange){rate("0.0034"), 0, 3}, &out));
        assert_int_equal(out, 11247); /* 11.2472 dinars */
        assert_true(money_convert(-700, 1, (struct exchange){rate("0.9737"), 2, 2}, &out));
        assert_int_equal(out, -682);
}

static void currencies_have_their_exponents(void **state)
{
        static const struct {
                const char *code;
                int exponent;
        } rows[] = {
                {"JPY", 0},
                {"EUR", 2},
                {"CNY", 2},
                {"GBP", 2},
                {"BHD", 3},
                {"CLF", 4},
                {"KRW", 0},
                {"AED", 2},
                {"ZWG", 2},
                {"XPF", 0},
                {"BIF", 0},
                {"TND", 3},
                {"XXX", -1},
                {"", -1},
                {"EU", -1},
                {"eur", -1},
                {"EURO", -1},
        };

        for (size_t i = 0; i < COUNT(rows); i++)
                assert_int_equal(currency_exponent(rows[i].code), rows[i].exponent);
}

static void amounts_are_written_as_their_currency_is(void **state)
{
        static const struct {
                int64_t minor;
                const char *code, *text;
        } rows[] = {
                {1250, "GBP", "12.50 GBP"},
                {5, "EUR", "0.05 EUR"},
                {-5, "EUR", "-0.05 EUR"},
                {0, "EUR", "0.00 EUR"},
                {100, "EUR", "1.00 EUR"},
                {400, "JPY", "400 JPY"},
                {0, "JPY", "0 JPY"},
                {1234, "BHD", "1.234 BHD"},
                {12, "XXX", "12 XXX"},
                {INT64_MAX, "GBP", "92233720368547758.07 GBP"},
                {INT64_MIN, "BHD", "-9223372036854775.808 BHD"},
        };
        struct arena arena;

        arena_init(&arena);
        for (size_t i = 0; i < COUNT(rows); i++)
                assert_string_equal(money_text(&arena, rows[i].minor, rows[i].code), rows[i].text);
        arena_release(&arena);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rounding_is_half_away_from_zero),
                cmocka_unit_test(overflow_is_told_and_changes_nothing),
                cmocka_unit_test(decimals_are_exact),
                cmocka_unit_test(tax_is_that_of_rule_2),
                cmocka_unit_test(splitting_is_that_of_rule_4),
                cmocka_unit_test(parts_are_within_one_of_their_share),
                cmocka_unit_test(many_units_are_split_quickly),
                cmocka_unit_test(nobody_carries_more_than_he_can),
                cmocka_unit_test(what_is_carried_and_left_is_the_total),
                cmocka_unit_test(conversion_rounds_once),
                cmocka_unit_test(currencies_have_their_exponents),
                cmocka_unit_test(amounts_are_written_as_their_currency_is),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
