/* Times as text, compared with the C library's calendar. */
#include "tests/unit/base/cmocka_all.h"

#include <stdio.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"

static void known_times_are_written_and_read(void **state)
{
        static const struct {
                int64_t us;
                const char *text;
        } rows[] = {
                {0, "1970-01-01T00:00:00Z"},
                {1, "1970-01-01T00:00:00.000001Z"},
                {-1, "1969-12-31T23:59:59.999999Z"},
                {1291191960000000, "2010-12-01T08:26:00Z"},
                {1291191960000120, "2010-12-01T08:26:00.000120Z"},
                {951782400000000, "2000-02-29T00:00:00Z"},
                {-62135596800000000, "0001-01-01T00:00:00Z"},
                {253402300799999999, "9999-12-31T23:59:59.999999Z"},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char text[CLOCK_TEXT_MAX];
                int64_t us;

                assert_string_equal(clock_format(rows[i].us, text), rows[i].text);
                assert_int_equal(clock_parse(rows[i].text, &us), 0);
                assert_int_equal(us, rows[i].us);
        }
}

static void calendar_is_the_c_librarys(void **state)
{
        struct random random;

        random_seed(&random, 1);
        for (int i = 0; i < 20000; i++) {
                int64_t seconds = (int64_t)random_below(&random, 315537897600) - 62135596800;
                char expected[80], text[CLOCK_TEXT_MAX];
                time_t time = seconds;
                struct tm parts;
                int64_t us;

                gmtime_r(&time, &parts);
                snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02dZ",
                        parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                        parts.tm_min, parts.tm_sec);
                assert_string_equal(clock_format(seconds * 1000000, text), expected);
                assert_int_equal(clock_parse(text, &us), 0);
                assert_int_equal(us, seconds * 1000000);
        }
}

static void offsets_and_fractions_are_understood(void **state)
{
        static const struct {
                const char *text;
                int64_t us;
        } rows[] = {
                {"2010-12-01T16:26:00+08:00", 1291191960000000},
                {"2010-12-01T03:26:00-05:00", 1291191960000000},
                {"2010-12-01 08:26:00z", 1291191960000000},
                {"2010-12-01t08:26:00.5Z", 1291191960500000},
                {"2010-12-01T08:26:00.123456789Z", 1291191960123456},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                int64_t us = 0;

                assert_int_equal(clock_parse(rows[i].text, &us), 0);
                assert_int_equal(us, rows[i].us);
        }
}

static void what_is_no_time_is_refused(void **state)
{
        static const char *const texts[] = {
                "",
                "2010",
                "2010-12-01",
                "2010-12-01T08:26:00",
                "2010-12-01T08:26Z",
                "2010-13-01T08:26:00Z",
                "2010-00-01T08:26:00Z",
                "2010-02-29T08:26:00Z",
                "2010-12-00T08:26:00Z",
                "2010-12-32T08:26:00Z",
                "2010-12-01T24:00:00Z",
                "2010-12-01T08:60:00Z",
                "2010-12-01T08:26:60Z",
                "2010-12-01T08:26:00.Z",
                "2010-12-01T08:26:00.1234567890Z",
                "2010-12-01T08:26:00+8:00",
                "2010-12-01T08:26:00+24:00",
                "2010-12-01T08:26:00Zx",
                "2010-1-01T08:26:00Z",
                "10000-01-01T00:00:00Z",
                "1900-02-29T00:00:00Z",
                "-010-12-01T08:26:00Z",
        };

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                int64_t us = 42;

                if (clock_parse(texts[i], &us) == 0)
                        fail_msg("accepted %s", texts[i]);
                assert_int_equal(us, 42);
        }
}

static void any_instant_fits_its_room(void **state)
{
        char text[CLOCK_TEXT_MAX + 1] = {0};

        text[CLOCK_TEXT_MAX] = 'x';
        clock_format(INT64_MIN, text);
        assert_string_equal(text, "-290308-12-21T19:59:05.224192Z");
        clock_format(INT64_MAX, text);
        assert_string_equal(text, "294247-01-10T04:00:54.775807Z");
        assert_int_equal(text[CLOCK_TEXT_MAX], 'x');
}

static void the_monotonic_clock_goes_on(void **state)
{
        int64_t before = clock_monotonic_us();

        clock_sleep_us(2000);
        assert_in_range(clock_monotonic_us() - before, 2000, 5000000);
        assert_true(clock_real_us() > INT64_C(1600000000000000));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(known_times_are_written_and_read),
                cmocka_unit_test(calendar_is_the_c_librarys),
                cmocka_unit_test(offsets_and_fractions_are_understood),
                cmocka_unit_test(what_is_no_time_is_refused),
                cmocka_unit_test(any_instant_fits_its_room),
                cmocka_unit_test(the_monotonic_clock_goes_on),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
