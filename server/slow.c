/*
 * SLOW calls, a few at a time on threads of their own: those with a prepare step do it here and go
 * on to the writer; the others run here on a snapshot, which a method that takes long gives back
 * (call_leave_snapshot). Nobody's read or write waits for them.
 */
#include "lib/base/clock.h"
#include "lib/base/processor.h"
#include "server/audit.h"
#include "server/clock.h"
#include "server/mask.h"
#include "server/work.h"

/* Passwords take both cores for as long as they last: reads and the writer go before them. Who
 * yields as often as passwords do (lib/seal/turns.h) gives up slices that it has not used, so a
 * little more than the writer's is enough. */
#define SLOW_NICE    (STORE_NICE + 2)
#define SLOW_REST_MS 1000

static void finish(struct work *work)
{
        if (audit_owes(work)) {
                audit_submit(work);
                return;
        }
        work_finished(work);
        work->done(work);
}

/* Nothing is prepared for a request that was answered before, or that can never be. True: the
 * work has its answer. */
static bool answered(struct work *work)
{
        switch (work->once ? dedupe_find(work) : REPLAY_NONE) {
        case REPLAY_NONE:
                return false;
        case REPLAY_FOUND:
                if (work->call.error.code == OK)
                        return true;
                break;
        case REPLAY_REFUSED:
                break;
        }
        work_fail(work);
        return true;
}

/* The method's own step, where it has one. */
static enum status run_prepare(struct work *work)
{
        struct call *call = &work->call;
        enum status status = OK;

        if (work->plan->handler->prepare != NULL)
                status = dispatch_prepare(work);
        if (status == OK && call->txn != NULL && txn_status(call->txn) != OK) {
                call->error = *txn_error(call->txn);
                status = call->error.code;
        }
        return status;
}

enum next { NEXT_ANSWER, NEXT_WRITE };

/* identify > role > dedupe > prepare. The writer will do it all again: preparing took its time. */
static enum next prepare(struct work *work)
{
        if (identify_caller(work) == OK && identify_role(work) == OK) {
                if (answered(work))
                        return NEXT_ANSWER;
                if (run_prepare(work) == OK)
                        return NEXT_WRITE;
        }
        work_fail(work);
        return NEXT_ANSWER;
}

void slow_work(struct work *work)
{
        struct pipeline *pipeline = work->private.pipeline;
        struct call *call = &work->call;

        work_unqueued(work, QUEUED_SLOW);
        /* It may have queued for long, and its work is the dear kind. */
        if (admit_deadline(work) != OK) {
                work_fail(work);
                finish(work);
                return;
        }
        struct txn *txn = txn_begin_read(pipeline->options.store, call->arena);

        call->txn = txn;
        call->now_us = clock_now_us(pipeline->options.clock);
        if (!work->plan->writes) {
                read_work(work, txn);
                call_leave_snapshot(call);
                finish(work);
                return;
        }
        enum next next = prepare(work);

        if (next == NEXT_ANSWER)
                mask_finish(work);
        call_leave_snapshot(call);
        work_spent(work, SPENT_RAN, clock_monotonic_us());
        if (next == NEXT_WRITE)
                writer_submit_own(pipeline, work);
        else
                finish(work);
}

/* A second without work is no storm: nobody needs to find a password's memory ready. False: there
 * will be none. */
static bool wait_for_work(struct queue *queue)
{
        if (queue_wait(queue, SLOW_REST_MS))
                return true;
        seal_password_rest();
        return queue_wait(queue, -1);
}

void *slow_main(void *context)
{
        struct pipeline *pipeline = context;

        processor_give_way(SLOW_NICE);
        for (;;) {
                struct work *work = queue_take(&pipeline->slow);

                if (work != NULL)
                        slow_work(work);
                else if (!wait_for_work(&pipeline->slow))
                        return NULL;
        }
}
