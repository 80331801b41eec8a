/*
 * Shop time and what falls due. A timer is a row; running it is an ordinary SYSTEM write whose
 * first step deletes that row in the same transaction, so it runs exactly once, whatever crashes.
 *
 * Time moves from one due instant to the next: at each, timers in the order (due, method, subject),
 * then jobs in the order (due, id), until neither is left; then it moves on. Refused: setting the
 * time first and running everything overdue afterwards, which would let a reservation outlive an
 * hour of business that it should not have seen.
 */
#include "server/clock.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "common.rows.h"
#include "internal.rows.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "server/clock_run.h"
#include "server/jobs_run.h"
#include "server/work.h"

#define META_NAME   "clock"
#define KEEP_US     INT64_C(1000000) /* how much of system time may be forgotten */
#define TIMERS_MAX  256              /* run in one go */
#define LOOK_US     INT64_C(1000000) /* a thread looks at least so often */

struct clock {
        enum clock_mode mode;
        struct store *store;
        struct pipeline *pipeline;
        struct jobs *jobs;
        atomic_int_fast64_t now_us; /* the latest that was shown */
        int64_t offset_us;          /* of shop time before the machine's */
        atomic_int_fast64_t kept_us;
        pthread_mutex_t running;    /* held by whoever runs what is due */
        pthread_mutex_t mutex;
        pthread_cond_t changed;
        bool notified;
        bool stopping;
        bool started;
        pthread_t thread;
};

static bool read_kept(struct store *store, int64_t *us)
{
        struct arena arena;

        arena_init(&arena);
        struct txn *txn = txn_begin_read(store, &arena);
        struct bytes kept = txn_meta_get(txn, META_NAME);
        bool found = kept.len == sizeof(*us);

        if (found)
                memcpy(us, kept.data, sizeof(*us));
        txn_end(txn);
        arena_release(&arena);
        return found;
}

struct clock *clock_new(enum clock_mode mode, struct store *store, int64_t start_us)
{
        struct clock *clock = calloc(1, sizeof(*clock));
        int64_t real_us = clock_real_us(), now_us = mode == CLOCK_SYSTEM ? real_us : start_us;
        pthread_condattr_t attributes;
        int64_t kept_us;

        assert(clock != NULL);
        clock->mode = mode;
        clock->store = store;
        atomic_store(&clock->kept_us, INT64_MIN);
        if (read_kept(store, &kept_us)) {
                atomic_store(&clock->kept_us, kept_us);
                if (mode == CLOCK_SIMULATED || kept_us > now_us)
                        now_us = kept_us;
        }
        clock->offset_us = now_us - real_us;
        atomic_store(&clock->now_us, now_us);
        pthread_mutex_init(&clock->running, NULL);
        pthread_mutex_init(&clock->mutex, NULL);
        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_cond_init(&clock->changed, &attributes);
        pthread_condattr_destroy(&attributes);
        return clock;
}

void clock_free(struct clock *clock)
{
        if (clock == NULL)
                return;
        jobs_free(clock->jobs);
        pthread_cond_destroy(&clock->changed);
        pthread_mutex_destroy(&clock->mutex);
        pthread_mutex_destroy(&clock->running);
        free(clock);
}

enum clock_mode clock_mode(const struct clock *clock)
{
        return clock->mode;
}

int64_t clock_now_us(struct clock *clock)
{
        int_fast64_t shown = atomic_load(&clock->now_us);

        if (clock->mode == CLOCK_SIMULATED)
                return shown;
        int64_t now_us = clock_real_us() + clock->offset_us;

        while (now_us > shown)
                if (atomic_compare_exchange_weak(&clock->now_us, &shown, now_us))
                        return now_us;
        return shown;
}

void clock_attach(struct clock *clock, struct pipeline *pipeline)
{
        clock->pipeline = pipeline;
        jobs_free(clock->jobs);
        clock->jobs = jobs_new(pipeline);
}

void clock_keep(struct clock *clock, struct txn *txn)
{
        int64_t now_us = atomic_load(&clock->now_us), kept_us = atomic_load(&clock->kept_us);
        int64_t slack_us = clock->mode == CLOCK_SYSTEM ? KEEP_US : 1;

        if (kept_us != INT64_MIN && now_us - kept_us < slack_us)
                return;
        txn_meta_put(txn, META_NAME, bytes_of(&now_us, sizeof(now_us)));
        atomic_store(&clock->kept_us, now_us);
}

