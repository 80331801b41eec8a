#pragma once
/*
 * Days of the shop. The shop has one IANA zone; its days end at local 24:00 and instants stay in
 * UTC. Months have the lengths of the proleptic Gregorian calendar.
 *
 * The zone is the process's: set once before there are other threads. Instants are microseconds
 * since 1970 in UTC.
 */
#include <stdbool.h>
#include <stdint.h>

#define CALENDAR_ZONE_MAX 64 /* characters of a zone's name, with the NUL */

/* "UTC" or a name that the machine has rules for, "Asia/Shanghai". */
bool calendar_zone_known(const char *name);
/* From now on days are those of this zone. It must be known. */
void calendar_zone_set(const char *name);

struct calendar_date {
        int32_t year;
        int32_t month; /* 1 to 12 */
        int32_t day;   /* 1 to 31 */
};

bool calendar_date_exists(struct calendar_date date);
int32_t calendar_month_days(int32_t year, int32_t month);
/* Below, at or above 0, as a is before, on or after b. */
int calendar_compare(struct calendar_date a, struct calendar_date b);

/* The local day of an instant, and the minute of it, 0 to 1439. */
struct calendar_date calendar_date_of(int64_t us);
int32_t calendar_minute_of(int64_t us);
/* The first instant of a day; the local time is later than 00:00 where the zone leaves that out. */
int64_t calendar_start_us(struct calendar_date date);
/* The instant at a minute of a day, 0 to 1439. */
int64_t calendar_minute_us(struct calendar_date date, int32_t minute);
/* "N days": the end of the n-th day after the instant's day, which is the first instant that is
 * too late. n 0: the end of the day itself. */
int64_t calendar_days_end_us(int64_t us, int64_t n);

struct calendar_date calendar_add_days(struct calendar_date date, int64_t n);
/* The same day n months later, or that month's last. */
struct calendar_date calendar_add_months(struct calendar_date date, int64_t n);
/* The day on which somebody born then has their birthday: 28 February for those born on the 29th,
 * where the year has none. */
struct calendar_date calendar_birthday(struct calendar_date born, int32_t year);
