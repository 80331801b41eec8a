/*
 * What is earned by doing something. The cap of a period is read off what was done since
 * the period began, in the shop's time zone: a counter would be one more figure to be wrong.
 */
#include "lib/base/calendar.h"
#include "loyalty.handlers.h"
#include "loyalty_internal.rows.h"
#include "membership.rows.h"
#include "server/loyalty/loyalty.h"
#include "server/loyalty/points.h"
#include "server/loyalty/programme.h"
#include "server/loyalty/tier.h"

int64_t loyalty_period_start_us(CapPeriod period, int64_t now_us)
{
        struct calendar_date date = calendar_date_of(now_us);

        if (period != CAP_PERIOD_DAY)
                date.day = 1;
        if (period == CAP_PERIOD_YEAR)
                date.month = 1;
        return calendar_start_us(date);
}

bool loyalty_has_activity(struct call *call, const char *activity)
{
        const ProgrammeVersion *programme = programme_now(call);

        return programme != NULL && programme_activity(programme, activity) != NULL;
}

/* What is left of the cap now; INT64_MAX without one. */
static int64_t left_of(struct call *call, const char *member_id, const ActivityRule *rule)
{
        int64_t start_us = loyalty_period_start_us(rule->period, call->now_us);
        struct scan *scan =
                member_activity_by_member_id_activity_latest(call->txn, member_id, rule->activity);
        int64_t earned = 0;

        if (rule->points_max == 0)
                return INT64_MAX;
        for (const MemberActivity *row; (row = member_activity_next(scan)) != NULL;) {
                if (time_us(row->time) < start_us)
                        break;
                earned += row->points;
        }
        return earned < rule->points_max ? rule->points_max - earned : 0;
}

static MemberActivity *note(
        struct call *call, const char *member_id, const char *activity, const char *external_id)
{
        MemberActivity *row = call_new(call, MemberActivity);

        *row = (MemberActivity)MEMBER_ACTIVITY_INIT;
        row->member_id = member_id;
        row->activity = activity;
        row->external_id = external_id;
        row->time = call_now(call);
        return row;
}

/* What the rule gives now, to the row that is noted. */
static void earn(struct call *call, const ProgrammeVersion *programme, const ActivityRule *rule,
        MemberActivity *row)
{
        int64_t left = left_of(call, row->member_id, rule);
        LoyaltyAccount *account = points_account(call, row->member_id);

        row->points = rule->points < left ? rule->points : left;
        if (row->points == 0)
                return;
        int64_t expire_us = programme_expire_us(programme, call->now_us);

        points_add(call, account,
                &(struct points_issue){.points = row->points,
                        .expire_us = expire_us,
                        .source_key = call_printf(call, "ACTIVITY:%s:%s:%lld", row->member_id,
                                row->activity, (long long)expire_us),
                        .activity = row->activity,
                        .cause = {.source = POINT_SOURCE_ACTIVITY, .source_id = row->external_id}});
        tier_grow(call, account, rule->growth, POINT_SOURCE_ACTIVITY, row->external_id);
}

bool loyalty_earn_activity(struct call *call, const char *member_id, const char *activity,
        const char *external_id, struct loyalty_earned *earned)
{
        const ProgrammeVersion *programme = programme_now(call);
        const ActivityRule *rule =
                programme == NULL ? NULL : programme_activity(programme, activity);

        *earned = (struct loyalty_earned){0};
        if (rule == NULL)
                return false;
        earned->repeated = member_activity_has(call->txn, member_id, activity, external_id);
        if (earned->repeated)
                return true;
        MemberActivity *row = note(call, member_id, activity, external_id);

        earn(call, programme, rule, row);
        member_activity_insert(call->txn, row);
        earned->points = row->points;
        return true;
}

enum status loyalty_record_activity(
        struct call *call, const RecordActivityRequest *request, RecordActivityResponse *response)
{
        struct loyalty_earned earned;

        if (member_get(call->txn, request->member_id)->kind != MEMBER_KIND_MEMBER)
                return call_fail_field(call, "member_id", "GUEST",
                        "member_id: %s is a guest; only members have points", request->member_id);
        if (!loyalty_earn_activity(
                    call, request->member_id, request->activity, request->external_id, &earned))
                return call_fail_field(call, "activity", "ACTIVITY_UNKNOWN",
                        "activity: the programme gives nothing for %s", request->activity);
        response->points = earned.points;
        response->repeated_activity = earned.repeated;
        if (!earned.repeated)
                call_event(call, "points.activity", request->member_id, request->member_id,
                        "points", earned.points, NULL);
        return OK;
}