void clock_keep_lost(struct clock *clock)
{
        atomic_store(&clock->kept_us, INT64_MIN);
}

/* ---- what is due ---- */

struct due_timer {
        const char *method;
        const char *subject_id;
        int64_t due_us;
};

/* The timer is still there and still due: it is gone with this transaction. */
static bool claim_timer(struct work *work, struct txn *txn)
{
        const struct due_timer *due = work->step_context;
        ScheduledCall *timer = scheduled_call_get(txn, due->method, due->subject_id);

        if (timer == NULL || time_us(timer->due_time) != due->due_us)
                return false;
        scheduled_call_delete(txn, due->method, due->subject_id);
        return true;
}

static struct work *timer_work(struct pipeline *pipeline, const ScheduledCall *timer)
{
        struct key_value due_key = key_int(time_us(timer->due_time));
        const struct bytes parts[] = {
                bytes_of_text(timer->method),
                bytes_of_text(timer->subject_id),
                bytes_of(&due_key.number, sizeof(due_key.number)),
        };
        TimerRequest request = TIMER_REQUEST_INIT;
        struct arena arena;

        arena_init(&arena);
        char *request_id = request_id_from(pipeline, &arena,
                (uint64_t)pipeline_real_us(pipeline) / 1000, parts, 3);

        request.subject_id = timer->subject_id;
        struct work *work = work_system(pipeline, timer->method, &request, request_id);
        struct due_timer *due = arena_new(&work->arena, struct due_timer);

        arena_release(&arena);
        due->method = arena_text(&work->arena, timer->method);
        due->subject_id = arena_text(&work->arena, timer->subject_id);
        due->due_us = due_key.number;
        work->step = claim_timer;
        work->step_context = due;
        return work;
}

static size_t due_timers(struct clock *clock, int64_t now_us, struct work **works)
{
        struct key_value before = key_int(now_us + 1);
        struct arena arena;
        size_t count = 0;
        ScheduledCall *timer;

        arena_init(&arena);
        struct txn *txn = txn_begin_read(clock->store, &arena);
        struct scan *scan = txn_scan(txn, &scheduled_call_table, &scheduled_call_table.indexes[0], NULL, NULL, 0,
                ASCENDING);

        scan_between(scan, NULL, &before);
        while (count < TIMERS_MAX && (timer = scan_next(scan)) != NULL)
                works[count++] = timer_work(clock->pipeline, timer);
        txn_end(txn);
        arena_release(&arena);
        return count;
}

/* Runs timers due now; below 0 where the store refused, so that they are still there. */
static int64_t run_timers(struct clock *clock, int64_t now_us)
{
        struct work *works[TIMERS_MAX];
        size_t count = due_timers(clock, now_us, works);
        int64_t run = 0;

        if (count == 0)
                return 0;
        work_wait_all(clock->pipeline, works, count);
        for (size_t i = 0; i < count; i++) {
                if (works[i]->failed && !works[i]->stepped)
                        run = -1;
                else if (run >= 0)
                        run += works[i]->stepped;
                work_free(works[i]);
        }
        return run == 0 ? (int64_t)count : run;
}

/* The earliest instant at which a timer or job is due. */
static bool next_due(struct clock *clock, int64_t *due_us)
{
        const struct key_value waiting = key_int(JOB_STATE_WAITING);
        struct arena arena;

        arena_init(&arena);
        struct txn *txn = txn_begin_read(clock->store, &arena);
        ScheduledCall *timer = scan_next(txn_scan(txn, &scheduled_call_table, &scheduled_call_table.indexes[0], NULL, NULL, 0,
                ASCENDING));
        Job *job = scan_next(txn_scan(txn, &job_table, &job_table.indexes[0], NULL, &waiting, 1,
                ASCENDING));
        bool found = timer != NULL || job != NULL;

        if (timer != NULL)
                *due_us = time_us(timer->due_time);
        if (job != NULL && (timer == NULL || time_us(job->next_attempt_time) < *due_us))
                *due_us = time_us(job->next_attempt_time);
        txn_end(txn);
        arena_release(&arena);
        return found;
}

/* Everything due at this instant and what it causes at this instant. False: the store refused. */
static bool run_instant(struct clock *clock, int64_t now_us, struct clock_run *run)
{
        for (;;) {
                int64_t timers = run_timers(clock, now_us);

                if (timers < 0)
                        return false;
                run->timers += timers;
                if (timers > 0)
                        continue;
                if (clock->mode == CLOCK_SYSTEM)
                        return true; /* jobs have threads of their own */
                int64_t jobs = jobs_run_due(clock->jobs, now_us);

                if (jobs < 0)
                        return false;
                run->jobs += jobs;
                if (jobs == 0)
                        return true;
        }
}

