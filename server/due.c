/*
 * What falls due. A timer is a row; running it is an ordinary SYSTEM write whose first step deletes
 * that row in the same transaction, so it runs exactly once, whatever crashes. At one instant
 * timers run in the order (due, method, subject), then jobs in the order (due, id), then followers
 * of the event log, and again until nothing is left. Refused: a wheel of timers in memory, which
 * would have to be told of every commit and could disagree with the rows.
 */
#include "server/due.h"

#include "common.rows.h"
#include "governance.rows.h"
#include "internal.rows.h"
#include "server/follow_run.h"
#include "server/jobs_run.h"
#include "server/work.h"

#define TIMERS_MAX 256 /* run in one go */
#define BACKOFF_US INT64_C(1000000)

struct due_timer {
        const char *method;
        const char *subject_id;
        int64_t due_us;
};

static void park(struct work *work, struct txn *txn, const ScheduledCall *timer)
{
        ParkedTimer parked = PARKED_TIMER_INIT;

        parked.method = timer->method;
        parked.subject_id = timer->subject_id;
        parked.reason = work->call.error.reason;
        parked.attempts = timer->attempts;
        parked.park_time = call_now(&work->call);
        if (parked_timer_has(txn, timer->method, timer->subject_id))
                parked_timer_update(txn, &parked);
        else
                parked_timer_insert(txn, &parked);
        event_tell(txn, &(struct event_what){
                                .type = "timer.parked",
                                .subject = timer->subject_id,
                                .owner = "",
                                .actor = "system",
                                .method = timer->method,
                                .time_us = work->call.now_us,
                        });
}

/* The timer is still there and still due: it is gone with this transaction. What its method did
 * may have failed a transaction before; then it waits for its next attempt, or is put aside. */
static bool claim_timer(struct work *work, struct txn *txn)
{
        const struct due_timer *due = work->step_context;
        ScheduledCall *timer = scheduled_call_get(txn, due->method, due->subject_id);

        if (timer == NULL || time_us(timer->due_time) != due->due_us)
                return false;
        if (work->failed && ++timer->attempts < TIMER_ATTEMPTS_MAX) {
                timer->due_time = call_time(
                        &work->call, work->call.now_us + (BACKOFF_US << (timer->attempts - 1)));
                scheduled_call_update(txn, timer);
                return true;
        }
        scheduled_call_delete(txn, due->method, due->subject_id);
        if (work->failed)
                park(work, txn, timer);
        return true;
}

static struct work *timer_work(struct pipeline *pipeline, const ScheduledCall *timer)
{
        struct key_value due_key = key_int(time_us(timer->due_time));
        const struct bytes parts[] = {
                bytes_of_text(timer->method),
                bytes_of_text(timer->subject_id),
                bytes_of(&due_key.number, sizeof(due_key.number)),
                bytes_of(&timer->number, sizeof(timer->number)),
        };
        TimerRequest request = TIMER_REQUEST_INIT;
        struct arena arena;

        arena_init(&arena);
        char *request_id = request_id_from(
                pipeline, &arena, (uint64_t)pipeline_real_us(pipeline) / 1000, parts, 4);

        request.subject_id = timer->subject_id;
        struct work *work =
                work_system(pipeline, timer->method, &request, request_id, timer->traceparent);
        struct due_timer *due = arena_new(&work->arena, struct due_timer);

        arena_release(&arena);
        due->method = arena_text(&work->arena, timer->method);
        due->subject_id = arena_text(&work->arena, timer->subject_id);
        due->due_us = due_key.number;
        work->step = claim_timer;
        work->step_context = due;
        return work;
}

static size_t due_timers(struct pipeline *pipeline, int64_t now_us, struct work **works)
{
        struct key_value before = key_int(now_us + 1);
        struct arena arena;
        size_t count = 0;
        ScheduledCall *timer;

        arena_init(&arena);
        struct txn *txn = txn_begin_read(pipeline->options.store, &arena);
        struct scan *scan = txn_scan(txn, &scheduled_call_table, &scheduled_call_table.indexes[0],
                NULL, NULL, 0, ASCENDING);

        scan_between(scan, NULL, &before);
        while (count < TIMERS_MAX && (timer = scan_next(scan)) != NULL)
                works[count++] = timer_work(pipeline, timer);
        txn_end(txn);
        arena_release(&arena);
        return count;
}

enum found { FOUND_NOTHING, FOUND_SOME, FOUND_REFUSED };

/* Runs timers due now. Refused: the store did not take them, and they are still there. */
static enum found run_timers(struct pipeline *pipeline, int64_t now_us, int64_t *run)
{
        struct work *works[TIMERS_MAX];
        size_t count = due_timers(pipeline, now_us, works);
        enum found found = count == 0 ? FOUND_NOTHING : FOUND_SOME;

        if (count == 0)
                return found;
        work_wait_all(pipeline, works, count);
        for (size_t i = 0; i < count; i++) {
                if (works[i]->failed && !works[i]->stepped)
                        found = FOUND_REFUSED;
                *run += works[i]->stepped;
                work_free(works[i]);
        }
        return found;
}

/* The first job's time, where jobs are this one's to perform. */
static Job *first_job(const struct due *due, struct txn *txn)
{
        const struct key_value waiting = key_int(JOB_STATE_WAITING);

        if (due->jobs == NULL)
                return NULL;
        return scan_next(
                txn_scan(txn, &job_table, &job_table.indexes[0], NULL, &waiting, 1, ASCENDING));
}

static bool next_row(const struct due *due, int64_t *due_us)
{
        struct arena arena;

        arena_init(&arena);
        struct txn *txn = txn_begin_read(due->pipeline->options.store, &arena);
        ScheduledCall *timer = scan_next(txn_scan(txn, &scheduled_call_table,
                &scheduled_call_table.indexes[0], NULL, NULL, 0, ASCENDING));
        Job *job = first_job(due, txn);
        bool found = timer != NULL || job != NULL;

        if (timer != NULL)
                *due_us = time_us(timer->due_time);
        if (job != NULL && (timer == NULL || time_us(job->next_attempt_time) < *due_us))
                *due_us = time_us(job->next_attempt_time);
        txn_end(txn);
        arena_release(&arena);
        return found;
}

bool due_next(const struct due *due, int64_t now_us, int64_t *due_us)
{
        bool found = next_row(due, due_us);
        int64_t follow_us;

        if (due->follow == NULL || !follow_next(due->follow, now_us, &follow_us))
                return found;
        if (!found || follow_us < *due_us)
                *due_us = follow_us;
        return true;
}

bool due_run(const struct due *due, int64_t now_us, struct clock_run *run)
{
        for (;;) {
                enum found found = run_timers(due->pipeline, now_us, &run->timers);

                if (found == FOUND_REFUSED)
                        return false;
                if (found == FOUND_SOME)
                        continue;
                if (due->jobs == NULL)
                        return true;
                int64_t jobs = jobs_run_due(due->jobs, now_us);

                if (jobs < 0)
                        return false;
                run->jobs += jobs;
                if (jobs > 0)
                        continue;
                int64_t follows = due->follow == NULL ? 0 : follow_round(due->follow, now_us);

                if (follows < 0)
                        return false;
                run->follows += follows;
                if (follows == 0)
                        return true;
        }
}
