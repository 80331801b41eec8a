/*
 * Calls that nobody waits for any more: cancelled, their caller has gone, or its time is over. What
 * waits in a queue or is parked is taken out and answered, so that its place is free: at once, but
 * in a queue that is not full nobody looks for the late ones, whose turn comes anyway. What runs,
 * runs to its end, because a transaction is shorter than the trouble of stopping one.
 */
#include "lib/base/clock.h"
#include "server/work.h"

static void end(struct work *work)
{
        work_fail(work);
        work_finished(work);
        work->done(work);
}

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
                end(work);
        }
}

bool drop_expired(struct queue *queue)
{
        int64_t now_us = clock_monotonic_us();
        struct work *late = queue_expire(queue, now_us);

        for (struct work *work = late, *next; work != NULL; work = next) {
                next = work->next;
                work->next = NULL;
                work_spent(work, SPENT_QUEUED, now_us);
                admit_deadline_at(work, now_us);
                end(work);
        }
        return late != NULL;
}

void pipeline_drop(void *context, const struct rpc_which *which)
{
        struct pipeline *pipeline = context;

        drop_works(queue_drop(&pipeline->writes, which));
        drop_works(queue_drop(&pipeline->slow, which));
        drop_works(watch_drop(pipeline, which));
}
