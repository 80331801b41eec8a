/*
 * Moves a simulated clock. The coordinator runs ordinary calls on the writer, so the snapshot that
 * this call came with is given back first.
 */
#include "governance.handlers.h"
#include "server/clock.h"
#include "server/pipeline.h"

enum status governance_advance_clock(
        struct call *call, const AdvanceClockRequest *request, AdvanceClockResponse *response)
{
        struct clock *clock = call_clock(call);
        /* Asked once: the system's clock moves on between two questions. */
        int64_t now_us = clock_now_us(clock);
        int64_t to_us = request->time != NULL ? time_us(request->time) : now_us;
        struct clock_run run = {0};
        enum status status;

        if (to_us < now_us)
                return call_fail_field(
                        call, "time", "TIME_IS_PAST", "time: shop time never goes back");
        call_leave_snapshot(call);
        status = clock_advance(clock, to_us, &run, &call->error);
        if (status != OK)
                return status;
        response->time = call_time(call, clock_now_us(clock));
        response->timers_run = run.timers;
        response->jobs_run = run.jobs;
        response->follows_run = run.follows;
        return OK;
}
