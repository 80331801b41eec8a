/* Figures for who watches: which bucket a value falls in, and the text that a scrape reads. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "server/address.h"
#include "server/exposition.h"

static const struct histogram_scale small = {.count = 2, .bounds = {10, 2500}, .unit = 1000};

static void a_value_falls_in_the_first_bucket_that_holds_it(void **state)
{
        struct histogram histogram = {0};
        static const int64_t values[] = {-5, 0, 10, 11, 2500, 2501, INT64_C(1) << 40};

        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
                histogram_add(&histogram, &small, values[i]);
        assert_int_equal(histogram.counts[0], 3);
        assert_int_equal(histogram.counts[1], 2);
        assert_int_equal(histogram.counts[2], 2);
        assert_int_equal(histogram.sum, 10 + 11 + 2500 + 2501 + (INT64_C(1) << 40));
}

static void bounds_ascend(void **state)
{
        static const struct histogram_scale *const scales[] = {&histogram_time, &histogram_size};

        for (size_t s = 0; s < 2; s++) {
                assert_in_range(scales[s]->count, 2, HISTOGRAM_BOUNDS_MAX);
                for (size_t i = 1; i < scales[s]->count; i++)
                        assert_true(scales[s]->bounds[i - 1] < scales[s]->bounds[i]);
        }
}

static void expect_text(struct buffer *out, const char *text)
{
        buffer_append(out, "", 1);
        assert_string_equal((const char *)out->data, text);
        buffer_release(out);
        *out = (struct buffer){0};
}

static void samples_are_lines(void **state)
{
        const struct metric_label odd[] = {{"a", "x"}, {"b", "q\"\\\n"}, {NULL, NULL}};
        struct buffer out = {0};

        metric_begin(&out, "shop_x", METRIC_GAUGE, "An x.");
        metric_sample(&out, "shop_x", NULL, 3);
        expect_text(&out, "# HELP shop_x An x.\n# TYPE shop_x gauge\nshop_x 3\n");
        metric_sample(&out, "shop_x", odd, 0.125);
        expect_text(&out, "shop_x{a=\"x\",b=\"q\\\"\\\\\\n\"} 0.125\n");
        metric_sample(&out, "shop_x", NULL, 9007199254740991.0);
        expect_text(&out, "shop_x 9007199254740991\n");
        metric_sample(&out, "shop_x", NULL, 1e30);
        expect_text(&out, "shop_x 1e+30\n");
}

static void buckets_are_cumulative_and_agree_with_the_count(void **state)
{
        const struct metric_label label[] = {{"lane", "read"}, {NULL, NULL}};
        struct histogram histogram = {0};
        struct buffer out = {0};

        histogram_add(&histogram, &small, 4);
        histogram_add(&histogram, &small, 11);
        histogram_add(&histogram, &small, 9985);
        metric_histogram(&out, "h", label, &histogram, &small);
        expect_text(&out, "h_bucket{lane=\"read\",le=\"0.01\"} 1\n"
                          "h_bucket{lane=\"read\",le=\"2.5\"} 2\n"
                          "h_bucket{lane=\"read\",le=\"+Inf\"} 3\n"
                          "h_sum{lane=\"read\"} 10\n"
                          "h_count{lane=\"read\"} 3\n");
        metric_histogram(&out, "h", NULL, &histogram, &small);
        expect_text(&out, "h_bucket{le=\"0.01\"} 1\nh_bucket{le=\"2.5\"} 2\n"
                          "h_bucket{le=\"+Inf\"} 3\nh_sum 10\nh_count 3\n");
}

static void addresses_are_numbers_with_a_port(void **state)
{
        static const char *const good[] = {
                "127.0.0.1:0", "127.9.9.9:65535", "localhost:9100", "[::1]:9100"};
        static const char *const far[] = {"0.0.0.0:1", "192.0.2.1:80", "[::]:1", "[2001:db8::1]:9"};
        static const char *const bad[] = {"", ":", "off", "9100", ":9100", "127.0.0.1",
                "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1: 1",
                "::1:9100", "[::1]", "[]:1", "127.evil.example:80", "example.com:80",
                "127.0.0.1:1/x", "127.0.0.1:000000000000000000080"};
        struct address address;

        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
                assert_true(address_parse(good[i], &address));
                assert_true(address_is_loopback(&address));
        }
        for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
                assert_true(address_parse(far[i], &address));
                assert_false(address_is_loopback(&address));
        }
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_false(address_parse(bad[i], &address));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_value_falls_in_the_first_bucket_that_holds_it),
                cmocka_unit_test(bounds_ascend),
                cmocka_unit_test(samples_are_lines),
                cmocka_unit_test(buckets_are_cumulative_and_agree_with_the_count),
                cmocka_unit_test(addresses_are_numbers_with_a_port),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
