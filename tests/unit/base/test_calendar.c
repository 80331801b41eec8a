/* Rule 18 of the published commerce rules: days, months and birthdays, in zones that change their
 * clocks at midnight too. */
#include "tests/unit/base/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/calendar.h"
#include "lib/base/clock.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY_US       (INT64_C(86400) * 1000000)

static struct calendar_date date_of(const char *text)
{
        struct calendar_date date;

        assert_int_equal(sscanf(text, "%d-%d-%d", &date.year, &date.month, &date.day), 3);
        return date;
}

static void assert_date(struct calendar_date date, const char *expected)
{
        char text[40];

        snprintf(text, sizeof(text), "%04d-%02d-%02d", date.year, date.month, date.day);
        assert_string_equal(text, expected);
}

static int64_t us_of(const char *text)
{
        int64_t us;

        assert_int_equal(clock_parse(text, &us), 0);
        return us;
}

static void assert_instant(int64_t us, const char *expected)
{
        char text[CLOCK_TEXT_MAX];

        assert_string_equal(clock_format(us, text), expected);
}

static void zones_are_known_by_name(void **state)
{
        static const struct {
                const char *name;
                bool known;
        } rows[] = {
                {"UTC", true},
                {"Europe/London", true},
                {"America/Argentina/Buenos_Aires", true},
                {"Etc/GMT+8", true},
                {"", false},
                {"Europe", false},
                {"Europe/", false},
                {"Europe/Atlantis", false},
                {"../zoneinfo/UTC", false},
                {"/usr/share/zoneinfo/UTC", false},
                {"zone.tab", false},
                {"tzdata", false},
        };

        for (size_t i = 0; i < COUNT(rows); i++)
                assert_int_equal(calendar_zone_known(rows[i].name), rows[i].known);
}

static void months_keep_the_day_or_take_their_last(void **state)
{
        static const struct {
                const char *from;
                int months;
                const char *expected;
        } rows[] = {
                {"2011-01-31", 1, "2011-02-28"},
                {"2012-01-31", 1, "2012-02-29"},
                {"2000-01-31", 1, "2000-02-29"},
                {"1900-01-31", 1, "1900-02-28"},
                {"2011-01-31", 2, "2011-03-31"},
                {"2011-01-31", 3, "2011-04-30"},
                {"2011-12-15", 1, "2012-01-15"},
                {"2011-10-31", 16, "2013-02-28"},
                {"2012-02-29", 12, "2013-02-28"},
                {"2012-02-29", 48, "2016-02-29"},
                {"2012-03-31", -1, "2012-02-29"},
                {"2012-01-15", -1, "2011-12-15"},
                {"2012-01-15", 0, "2012-01-15"},
        };

        for (size_t i = 0; i < COUNT(rows); i++)
                assert_date(calendar_add_months(date_of(rows[i].from), rows[i].months),
                        rows[i].expected);
}

static void birthdays_of_29_february_are_on_the_28th(void **state)
{
        static const struct {
                const char *born;
                int year;
                const char *expected;
        } rows[] = {
                {"1992-02-29", 2011, "2011-02-28"},
                {"1992-02-29", 2012, "2012-02-29"},
                {"1896-02-29", 1900, "1900-02-28"},
                {"1992-02-29", 2000, "2000-02-29"},
                {"1992-02-28", 2012, "2012-02-28"},
                {"1992-03-01", 2011, "2011-03-01"},
                {"1970-12-31", 2010, "2010-12-31"},
        };

        for (size_t i = 0; i < COUNT(rows); i++)
                assert_date(
                        calendar_birthday(date_of(rows[i].born), rows[i].year), rows[i].expected);
}

static void dates_exist_or_not(void **state)
{
        static const struct {
                struct calendar_date date;
                bool exists;
        } rows[] = {
                {{2012, 2, 29}, true},
                {{2011, 2, 29}, false},
                {{1900, 2, 29}, false},
                {{2000, 2, 29}, true},
                {{2011, 4, 31}, false},
                {{2011, 0, 1}, false},
                {{2011, 13, 1}, false},
                {{2011, 1, 0}, false},
                {{0, 1, 1}, false},
                {{10000, 1, 1}, false},
        };

        for (size_t i = 0; i < COUNT(rows); i++)
                assert_int_equal(calendar_date_exists(rows[i].date), rows[i].exists);
        assert_true(calendar_compare(date_of("2011-02-28"), date_of("2011-03-01")) < 0);
        assert_true(calendar_compare(date_of("2012-01-01"), date_of("2011-12-31")) > 0);
        assert_true(calendar_compare(date_of("2012-01-02"), date_of("2012-01-01")) > 0);
        assert_int_equal(calendar_compare(date_of("2012-01-01"), date_of("2012-01-01")), 0);
}

