/*
 * Calendar arithmetic on the proleptic Gregorian calendar in UTC, in integers. Days are counted
 * from 1970-01-01 in eras of 400 years (146,097 days) that begin on 1 March, so that the leap day
 * is the last of its year.
 *
 * Refused: gmtime_r and timegm. They take the time zone's lock in glibc and accept dates such as
 * 31 February.
 */
#include "lib/base/clock.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#define SECOND_US   INT64_C(1000000)
#define DAY_SECONDS INT64_C(86400)
#define ERA_DAYS    INT64_C(146097)
#define EPOCH_DAYS  INT64_C(719468) /* from 0000-03-01 to 1970-01-01 */

static int64_t read_clock(clockid_t clock)
{
        struct timespec now;

        clock_gettime(clock, &now);
        return now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
        return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_real_us(void)
{
        return read_clock(CLOCK_REALTIME);
}

void clock_sleep_us(int64_t us)
{
        struct timespec left = {.tv_sec = us / SECOND_US, .tv_nsec = us % SECOND_US * 1000};

        while (us > 0 && nanosleep(&left, &left) != 0)
                continue;
}

static int64_t floor_div(int64_t a, int64_t b)
{
        return a / b - (a % b < 0);
}

struct date {
        int64_t year;
        int month;
        int day;
};

static struct date date_of_days(int64_t days)
{
        int64_t since = days + EPOCH_DAYS;
        int64_t era = floor_div(since, ERA_DAYS);
        int64_t day = since - era * ERA_DAYS;
        int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
        int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
        int64_t month = (5 * day_of_year + 2) / 153; /* 0 is March */

        return (struct date){
                .year = year + era * 400 + (month >= 10),
                .month = (int)(month < 10 ? month + 3 : month - 9),
                .day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
        };
}

static int64_t days_of_date(struct date date)
{
        int64_t year = date.year - (date.month <= 2);
        int64_t era = floor_div(year, 400);
        int64_t year_of_era = year - era * 400;
        int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
        int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;

        return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
               day_of_year - EPOCH_DAYS;
}

static char *put_digits(char *out, int64_t number, int width)
{
        char reversed[24];
        int len = 0;

        while (number > 0 || len < width) {
                reversed[len++] = (char)('0' + number % 10);
                number /= 10;
        }
        while (len > 0)
                *out++ = reversed[--len];
        return out;
}

static char *put_part(char *out, char before, int64_t number, int width)
{
        *out++ = before;
        return put_digits(out, number, width);
}

char *clock_format(int64_t us, char *out)
{
        int64_t seconds = floor_div(us, SECOND_US);
        int64_t fraction = (us % SECOND_US + SECOND_US) % SECOND_US;
        int64_t days = floor_div(seconds, DAY_SECONDS);
        int64_t time = seconds - days * DAY_SECONDS;
        struct date date = date_of_days(days);
        char *at = out;

        if (date.year < 0)
                *at++ = '-';
        at = put_digits(at, date.year < 0 ? -date.year : date.year, 4);
        at = put_part(at, '-', date.month, 2);
        at = put_part(at, '-', date.day, 2);
        at = put_part(at, 'T', time / 3600, 2);
        at = put_part(at, ':', time / 60 % 60, 2);
        at = put_part(at, ':', time % 60, 2);
        if (fraction != 0)
                at = put_part(at, '.', fraction, 6);
        memcpy(at, "Z", 2);
        return out;
}

static bool take_digits(const char **text, int width, int *out)
{
        int number = 0;

        for (int i = 0; i < width; i++) {
                char digit = (*text)[i];

                if (digit < '0' || digit > '9')
                        return false;
                number = number * 10 + (digit - '0');
        }
        *text += width;
        *out = number;
        return true;
}

static bool take_part(const char **text, char before, int *out)
{
        if (**text != before)
                return false;
        (*text)++;
        return take_digits(text, 2, out);
}

static int month_days(int64_t year, int month)
{
        static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

        return days[month - 1] + (month == 2 && leap);
}

static bool take_date(const char **text, struct date *out)
{
        struct date date;
        int year;

        if (!take_digits(text, 4, &year) || !take_part(text, '-', &date.month) ||
                !take_part(text, '-', &date.day))
                return false;
        date.year = year;
        if (date.month < 1 || date.month > 12 || date.day < 1 ||
                date.day > month_days(date.year, date.month))
                return false;
        *out = date;
        return true;
}

/* Hours, minutes and, where wanted, seconds. */
static bool take_time(const char **text, int64_t *seconds)
{
        int hour, minute, second;

        if (!take_digits(text, 2, &hour) || !take_part(text, ':', &minute) ||
                !take_part(text, ':', &second))
                return false;
        *seconds = hour * 3600 + minute * 60 + second;
        return hour < 24 && minute < 60 && second < 60;
}

/* ".123" up to nine digits; those beyond the sixth are cut off. */
static bool take_fraction(const char **text, int64_t *us)
{
        int64_t unit = SECOND_US;
        const char *at = *text;

        *us = 0;
        if (*at != '.')
                return true;
        for (at++; *at >= '0' && *at <= '9'; at++) {
                unit /= 10;
                *us += (*at - '0') * unit;
        }
        if (at - *text < 2 || at - *text > 10)
                return false;
        *text = at;
        return true;
}

static bool take_offset(const char **text, int64_t *seconds)
{
        int hour, minute;
        char sign = *(*text)++;

        *seconds = 0;
        if (sign == 'Z' || sign == 'z')
                return true;
        if (sign != '+' && sign != '-')
                return false;
        if (!take_digits(text, 2, &hour) || !take_part(text, ':', &minute) || hour > 23 ||
                minute > 59)
                return false;
        *seconds = (hour * 3600 + minute * 60) * (sign == '-' ? -1 : 1);
        return true;
}

int clock_parse(const char *text, int64_t *us)
{
        int64_t seconds, fraction, offset;
        struct date date;

        if (!take_date(&text, &date) || (*text != 'T' && *text != 't' && *text != ' '))
                return -1;
        text++;
        if (!take_time(&text, &seconds) || !take_fraction(&text, &fraction) ||
                !take_offset(&text, &offset) || *text != '\0')
                return -1;
        *us = (days_of_date(date) * DAY_SECONDS + seconds - offset) * SECOND_US + fraction;
        return 0;
}
