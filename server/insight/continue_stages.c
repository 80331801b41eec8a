/* The next customers are told their stage by a new policy. */
#include "insight.handlers.h"
#include "server/insight/member.h"

enum status insight_continue_stages(
        struct call *call, const TimerRequest *request, LifecyclePolicy *response)
{
        LifecyclePolicy *policy = lifecycle_policy_get(call->txn, LIFECYCLE_ID);

        if (policy == NULL)
                return OK;
        policy->told_to = member_sweep(call, policy->told_to);
        policy->telling = policy->told_to[0] != '\0';
        lifecycle_policy_update(call->txn, policy);
        if (policy->told_to[0] != '\0')
                call_schedule(call, call->now_us, call->method->name, LIFECYCLE_ID);
        call_event(call, "lifecycle_policy.told", LIFECYCLE_ID, "", NULL);
        *response = *policy;
        return OK;
}
