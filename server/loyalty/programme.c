/*
 * Which version of the programme says so. Versions follow each other without gaps in time, so the
 * one of an instant is found by when it became active; orders need not remember theirs. Refused:
 * one row that is changed, which would change what orders of before earn when they are settled.
 */
#include "server/loyalty/programme.h"

#include <string.h>
#include "lib/base/calendar.h"
#include "lib/base/money.h"
#include "server/loyalty/points.h"

const ProgrammeVersion *programme_now(struct call *call)
{
        return programme_at(call, call->now_us);
}

const ProgrammeVersion *programme_at(struct call *call, int64_t us)
{
        const struct rows versions = scan_shared(programme_version_all_by_active_time(call->txn));

        for (size_t i = versions.n; i > 0; i--) {
                const ProgrammeVersion *row = versions.at[i - 1];

                if (time_us(row->active_time) <= us &&
                        (row->end_time == NULL || us < time_us(row->end_time)))
                        return row;
        }
        return NULL;
}

const EarnRate *programme_rate(const ProgrammeVersion *programme, const char *currency_code)
{
        for (size_t i = 0; i < programme->n_earn_rates; i++)
                if (strcmp(programme->earn_rates[i]->currency_code, currency_code) == 0)
                        return programme->earn_rates[i];
        return NULL;
}

int64_t programme_unit_points(const EarnRate *rate)
{
        return rate == NULL || rate->unit_points == 0 ? UNIT_POINTS : rate->unit_points;
}

const ActivityRule *programme_activity(const ProgrammeVersion *programme, const char *activity)
{
        for (size_t i = 0; i < programme->n_activities; i++)
                if (strcmp(programme->activities[i]->activity, activity) == 0)
                        return programme->activities[i];
        return NULL;
}

const TierRule *programme_tier(const ProgrammeVersion *programme, int32_t level)
{
        if (level < 1 || (size_t)level > programme->n_tiers)
                return NULL;
        return programme->tiers[level - 1];
}

int32_t programme_level(const ProgrammeVersion *programme, int64_t growth)
{
        int32_t level = 0;

        while ((size_t)level < programme->n_tiers && programme->tiers[level]->growth_min <= growth)
                level++;
        return level;
}

/* The end of the day that is so many months later. */
static int64_t months_end_us(int64_t now_us, int32_t months)
{
        return calendar_start_us(
                calendar_add_days(calendar_add_months(calendar_date_of(now_us), months), 1));
}

int64_t programme_expire_us(const ProgrammeVersion *programme, int64_t now_us)
{
        return months_end_us(now_us, programme->expire_months);
}

int64_t programme_tier_end_us(const ProgrammeVersion *programme, int64_t now_us)
{
        return months_end_us(now_us, programme->tier_months);
}

int64_t programme_growth_from_us(const ProgrammeVersion *programme, int64_t now_us)
{
        return calendar_start_us(
                calendar_add_months(calendar_date_of(now_us), -(int64_t)programme->tier_months));
}

/* ---- what a draft must be ---- */

static enum status refuse(struct call *call, const char *field, const char *reason, const char *why)
{
        return call_fail_field(call, field, reason, "%s: %s", field, why);
}

static bool is_rate(const char *text)
{
        struct decimal rate;

        return text[0] == '\0' || (decimal_parse(text, &rate) && rate.units >= 0);
}

static enum status check_rates(struct call *call, const ProgrammeVersion *row)
{
        for (size_t i = 0; i < row->n_earn_rates; i++) {
                const EarnRate *rate = row->earn_rates[i];
                const char *at = call_printf(call, "programme_version.earn_rates[%zu]", i);

                if (!is_rate(rate->points))
                        return refuse(call, call_printf(call, "%s.points", at), "NEGATIVE",
                                "a rate is at least 0");
                if (!is_rate(rate->growth))
                        return refuse(call, call_printf(call, "%s.growth", at), "NEGATIVE",
                                "a rate is at least 0");
                if (programme_rate(row, rate->currency_code) != rate)
                        return refuse(call, call_printf(call, "%s.currency_code", at), "REPEATED",
                                "a currency has one rate");
        }
        return OK;
}

static enum status check_share(struct call *call, const ProgrammeVersion *row)
{
        const char *field = "programme_version.tender_share";
        int64_t of_most;

        if (!is_rate(row->tender_share))
                return refuse(call, field, "NEGATIVE", "a share is at least 0");
        if (!points_for_amount(row->tender_share, MONEY_MINOR_MAX, 0, &of_most))
                return refuse(call, field, "TOO_LARGE", "a share is at most 1");
        return OK;
}

static enum status check_activities(struct call *call, const ProgrammeVersion *row)
{
        for (size_t i = 0; i < row->n_activities; i++) {
                const ActivityRule *rule = row->activities[i];
                const char *at = call_printf(call, "programme_version.activities[%zu]", i);

                if (programme_activity(row, rule->activity) != rule)
                        return refuse(call, call_printf(call, "%s.activity", at), "REPEATED",
                                "an activity has one rule");
                if ((rule->points_max > 0) != (rule->period != CAP_PERIOD_UNSPECIFIED))
                        return refuse(call, call_printf(call, "%s.period", at), "PERIOD_MISSING",
                                "a cap and its period go together");
        }
        return OK;
}

static enum status check_tiers(struct call *call, const ProgrammeVersion *row)
{
        for (size_t i = 1; i < row->n_tiers; i++)
                if (row->tiers[i]->growth_min <= row->tiers[i - 1]->growth_min)
                        return refuse(call,
                                call_printf(call, "programme_version.tiers[%zu].growth_min", i),
                                "NOT_HIGHER", "a tier asks for more growth than the one before");
        return OK;
}

enum status programme_check(struct call *call, const ProgrammeVersion *row)
{
        enum status status = check_rates(call, row);

        if (status == OK)
                status = check_share(call, row);
        if (status == OK)
                status = check_activities(call, row);
        if (status == OK)
                status = check_tiers(call, row);
        return status;
}
