/* The instant has come at which a customer's stage or segments may change by time alone. */
#include "insight.handlers.h"
#include "server/insight/member.h"

enum status insight_review_member(
        struct call *call, const TimerRequest *request, CustomerActivity *response)
{
        CustomerActivity *activity = customer_activity_get(call->txn, request->subject_id);

        if (activity == NULL)
                return OK;
        member_review(call, activity, call->now_us);
        call_event(call, "customer.reviewed", activity->member_id, activity->member_id, NULL);
        *response = *activity;
        return OK;
}
