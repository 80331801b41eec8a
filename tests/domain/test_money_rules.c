/*
 * The figures of the published commerce rules 0 to 4 and 16, as tables: what README promises is
 * what the code does. Everything here is arithmetic; no shop is opened.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "lib/base/money.h"
#include "server/tax/tax.h"
#include "server/order/units.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PARTS_MAX    4

static struct tax_rates rates_of(const char *const *texts)
{
        struct tax_rates rates = {0};

        for (; rates.n < TAX_RATES_MAX && texts[rates.n] != NULL; rates.n++)
                assert_true(decimal_parse(texts[rates.n], &rates.at[rates.n]));
        return rates;
}

/* ---- rule 0 and 1: what is rounded, and when ---- */

static void discounts_are_rounded_where_rule_0_says(void **state)
{
        static const int64_t lines[] = {106, 206, 306, 406};
        static const int64_t on_lines[] = {11, 21, 31, 41};
        static const int64_t on_order[] = {11, 21, 30, 40};
        int64_t sum = 0, whole, parts[PARTS_MAX];

        for (size_t i = 0; i < COUNT(lines); i++) {
                int64_t discount;

                assert_true(money_scale(lines[i], 10, 100, &discount));
                assert_int_equal(discount, on_lines[i]);
                sum += lines[i];
        }
        assert_true(money_scale(sum, 10, 100, &whole));
        money_split(whole, lines, COUNT(lines), parts);
        assert_int_equal(whole, 102);
        for (size_t i = 0; i < COUNT(lines); i++)
                assert_int_equal(parts[i], on_order[i]);
}

static void a_catalogue_price_is_rounded_after_each_promotion(void **state)
{
        int64_t price;

        assert_true(money_scale(1050, 85, 100, &price));
        assert_int_equal(price, 893);
}

/* ---- rule 2: tax ---- */

static void tax_on_prices_without_tax(void **state)
{
        static const struct {
                int64_t net;
                const char *rates[PARTS_MAX + 1];
                int64_t taxes[PARTS_MAX];
                int64_t gross;
        } rows[] = {
                {10100, {"0.23"}, {2323}, 12423},
                {2 * INT64_C(999999900), {"0.2"}, {399999960}, 2399999760},
                {1000, {"0.05", "0.07"}, {50, 70}, 1120},
                {10, {"0.05", "0.05"}, {1, 1}, 12}, /* each rounded by itself */
                {50, {"0.09975"}, {5}, 55},
                {777, {NULL}, {0}, 777},
                {777, {"0"}, {0}, 777},
                {0, {"0.2"}, {0}, 0},
        };

        for (size_t i = 0; i < COUNT(rows); i++) {
                struct tax_rates rates = rates_of(rows[i].rates);
                struct tax_split split;

                assert_true(tax_excluded(rows[i].net, &rates, &split));
                assert_int_equal(split.net, rows[i].net);
                assert_int_equal(split.gross, rows[i].gross);
                for (size_t t = 0; t < rates.n; t++)
                        assert_int_equal(split.taxes[t], rows[i].taxes[t]);
        }
}

static void tax_in_prices_with_tax(void **state)
{
        static const struct {
                int64_t gross;
                const char *rates[PARTS_MAX + 1];
                int64_t net;
                int64_t taxes[PARTS_MAX];
        } rows[] = {
                {100, {"0.05", "0.07"}, 89, {5, 6}},
                {3940, {"0.2"}, 3283, {657}}, /* 2 x 19.70 on one line */
                {1970, {"0.2"}, 1642, {328}}, /* and on each of two: 6.56 in all */
                {1000, {"0.2"}, 833, {167}},
                {1, {"0.2"}, 1, {0}},
                {500, {NULL}, 500, {0}},
                {500, {"0", "0.25"}, 400, {0, 100}},
        };

        for (size_t i = 0; i < COUNT(rows); i++) {
                struct tax_rates rates = rates_of(rows[i].rates);
                struct tax_split split;

                assert_true(tax_included(rows[i].gross, &rates, &split));
                assert_int_equal(split.net, rows[i].net);
                assert_int_equal(split.gross, rows[i].gross);
                for (size_t t = 0; t < rates.n; t++)
                        assert_int_equal(split.taxes[t], rows[i].taxes[t]);
        }
}

