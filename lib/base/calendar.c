/*
 * The C library knows the zones; what is added here are days. Where a zone leaves out or repeats
 * midnight mktime may answer an instant of the wrong day, so the first instant of a day is checked
 * and otherwise looked for. Refused: reading the zone files here, which would be the library's
 * work once more, and a zone as a parameter of every function, since a shop has one.
 */
#include "lib/base/calendar.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND_US INT64_C(1000000)
#define ZONES     "/usr/share/zoneinfo/"

bool calendar_zone_known(const char *name)
{
        char path[sizeof(ZONES) + CALENDAR_ZONE_MAX];

        if (strcmp(name, "UTC") == 0)
                return true;
        if (!isalpha((unsigned char)name[0]) || strlen(name) >= CALENDAR_ZONE_MAX)
                return false;
        for (const char *at = name; *at != '\0'; at++)
                if (!isalnum((unsigned char)*at) && strchr("/_+-", *at) == NULL)
                        return false;
        if (name[strlen(name) - 1] == '/')
                return false;
        snprintf(path, sizeof(path), ZONES "%s", name);
        FILE *file = fopen(path, "rb");
        char magic[4] = "";

        if (file == NULL)
                return false;
        bool known = fread(magic, 1, sizeof(magic), file) == sizeof(magic) &&
                     memcmp(magic, "TZif", sizeof(magic)) == 0;

        fclose(file);
        return known;
}

void calendar_zone_set(const char *name)
{
        char text[CALENDAR_ZONE_MAX + 1];

        assert(calendar_zone_known(name));
        snprintf(text, sizeof(text), strcmp(name, "UTC") == 0 ? "%s0" : ":%s", name);
        int failed = setenv("TZ", text, 1);

        assert(!failed);
        tzset();
}

/* ---- dates ---- */

int32_t calendar_month_days(int32_t year, int32_t month)
{
        static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

        assert(month >= 1 && month <= 12);
        return days[month - 1] + (month == 2 && leap);
}

bool calendar_date_exists(struct calendar_date date)
{
        return date.year >= 1 && date.year <= 9999 && date.month >= 1 && date.month <= 12 &&
               date.day >= 1 && date.day <= calendar_month_days(date.year, date.month);
}

int calendar_compare(struct calendar_date a, struct calendar_date b)
{
        if (a.year != b.year)
                return a.year < b.year ? -1 : 1;
        if (a.month != b.month)
                return a.month < b.month ? -1 : 1;
        return (a.day > b.day) - (a.day < b.day);
}

struct calendar_date calendar_add_days(struct calendar_date date, int64_t n)
{
        /* Through UTC, whose days all have 86,400 seconds. */
        struct tm tm = {.tm_year = date.year - 1900, .tm_mon = date.month - 1, .tm_mday = date.day};
        time_t seconds = timegm(&tm) + n * 86400;

        gmtime_r(&seconds, &tm);
        return (struct calendar_date){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
}

struct calendar_date calendar_add_months(struct calendar_date date, int64_t n)
{
        int64_t months = (int64_t)date.year * 12 + date.month - 1 + n;
        struct calendar_date moved = {
                .year = (int32_t)(months / 12),
                .month = (int32_t)(months % 12) + 1,
        };
        int32_t last = calendar_month_days(moved.year, moved.month);

        moved.day = date.day < last ? date.day : last;
        return moved;
}

struct calendar_date calendar_birthday(struct calendar_date born, int32_t year)
{
        return calendar_add_months(born, ((int64_t)year - born.year) * 12);
}

/* ---- instants ---- */

static struct tm local(int64_t us)
{
        time_t seconds = us / SECOND_US - (us % SECOND_US < 0);
        struct tm tm;

        localtime_r(&seconds, &tm);
        return tm;
}

struct calendar_date calendar_date_of(int64_t us)
{
        struct tm tm = local(us);

        return (struct calendar_date){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
}

int32_t calendar_minute_of(int64_t us)
{
        struct tm tm = local(us);

        return tm.tm_hour * 60 + tm.tm_min;
}

int64_t calendar_minute_us(struct calendar_date date, int32_t minute)
{
        struct tm tm = {
                .tm_year = date.year - 1900,
                .tm_mon = date.month - 1,
                .tm_mday = date.day,
                .tm_hour = minute / 60,
                .tm_min = minute % 60,
                .tm_isdst = -1,
        };

        return (int64_t)mktime(&tm) * SECOND_US;
}

static bool is_reached(struct calendar_date date, int64_t us)
{
        return calendar_compare(calendar_date_of(us), date) >= 0;
}

int64_t calendar_start_us(struct calendar_date date)
{
        int64_t start_us = calendar_minute_us(date, 0);

        if (is_reached(date, start_us) && !is_reached(date, start_us - SECOND_US))
                return start_us;
        int64_t before = calendar_minute_us(calendar_add_days(date, -1), 720) / SECOND_US;
        int64_t after = calendar_minute_us(date, 720) / SECOND_US;

        while (after - before > 1) {
                int64_t middle = before + (after - before) / 2;

                if (is_reached(date, middle * SECOND_US))
                        after = middle;
                else
                        before = middle;
        }
        return after * SECOND_US;
}

int64_t calendar_days_end_us(int64_t us, int64_t n)
{
        return calendar_start_us(calendar_add_days(calendar_date_of(us), n + 1));
}
