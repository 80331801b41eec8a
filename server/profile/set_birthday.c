/*
 * A birthday brings presents, so it may be corrected but not moved about. The days between two
 * changes are the shop's own (rule 18).
 */
#include "lib/base/clock.h"
#include "profile.handlers.h"
#include "server/profile/birthday.h"
#include "server/profile/own_profile.h"

#define YEAR_MIN 1900

static enum status check_date(struct call *call, const BirthDate *birthday)
{
        struct calendar_date date = birthday_date(birthday);

        if (birthday->year != 0 && birthday->year < YEAR_MIN)
                return call_fail_field(call, "birthday.year", "TOO_SMALL",
                        "birthday.year: nobody was born before %d; 0 leaves it out", YEAR_MIN);
        if (!calendar_date_exists(date))
                return call_fail_field(call, "birthday.day", "NO_SUCH_DAY",
                        "birthday.day: there is no such day in that month");
        if (birthday->year != 0 && calendar_compare(date, calendar_date_of(call->now_us)) > 0)
                return call_fail_field(call, "birthday.year", "TIME_IS_AHEAD",
                        "birthday.year: that day is still to come");
        return OK;
}

static bool is_same(const BirthDate *a, const BirthDate *b)
{
        return a->year == b->year && a->month == b->month && a->day == b->day;
}

static enum status check_fixed(struct call *call, const Profile *profile)
{
        char text[CLOCK_TEXT_MAX];
        int64_t until_us = calendar_days_end_us(time_us(profile->birthday_time), BIRTHDAY_FIX_DAYS);

        if (call->now_us >= until_us)
                return OK;
        call_fact(call, "until", "%s", clock_format(until_us, text));
        return call_fail_field(call, "birthday", "BIRTHDAY_FIXED",
                "birthday: it can be changed once in %d days, again from %s", BIRTHDAY_FIX_DAYS,
                text);
}

enum status profile_set_birthday(
        struct call *call, const SetBirthdayRequest *request, Profile *response)
{
        Profile *profile = own_profile(call, request->member_id);
        enum status status = check_date(call, request->birthday);
        bool known = profile->birthday != NULL;

        if (status != OK)
                return status;
        if (known && is_same(profile->birthday, request->birthday)) {
                *response = *profile;
                return OK;
        }
        if (known && (status = check_fixed(call, profile)) != OK)
                return status;
        struct bytes hash = birthday_hash(call, request->birthday->month, request->birthday->day);

        profile->birthday = request->birthday;
        profile->birthday_time = call_now(call);
        profile->birthday_hash =
                (ProtobufCBinaryData){.len = hash.len, .data = (uint8_t *)hash.data};
        own_profile_store(call, profile);
        birthday_schedule(call, calendar_add_days(calendar_date_of(call->now_us), 1));
        call_event(call, "profile.birthday_set", profile->member_id, profile->member_id, NULL);
        call_respond(response, profile_get(call->txn, profile->member_id));
        return OK;
}