static void other_zones_keep_the_net_at_home(void **state)
{
        static const struct {
                int64_t gross;
                const char *home[PARTS_MAX + 1];
                const char *there[PARTS_MAX + 1];
                int64_t net;
                int64_t paid;
        } rows[] = {
                {200, {"0.2"}, {"0"}, 167, 167}, /* 2 x 1.00 into a 0 % zone: 1.67 */
                {200, {"0.2"}, {NULL}, 167, 167}, {1200, {"0.2"}, {"0.19"}, 1000, 1190},
                {1200, {"0.2"}, {"0.05", "0.07"}, 1000, 1120},
                {1000, {"0.2"}, {"0.20"}, 833, 1000}, /* the same rate is no other zone */
        };

        for (size_t i = 0; i < COUNT(rows); i++) {
                struct tax_rates home = rates_of(rows[i].home), there = rates_of(rows[i].there);
                struct tax_split split;

                assert_true(tax_across(rows[i].gross, &home, &there, &split));
                assert_int_equal(split.net, rows[i].net);
                assert_int_equal(split.gross, rows[i].paid);
        }
}

static void who_pays_no_tax_pays_the_net(void **state)
{
        static const struct {
                int64_t amount;
                const char *in_price[PARTS_MAX + 1];
                int64_t net;
        } rows[] = {{3940, {"0.2"}, 3283}, {100, {"0.05", "0.07"}, 89}, {1000, {NULL}, 1000},
                {0, {"0.2"}, 0}};

        for (size_t i = 0; i < COUNT(rows); i++) {
                struct tax_rates rates = rates_of(rows[i].in_price);
                struct tax_split split;

                assert_true(tax_relieved(rows[i].amount, &rates, &split));
                assert_int_equal(split.net, rows[i].net);
                assert_int_equal(split.gross, rows[i].net);
        }
}

static void tax_overflow_is_told(void **state)
{
        static const char *const texts[] = {"0.2", NULL};
        struct tax_rates rates = rates_of(texts);
        struct tax_split split = {.net = 7};

        assert_false(tax_excluded(INT64_MAX, &rates, &split));
        assert_int_equal(split.net, 7);
}

/* ---- rule 4: splitting ---- */

static void splitting_is_by_largest_remainder(void **state)
{
        static const struct {
                int64_t total;
                int64_t weights[3];
                size_t count;
                int64_t parts[3];
        } rows[] = {
                {299, {4300, 1400, 2300}, 3, {161, 52, 86}},
                {299, {1000, 1000, 1000}, 3, {100, 100, 99}},
                {-20, {100, 100}, 2, {-10, -10}},
                {10, {0, 0, 0}, 3, {4, 3, 3}},
        };

        for (size_t i = 0; i < COUNT(rows); i++) {
                int64_t parts[3];

                money_split(rows[i].total, rows[i].weights, rows[i].count, parts);
                for (size_t p = 0; p < rows[i].count; p++)
                        assert_int_equal(parts[p], rows[i].parts[p]);
        }
}

static void what_a_line_cannot_carry_is_split_anew(void **state)
{
        static const int64_t weights[] = {300, 200, 100}, carry[] = {10, 200, 100};
        static const int64_t expected[] = {10, 27, 14};
        int64_t parts[3];

        assert_int_equal(money_split_within(51, weights, carry, 3, parts), 0);
        for (size_t p = 0; p < 3; p++)
                assert_int_equal(parts[p], expected[p]);
}

/* ---- rule 16: units and tenders ---- */

static void three_units_for_ten(void **state)
{
        static const int64_t gross[] = {334, 333, 333}, taxes[] = {56, 56, 55};
        static const int64_t points[] = {134, 133, 133}; /* and 200 each by card */
        struct units_tender left = {.points_minor = 400, .gross_minor = 1000};
        TaxAmount tax = TAX_AMOUNT_INIT, *line_taxes[] = {&tax};
        OrderLine line = ORDER_LINE_INIT;

        tax.amount_minor = 167;
        line.quantity = 3;
        line.gross_minor = 1000;
        line.n_taxes = 1;
        line.taxes = line_taxes;
        units_tender_line(&left, &line);
        for (int64_t unit = 0; unit < 3; unit++) {
                assert_int_equal(units_gross(&line, unit, 1), gross[unit]);
                assert_int_equal(units_tax(&line, unit, 1), taxes[unit]);
                assert_int_equal(units_points(&line, unit, 1), points[unit]);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(discounts_are_rounded_where_rule_0_says),
                cmocka_unit_test(a_catalogue_price_is_rounded_after_each_promotion),
                cmocka_unit_test(tax_on_prices_without_tax),
                cmocka_unit_test(tax_in_prices_with_tax),
                cmocka_unit_test(other_zones_keep_the_net_at_home),
                cmocka_unit_test(who_pays_no_tax_pays_the_net),
                cmocka_unit_test(tax_overflow_is_told),
                cmocka_unit_test(splitting_is_by_largest_remainder),
                cmocka_unit_test(what_a_line_cannot_carry_is_split_anew),
                cmocka_unit_test(three_units_for_ten),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
