/*
 * What makes a stage from now on. Everybody is told their stage anew in steps that follow, without
 * anything being done about it: a policy that is set is no reason to write to half of the
 * customers.
 */
#include <string.h>
#include "insight.handlers.h"
#include "notification.rows.h"
#include "server/change.h"
#include "server/insight/member.h"
#include "server/insight/standing.h"
#include "server/loyalty/loyalty.h"

#define CONTINUE_METHOD "insight.ContinueStages"

static enum status check_terms(struct call *call, struct stage_terms terms)
{
        if (terms.churn_days <= terms.active_days)
                return call_fail_field(call, "lifecycle_policy.churn_days", "NOT_AFTER_ACTIVE",
                        "lifecycle_policy.churn_days: more than active_days, %d",
                        (int)terms.active_days);
        if (terms.loyal_orders < 3)
                return call_fail_field(call, "lifecycle_policy.loyal_orders", "TOO_FEW",
                        "lifecycle_policy.loyal_orders: at least 3");
        return OK;
}

static enum status check_reminders(struct call *call, int32_t purchases)
{
        if (purchases != 1)
                return OK;
        return call_fail_field(call, "lifecycle_policy.remind_purchases", "TOO_FEW",
                "lifecycle_policy.remind_purchases: nobody, 0, or at least 2");
}

/* A notice that can be sent: what it needs is known here. */
static enum status check_template(struct call *call, const StageAction *action, const char *path)
{
        const NotificationTemplate *row = notification_template_next(
                notification_template_by_template_key(call->txn, action->template_key));
        const char *field = call_printf(call, "%s.template_key", path);

        if (row == NULL)
                return call_fail_field(call, field, "TEMPLATE_UNKNOWN",
                        "%s: there is no template of %s", field, action->template_key);
        if (row->n_variables > 1 ||
                (row->n_variables == 1 && strcmp(row->variables[0], "stage") != 0))
                return call_fail_field(call, field, "TEMPLATE_VARIABLES",
                        "%s: its only variable can be stage", field);
        return OK;
}

static enum status check_action(struct call *call, const StageAction *action, size_t at)
{
        const char *path = call_printf(call, "lifecycle_policy.actions[%zu]", at);
        bool writes = action->template_key[0] != '\0';

        if (!writes && action->activity[0] == '\0')
                return call_fail_field(call, call_printf(call, "%s.template_key", path), "REQUIRED",
                        "%s: a template_key, an activity or both", path);
        if (action->activity[0] != '\0' && !loyalty_has_activity(call, action->activity)) {
                const char *field = call_printf(call, "%s.activity", path);

                return call_fail_field(call, field, "ACTIVITY_UNKNOWN",
                        "%s: the programme gives nothing for %s", field, action->activity);
        }
        return writes ? check_template(call, action, path) : OK;
}

enum status insight_set_lifecycle_policy(
        struct call *call, const SetLifecyclePolicyRequest *request, LifecyclePolicy *response)
{
        LifecyclePolicy policy = *request->lifecycle_policy;
        enum status status =
                change_check_new(call, &lifecycle_policy_table, &policy, "lifecycle_policy");

        if (status == OK)
                status = check_terms(call, stage_terms_of(&policy));
        if (status == OK)
                status = check_reminders(call, policy.remind_purchases);
        for (size_t i = 0; status == OK && i < policy.n_actions; i++)
                status = check_action(call, policy.actions[i], i);
        if (status != OK)
                return status;
        policy.id = LIFECYCLE_ID;
        policy.told_to = "";
        policy.telling = true;
        policy.update_time = call_now(call);
        if (lifecycle_policy_has(call->txn, LIFECYCLE_ID))
                lifecycle_policy_update(call->txn, &policy);
        else
                lifecycle_policy_insert(call->txn, &policy);
        call_schedule(call, call->now_us, CONTINUE_METHOD, LIFECYCLE_ID);
        call_event(call, "lifecycle_policy.set", LIFECYCLE_ID, "", NULL);
        *response = policy;
        return OK;
}
