#pragma once
/* Birthdays as days of the shop's calendar, for this folder. */
#include "lib/base/bytes.h"
#include "lib/base/calendar.h"
#include "server/call.h"
#include "profile.rows.h"

#define BIRTHDAY_METHOD   "profile.CareForBirthdays"
#define BIRTHDAY_FIX_DAYS 365

/* A year that was not said is one with a 29 February. */
struct calendar_date birthday_date(const BirthDate *birthday);
/* What members born on such a day have in common in the index. The result is the call's. */
struct bytes birthday_hash(struct call *call, int32_t month, int32_t day);
/* Has the birthdays of that day cared for when it begins. */
void birthday_schedule(struct call *call, struct calendar_date day);