static bool keep_time(struct work *work, struct txn *txn)
{
        return true; /* write_work keeps the time with every change */
}

static void move_to(struct clock *clock, int64_t to_us)
{
        if (to_us <= atomic_load(&clock->now_us))
                return;
        atomic_store(&clock->now_us, to_us);
        struct work *work = work_new(clock->pipeline);

        work->step = keep_time;
        work_wait_all(clock->pipeline, &work, 1);
        work_free(work);
}

static bool run_until(struct clock *clock, int64_t to_us, struct clock_run *run)
{
        int64_t due_us;

        while (next_due(clock, &due_us) && due_us <= to_us) {
                if (due_us > atomic_load(&clock->now_us))
                        atomic_store(&clock->now_us, due_us);
                if (!run_instant(clock, atomic_load(&clock->now_us), run))
                        return false;
        }
        return true;
}

enum status clock_advance(struct clock *clock, int64_t to_us, struct clock_run *run,
        struct error *error)
{
        *run = (struct clock_run){0};
        if (clock->mode != CLOCK_SIMULATED)
                return error_set(error, FAILED_PRECONDITION, "CLOCK_IS_SYSTEM",
                        "this shop's clock is the system's; only a simulated clock is moved");
        pthread_mutex_lock(&clock->running);
        int64_t now_us = atomic_load(&clock->now_us);

        if (to_us < now_us)
                to_us = now_us;
        bool done = run_until(clock, to_us, run);

        if (done)
                move_to(clock, to_us);
        pthread_mutex_unlock(&clock->running);
        if (done)
                return OK;
        return error_set(error, UNAVAILABLE, "STORE_REFUSED",
                "what fell due could not be written; try again");
}

/* ---- the thread ---- */

void clock_notify(struct clock *clock)
{
        pthread_mutex_lock(&clock->mutex);
        clock->notified = true;
        pthread_cond_signal(&clock->changed);
        pthread_mutex_unlock(&clock->mutex);
        jobs_notify(clock->jobs);
}

/* Waits for a notice or the next instant that is due. */
static void wait_for_due(struct clock *clock, int64_t wait_us)
{
        int64_t until_us = clock_monotonic_us() + wait_us;
        struct timespec until = {
                .tv_sec = until_us / 1000000,
                .tv_nsec = until_us % 1000000 * 1000,
        };

        pthread_mutex_lock(&clock->mutex);
        while (!clock->notified && !clock->stopping)
                if (pthread_cond_timedwait(&clock->changed, &clock->mutex, &until) != 0)
                        break;
        clock->notified = false;
        pthread_mutex_unlock(&clock->mutex);
}

static bool is_stopping(struct clock *clock)
{
        pthread_mutex_lock(&clock->mutex);
        bool stopping = clock->stopping;

        pthread_mutex_unlock(&clock->mutex);
        return stopping;
}

static void *clock_main(void *context)
{
        struct clock *clock = context;

        while (!is_stopping(clock)) {
                struct clock_run run = {0};
                int64_t due_us, wait_us = LOOK_US;

                pthread_mutex_lock(&clock->running);
                bool done = run_until(clock, clock_now_us(clock), &run);

                pthread_mutex_unlock(&clock->running);
                if (done && next_due(clock, &due_us) && clock->mode == CLOCK_SYSTEM) {
                        int64_t left_us = due_us - clock_now_us(clock);

                        if (left_us > 0 && left_us < wait_us)
                                wait_us = left_us;
                }
                wait_for_due(clock, wait_us);
        }
        return NULL;
}

void clock_start(struct clock *clock)
{
        int failed = pthread_create(&clock->thread, NULL, clock_main, clock);

        assert(!failed);
        clock->started = true;
        if (clock->mode == CLOCK_SYSTEM)
                jobs_start(clock->jobs);
}

void clock_stop(struct clock *clock)
{
        if (!clock->started)
                return;
        pthread_mutex_lock(&clock->mutex);
        clock->stopping = true;
        pthread_cond_signal(&clock->changed);
        pthread_mutex_unlock(&clock->mutex);
        pthread_join(clock->thread, NULL);
        jobs_stop(clock->jobs);
        clock->started = false;
}
