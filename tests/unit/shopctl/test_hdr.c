/* The histogram of `shopctl bench` against values that are kept and sorted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tools/shopctl/bench/hdr.h"

#define VALUES 20000

/* Three digits: the value or at most a thousandth above. */
static void assert_near(uint64_t found, uint64_t wanted)
{
        assert_true(found >= wanted);
        assert_true(found - wanted <= wanted / 1000);
}

static void an_empty_one_has_no_values(void **state)
{
        struct hdr hdr;

        hdr_init(&hdr);
        assert_int_equal(hdr_total(&hdr), 0);
        assert_int_equal(hdr_percentile(&hdr, 99), 0);
        hdr_release(&hdr);
}

static void every_size_of_value_is_kept_to_three_digits(void **state)
{
        for (uint64_t value = 0; value < UINT64_C(1) << 36; value = value * 9 / 8 + 1) {
                struct hdr hdr;

                hdr_init(&hdr);
                hdr_add(&hdr, value);
                hdr_add(&hdr, UINT64_C(1) << 36);
                assert_near(hdr_percentile(&hdr, 50), value);
                assert_int_equal(hdr_percentile(&hdr, 100), UINT64_C(1) << 36);
                hdr_release(&hdr);
        }
}

static void what_is_too_large_is_the_largest(void **state)
{
        struct hdr hdr;

        hdr_init(&hdr);
        hdr_add(&hdr, UINT64_MAX);
        assert_int_equal(hdr_max(&hdr), UINT64_C(1) << 36);
        assert_int_equal(hdr_percentile(&hdr, 50), UINT64_C(1) << 36);
        hdr_release(&hdr);
}

static int by_value(const void *a, const void *b)
{
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return (x > y) - (x < y);
}

static void percentiles_are_those_of_the_sorted_values(void **state)
{
        static uint64_t values[VALUES];
        static const double percentiles[] = {0.01, 1, 50, 90, 99, 99.9, 99.99, 100};
        uint64_t next = 88172645463325252;
        struct hdr hdr;

        hdr_init(&hdr);
        for (size_t i = 0; i < VALUES; i++) {
                next ^= next << 13;
                next ^= next >> 7;
                next ^= next << 17;
                values[i] = next >> (28 + i % 30);
                hdr_add(&hdr, values[i]);
        }
        qsort(values, VALUES, sizeof(values[0]), by_value);
        for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++) {
                size_t rank = (size_t)(VALUES * percentiles[i] / 100.0 + 0.999999);

                assert_near(hdr_percentile(&hdr, percentiles[i]), values[rank - 1]);
        }
        assert_int_equal(hdr_max(&hdr), values[VALUES - 1]);
        hdr_release(&hdr);
}

/* The lines of a hundred values from 1 to 100, as outputPercentileDistribution(5, 1) has them. */
static void the_distribution_has_its_form(void **state)
{
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        struct hdr hdr;

        hdr_init(&hdr);
        for (uint64_t i = 1; i <= 100; i++)
                hdr_add(&hdr, i);
        hdr_write(&hdr, 1, out);
        fclose(out);
        assert_ptr_equal(strstr(text, "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
                                      "       1.000 0.000000000000          1           1.00\n"
                                      "      10.000 0.100000000000         10           1.11\n"
                                      "      20.000 0.200000000000         20           1.25\n"),
                text);
        assert_non_null(strstr(text, "\n      50.000 0.500000000000         50           2.00\n"
                                     "      55.000 0.550000000000         55           2.22\n"));
        assert_non_null(strstr(text, "\n     100.000 1.000000000000        100\n"
                                     "#[Mean    =       50.500, StdDeviation   =       28.866]\n"
                                     "#[Max     =      100.000, Total count    =          100]\n"
                                     "#[Buckets =           27, SubBuckets     =         2048]\n"));
        free(text);
        hdr_release(&hdr);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_empty_one_has_no_values),
                cmocka_unit_test(every_size_of_value_is_kept_to_three_digits),
                cmocka_unit_test(what_is_too_large_is_the_largest),
                cmocka_unit_test(percentiles_are_those_of_the_sorted_values),
                cmocka_unit_test(the_distribution_has_its_form),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
