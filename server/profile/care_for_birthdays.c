/*
 * Birthday care: a greeting, the points that the programme gives for the activity "birthday" and
 * the coupon that is offered for it, once per member and calendar year. The timer of a day goes
 * through the members whose day it is, a step at a time, and sets that of the next day; a shop that
 * was stopped goes through the days that it missed. The row of the year is what makes it once: a
 * birthday that is changed finds it there.
 */
#include <stdio.h>
#include <string.h>
#include "profile.handlers.h"
#include "profile_internal.rows.h"
#include "server/loyalty/loyalty.h"
#include "server/notification/notification.h"
#include "server/profile/birthday.h"
#include "server/reward/reward.h"

#define STEP_MEMBERS  50
#define GREETING_DAYS 2 /* a greeting that is later is none */

static void greet(struct call *call, const Profile *profile, struct calendar_date day)
{
        notification_send(call,
                &(struct notification){
                        .member_id = profile->member_id,
                        .template_key = "birthday.greeting",
                        .dedupe_key =
                                call_printf(call, "birthday:%s:%d", profile->member_id, day.year),
                        .expire_us = calendar_days_end_us(calendar_start_us(day), GREETING_DAYS),
                });
}

/* What the programme gives for the activity "birthday". */
static int64_t present(struct call *call, const char *member_id, int32_t year)
{
        struct loyalty_earned earned = {0};

        loyalty_earn_activity(call, member_id, "birthday",
                call_printf(call, "birthday:%s:%d", member_id, year), &earned);
        return earned.points;
}

static void care(struct call *call, const Profile *profile, struct calendar_date day)
{
        BirthdayCare row = BIRTHDAY_CARE_INIT;

        if (birthday_care_has(call->txn, profile->member_id, day.year))
                return;
        /* Erased: nothing of it can be read any more. */
        if (profile->birthday == NULL)
                return;
        /* Said on the day itself it would be a wish. */
        if (calendar_compare(calendar_date_of(time_us(profile->birthday_time)), day) >= 0)
                return;
        row.member_id = profile->member_id;
        row.year = day.year;
        row.points = present(call, profile->member_id, day.year);
        row.coupon_id = reward_give(call, REWARD_OCCASION_BIRTHDAY, profile->member_id);
        row.create_time = call_now(call);
        birthday_care_insert(call->txn, &row);
        greet(call, profile, day);
        call_event(call, "birthday.cared", row.member_id, row.member_id, "year", (int64_t)row.year,
                "points", row.points, NULL);
}

/* The days of birth that are celebrated on a day: 28 February has two in common years. */
static size_t birthdays_of(struct calendar_date day, struct calendar_date *out)
{
        const struct calendar_date leap = {.year = 2000, .month = 2, .day = 29};
        size_t n = 0;

        out[n++] = day;
        if (calendar_compare(calendar_birthday(leap, day.year), day) == 0 && day.day != leap.day)
                out[n++] = leap;
        return n;
}

/* Members behind walk->member_id, at most *left. True: those born on such a day are through. */
static bool walk_on(struct call *call, BirthdayWalk *walk, struct calendar_date born,
        struct calendar_date day, size_t *left)
{
        const struct key_value from = key_text(walk->member_id);
        struct scan *scan =
                profile_by_birthday_hash(call->txn, birthday_hash(call, born.month, born.day));

        scan_between(scan, &from, NULL);
        for (const Profile *row; (row = profile_next(scan)) != NULL;) {
                if (strcmp(row->member_id, walk->member_id) == 0)
                        continue;
                if (*left == 0)
                        return false;
                --*left;
                care(call, row, day);
                walk->member_id = row->member_id;
        }
        return true;
}

static bool walk_day(struct call *call, BirthdayWalk *walk, struct calendar_date day)
{
        struct calendar_date born[2];
        size_t n = birthdays_of(day, born);
        size_t left = STEP_MEMBERS;

        while (walk->birthday < n) {
                if (!walk_on(call, walk, born[walk->birthday], day, &left))
                        return false;
                walk->birthday++;
                walk->member_id = "";
        }
        return true;
}

static bool read_day(const char *text, struct calendar_date *day)
{
        return sscanf(text, "%4d-%2d-%2d", &day->year, &day->month, &day->day) == 3 &&
               calendar_date_exists(*day);
}

static void go_on(struct call *call, BirthdayWalk *walk)
{
        walk->steps++;
        if (walk->steps == 1)
                birthday_walk_insert(call->txn, walk);
        else
                birthday_walk_update(call->txn, walk);
        call_schedule(call, call->now_us, BIRTHDAY_METHOD, walk->day);
}

static void finish(struct call *call, const BirthdayWalk *walk, struct calendar_date day)
{
        if (walk->steps > 0)
                birthday_walk_delete(call->txn, walk->day);
        birthday_schedule(call, calendar_add_days(day, 1));
}

enum status profile_care_for_birthdays(
        struct call *call, const TimerRequest *request, Google__Protobuf__Empty *response)
{
        const char *text = request->subject_id;
        BirthdayWalk first = BIRTHDAY_WALK_INIT;
        struct calendar_date day;

        if (!read_day(text, &day))
                return call_fail_field(
                        call, "subject_id", "BAD_FORMAT", "subject_id: a day, such as 2011-02-28");
        BirthdayWalk *walk = birthday_walk_get(call->txn, text);

        first.day = text;
        if (walk == NULL)
                walk = &first;
        if (walk_day(call, walk, day))
                finish(call, walk, day);
        else
                go_on(call, walk);
        call_event(call, "birthday.walked", text, "", NULL);
        return OK;
}
