/*
 * A customer enters a stage: a row of their history, an event, the month's figures, and what the
 * policy wants done. What a follower only catches up with is history: nobody is written to today
 * about a stage of last year.
 */
#include <string.h>
#include "lib/base/calendar.h"
#include "notification.rows.h"
#include "server/insight/member.h"
#include "server/insight/standing.h"
#include "server/loyalty/loyalty.h"
#include "server/notification/notification.h"

#define STALE_US (INT64_C(86400) * 1000000)

static void remember(struct call *call, const CustomerActivity *activity, LifecycleStage from)
{
        StageChange change = STAGE_CHANGE_INIT;

        change.member_id = activity->member_id;
        change.number = activity->stage_count;
        change.from = from;
        change.to = activity->stage;
        change.time = activity->stage_time;
        stage_change_insert(call->txn, &change);
}

static bool takes_stage(const NotificationTemplate *row)
{
        return row->n_variables > 0;
}

static void write_to(struct call *call, const CustomerActivity *activity, const StageAction *action)
{
        const NotificationTemplate *row = notification_template_next(
                notification_template_by_template_key(call->txn, action->template_key));
        struct notification notice = {
                .member_id = activity->member_id,
                .template_key = action->template_key,
                .dedupe_key = call_printf(
                        call, "stage:%s:%d", activity->member_id, activity->stage_count),
        };

        if (row == NULL)
                return; /* it was taken away since */
        if (takes_stage(row))
                notice.variables[0] =
                        (struct notification_value){"stage", stage_name(activity->stage)};
        notification_send(call, &notice);
}

/* Nothing where the programme does not know the activity any more. */
static void reward_for(
        struct call *call, const CustomerActivity *activity, const StageAction *action)
{
        struct loyalty_earned earned;

        loyalty_earn_activity(call, activity->member_id, action->activity,
                call_printf(call, "stage:%d", activity->stage_count), &earned);
        if (earned.points > 0)
                call_event(call, "points.activity", activity->member_id, activity->member_id,
                        "points", earned.points, NULL);
}

/* A policy that is being told puts customers into stages that they did not enter just now. */
static bool is_told(const LifecyclePolicy *policy, const char *member_id)
{
        return !policy->telling || strcmp(member_id, policy->told_to) <= 0;
}

static void act_all(struct call *call, const CustomerActivity *activity)
{
        const LifecyclePolicy *policy = lifecycle_policy_get(call->txn, LIFECYCLE_ID);

        if (policy == NULL || !is_told(policy, activity->member_id))
                return;
        /* Stages are figures and go on; nobody is left to write to or to reward. */
        if (txn_owner_erased(call->txn, activity->member_id))
                return;
        for (size_t i = 0; i < policy->n_actions; i++) {
                const StageAction *action = policy->actions[i];

                if (action->stage != activity->stage)
                        continue;
                if (action->template_key[0] != '\0')
                        write_to(call, activity, action);
                if (action->activity[0] != '\0')
                        reward_for(call, activity, action);
        }
}

void stage_enter(
        struct call *call, CustomerActivity *activity, LifecycleStage stage, int64_t event_us)
{
        LifecycleStage from = activity->stage;

        churn_count_stage(call, activity, stage, event_us);
        activity->stage = stage;
        activity->stage_time = call_time(call, event_us);
        activity->stage_count++;
        remember(call, activity, from);
        call_event(call, "customer.stage_changed", activity->member_id, activity->member_id, "from",
                (int64_t)from, "to", (int64_t)stage, NULL);
        if (call->now_us - event_us < STALE_US)
                act_all(call, activity);
}
