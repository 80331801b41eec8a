/*
 * Who has their birthday today is found by a keyed hash of month and day, so that the index does
 * not tell when anybody was born. Refused: going through all members every day.
 */
#include "server/profile/birthday.h"

#include "server/secret.h"

#define SOME_LEAP_YEAR 2000

struct calendar_date birthday_date(const BirthDate *birthday)
{
        return (struct calendar_date){
                .year = birthday->year == 0 ? SOME_LEAP_YEAR : birthday->year,
                .month = birthday->month,
                .day = birthday->day,
        };
}

struct bytes birthday_hash(struct call *call, int32_t month, int32_t day)
{
        return secret_blind(call, call_printf(call, "birthday:%02d-%02d", month, day));
}

void birthday_schedule(struct call *call, struct calendar_date day)
{
        call_schedule(call, calendar_start_us(day), BIRTHDAY_METHOD,
                call_printf(call, "%04d-%02d-%02d", day.year, day.month, day.day));
}
