/*
 * Calls that nobody waits for any more: cancelled, or their caller has gone. What waits in a queue
 * or is parked is taken out and answered at once, so that its place is free; what runs, runs to
 * its end, because a transaction is shorter than the trouble of stopping one.
 */
#include "lib/base/clock.h"
#include "server/work.h"

void drop_works(struct work *works)
{
        for (struct work *work = works, *next; work != NULL; work = next) {
                next = work->next;
                work->next = NULL;
                work_spent(work, SPENT_QUEUED, clock_monotonic_us());
                /* What a parked call looked with is gone. */
                work->call.arena = &work->arena;
                error_init(&work->call.error, &work->arena);
                error_set(&work->call.error, CANCELLED, "CALL_CANCELLED",
                        "its caller has given the call up");
                work_fail(work);
                work_finished(work);
                work->done(work);
        }
}

void pipeline_drop(void *context, const struct rpc_which *which)
{
        struct pipeline *pipeline = context;

        drop_works(queue_drop(&pipeline->writes, which));
        drop_works(queue_drop(&pipeline->slow, which));
        drop_works(watch_drop(pipeline, which));
}
