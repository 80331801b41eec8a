/*
 * Sets a timer again that was put aside. Where somebody else did since, that one knows better when
 * it is due, and this one is only to be given up.
 */
#include "governance.handlers.h"
#include "internal.rows.h"

enum status governance_replay_parked_timer(
        struct call *call, const ReplayParkedTimerRequest *request, ParkedTimer *response)
{
        ParkedTimer *parked = parked_timer_get(call->txn, request->method, request->subject_id);

        if (parked == NULL)
                return call_fail_absent(call, "subject_id", "PARKED_TIMER", "parked timer",
                        call_printf(call, "%s of %s", request->method, request->subject_id));
        if (scheduled_call_has(call->txn, parked->method, parked->subject_id))
                return call_fail(call, FAILED_PRECONDITION, "TIMER_SET",
                        "%s of %s was set again and will be called", parked->method,
                        parked->subject_id);
        parked_timer_delete(call->txn, parked->method, parked->subject_id);
        call_schedule(call, call->now_us, parked->method, parked->subject_id);
        call_event(call, "timer.replayed", parked->subject_id, "", NULL);
        *response = *parked;
        return OK;
}
