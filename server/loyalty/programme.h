#pragma once
/* Versions of the programme, for this folder. Rows are the call's. */
#include "server/call.h"
#include "loyalty.rows.h"

/* The version that counts now, or counted at an instant; NULL: none. */
const ProgrammeVersion *programme_now(struct call *call);
const ProgrammeVersion *programme_at(struct call *call, int64_t us);

/* What an order in a currency earns; NULL: nothing. */
const EarnRate *programme_rate(const ProgrammeVersion *programme, const char *currency_code);
/* How many points are one unit of the rate's currency. */
#define UNIT_POINTS 100 /* where nothing else is said */
int64_t programme_unit_points(const EarnRate *rate);
/* What an activity earns; NULL: it is unknown. */
const ActivityRule *programme_activity(const ProgrammeVersion *programme, const char *activity);
/* The tier of a level from 1; NULL: there is none. */
const TierRule *programme_tier(const ProgrammeVersion *programme, int32_t level);
/* The highest level whose growth_min is reached; 0: none. */
int32_t programme_level(const ProgrammeVersion *programme, int64_t growth);

/* Until when points that become available now can be spent; until when a tier that is reached now
 * is kept. */
int64_t programme_expire_us(const ProgrammeVersion *programme, int64_t now_us);
int64_t programme_tier_end_us(const ProgrammeVersion *programme, int64_t now_us);
/* Since when growth counts for the tier. */
int64_t programme_growth_from_us(const ProgrammeVersion *programme, int64_t now_us);

/* Whether a draft may count: rates and shares are numbers, names are not repeated, caps have a
 * period and tiers ask for more and more. Refused by the field's name. */
enum status programme_check(struct call *call, const ProgrammeVersion *row);