static void n_days_end_with_the_nth_day_after(void **state)
{
        static const struct {
                const char *zone;
                const char *from;
                int days;
                const char *expected; /* the first instant that is too late */
        } rows[] = {
                {"UTC", "2010-12-01T08:00:00Z", 30, "2011-01-01T00:00:00Z"},
                {"UTC", "2010-12-01T08:00:00Z", 0, "2010-12-02T00:00:00Z"},
                {"UTC", "2010-12-01T00:00:00Z", 1, "2010-12-03T00:00:00Z"},
                {"UTC", "2010-12-01T23:59:59Z", 1, "2010-12-03T00:00:00Z"},
                {"UTC", "1969-12-31T23:00:00Z", 30, "1970-01-31T00:00:00Z"},
                {"UTC", "2011-02-26T12:00:00Z", 3, "2011-03-02T00:00:00Z"},
                {"UTC", "2012-02-26T12:00:00Z", 3, "2012-03-01T00:00:00Z"},
                /* Already tomorrow there, still yesterday here. */
                {"Asia/Shanghai", "2010-12-01T16:00:00Z", 7, "2010-12-09T16:00:00Z"},
                {"Asia/Shanghai", "2010-12-01T15:59:59Z", 7, "2010-12-08T16:00:00Z"},
                {"America/New_York", "2010-12-01T04:59:59Z", 7, "2010-12-08T05:00:00Z"},
                /* Over the change to summer time and back. */
                {"Europe/London", "2011-03-20T12:00:00Z", 14, "2011-04-03T23:00:00Z"},
                {"Europe/London", "2011-10-20T12:00:00Z", 14, "2011-11-04T00:00:00Z"},
                /* The clocks went from 0:00 to 1:00 on 17 October 2010. */
                {"America/Sao_Paulo", "2010-10-16T12:00:00Z", 0, "2010-10-17T03:00:00Z"},
                /* And from 24:00 back to 23:00 on 19 February 2011. */
                {"America/Sao_Paulo", "2011-02-19T12:00:00Z", 0, "2011-02-20T03:00:00Z"},
                {"America/Sao_Paulo", "2011-02-19T12:00:00Z", 1, "2011-02-21T03:00:00Z"},
                /* Samoa had no 30 December 2011. */
                {"Pacific/Apia", "2011-12-29T12:00:00Z", 0, "2011-12-30T10:00:00Z"},
        };

        for (size_t i = 0; i < COUNT(rows); i++) {
                calendar_zone_set(rows[i].zone);
                assert_instant(
                        calendar_days_end_us(us_of(rows[i].from), rows[i].days), rows[i].expected);
        }
}

static void a_day_begins_after_the_one_before_in_every_zone(void **state)
{
        static const char *const zones[] = {"UTC", "Asia/Shanghai", "America/Sao_Paulo",
                "Africa/Cairo", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana",
                "Asia/Beirut"};

        for (size_t i = 0; i < COUNT(zones); i++) {
                struct calendar_date date = {2016, 1, 1};

                calendar_zone_set(zones[i]);
                for (int day = 0; day < 4000; day++) {
                        int64_t start_us = calendar_start_us(date);

                        assert_int_equal(calendar_compare(calendar_date_of(start_us), date), 0);
                        assert_true(
                                calendar_compare(calendar_date_of(start_us - 1000000), date) < 0);
                        /* Backwards: mktime guesses from what it answered last. */
                        date = calendar_add_days(date, -1);
                        int64_t length_us = start_us - calendar_start_us(date);

                        assert_true(length_us >= DAY_US - DAY_US / 24 &&
                                    length_us <= DAY_US + DAY_US / 24);
                }
        }
}

static void instants_have_a_day_and_a_minute(void **state)
{
        int64_t us = us_of("2010-12-01T22:15:00Z");

        calendar_zone_set("Asia/Kathmandu"); /* 5:45 ahead */
        assert_date(calendar_date_of(us), "2010-12-02");
        assert_int_equal(calendar_minute_of(us), 4 * 60);
        assert_true(calendar_minute_us(date_of("2010-12-02"), 4 * 60) == us);
        assert_date(calendar_date_of(us_of("1969-12-31T18:14:59Z")), "1969-12-31");
        assert_date(calendar_date_of(-1), "1970-01-01");
        calendar_zone_set("UTC");
        assert_date(calendar_date_of(-1), "1969-12-31");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(zones_are_known_by_name),
                cmocka_unit_test(months_keep_the_day_or_take_their_last),
                cmocka_unit_test(birthdays_of_29_february_are_on_the_28th),
                cmocka_unit_test(dates_exist_or_not),
                cmocka_unit_test(n_days_end_with_the_nth_day_after),
                cmocka_unit_test(a_day_begins_after_the_one_before_in_every_zone),
                cmocka_unit_test(instants_have_a_day_and_a_minute),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
