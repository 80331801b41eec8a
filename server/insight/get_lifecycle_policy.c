/* The policy, with its defaults filled in. */
#include "insight.handlers.h"
#include "server/insight/member.h"
#include "server/insight/standing.h"

enum status insight_get_lifecycle_policy(
        struct call *call, const GetLifecyclePolicyRequest *request, LifecyclePolicy *response)
{
        const LifecyclePolicy *policy = lifecycle_policy_get(call->txn, LIFECYCLE_ID);
        struct stage_terms terms = stage_terms_of(policy);

        if (policy != NULL)
                *response = *policy;
        response->id = LIFECYCLE_ID;
        response->active_days = terms.active_days;
        response->churn_days = terms.churn_days;
        response->loyal_orders = terms.loyal_orders;
        return OK;
}
