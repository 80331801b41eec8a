/*
 * Shop time, and who moves it: the machine's clock, or whoever advances a simulated one. Time moves
 * from one due instant to the next, and only when nothing is left to do at this one. Refused:
 * setting the time first and running everything overdue afterwards, which would let a reservation
 * outlive an hour of business that it should not have seen.
 */
#include "server/clock.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "server/clock_run.h"
#include "server/due.h"
#include "server/follow_run.h"
#include "server/jobs_run.h"
#include "server/work.h"

#define META_NAME "clock"
#define KEEP_US   INT64_C(1000000) /* how much of system time may be forgotten */
#define LOOK_US   INT64_C(1000000) /* a thread looks at least so often */
#define LINGER_US INT64_C(20000)   /* of real time, after a notice under a simulated clock */

struct clock {
        enum clock_mode mode;
        struct store *store;
        struct pipeline *pipeline;
        struct jobs *jobs;
        atomic_int_fast64_t now_us; /* the latest that was shown */
        int64_t offset_us;          /* of shop time before the machine's */
        atomic_int_fast64_t kept_us;
        pthread_mutex_t running; /* held by whoever runs what is due */
        pthread_mutex_t mutex;
        pthread_cond_t changed;
        bool notified;
        bool stopping;
        bool started;
        pthread_t thread;
};

/* What is kept: the latest time, and whose it was. */
struct kept {
        int64_t us;
        int64_t mode; /* enum clock_mode */
};

static bool read_kept(struct store *store, struct kept *value)
{
        struct arena arena;

        arena_init(&arena);
        struct txn *txn = txn_begin_read(store, &arena);
        struct bytes kept = txn_meta_get(txn, META_NAME);
        bool found = kept.len == sizeof(*value);

        if (found)
                memcpy(value, kept.data, kept.len);
        txn_end(txn);
        arena_release(&arena);
        return found;
}

enum clock_mode clock_kept_mode(struct store *store, enum clock_mode otherwise)
{
        struct kept kept;

        return read_kept(store, &kept) ? (enum clock_mode)kept.mode : otherwise;
}

struct clock *clock_new(enum clock_mode mode, struct store *store, int64_t start_us)
{
        struct clock *clock = calloc(1, sizeof(*clock));
        int64_t real_us = clock_real_us(), now_us = mode == CLOCK_SYSTEM ? real_us : start_us;
        struct kept kept;

        assert(clock != NULL);
        clock->mode = mode;
        clock->store = store;
        atomic_store(&clock->kept_us, INT64_MIN);
        if (read_kept(store, &kept)) {
                if (kept.mode == mode)
                        atomic_store(&clock->kept_us, kept.us);
                /* Not every instant of the system's clock that was shown is kept. */
                if (mode == CLOCK_SIMULATED || kept.us > now_us)
                        now_us = kept.us + (kept.mode == CLOCK_SYSTEM ? KEEP_US : 0);
        }
        clock->offset_us = now_us - real_us;
        atomic_store(&clock->now_us, now_us);
        pthread_mutex_init(&clock->running, NULL);
        pthread_mutex_init(&clock->mutex, NULL);
        condition_init(&clock->changed);
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
        const struct kept value = {.us = now_us, .mode = clock->mode};

        txn_meta_put(txn, META_NAME, bytes_of(&value, sizeof(value)));
        if (txn_status(txn) == OK)
                atomic_store(&clock->kept_us, now_us);
}

void clock_keep_lost(struct clock *clock)
{
        atomic_store(&clock->kept_us, INT64_MIN);
}

/* ---- moving ---- */

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

/* Under the system's clock jobs and followers have threads of their own. */
static struct due due_of(const struct clock *clock)
{
        return (struct due){
                .pipeline = clock->pipeline,
                .jobs = clock->mode == CLOCK_SIMULATED ? clock->jobs : NULL,
                .follow = clock->mode == CLOCK_SIMULATED ? clock->pipeline->follow : NULL,
        };
}

static bool run_until(struct clock *clock, int64_t to_us, struct clock_run *run)
{
        const struct due due = due_of(clock);
        int64_t due_us;

        while (due_next(&due, atomic_load(&clock->now_us), &due_us) && due_us <= to_us) {
                if (due_us > atomic_load(&clock->now_us))
                        atomic_store(&clock->now_us, due_us);
                if (!due_run(&due, atomic_load(&clock->now_us), run))
                        return false;
        }
        return true;
}

enum status clock_advance(
        struct clock *clock, int64_t to_us, struct clock_run *run, struct error *error)
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

static void wake(struct clock *clock)
{
        pthread_mutex_lock(&clock->mutex);
        clock->notified = true;
        pthread_cond_signal(&clock->changed);
        pthread_mutex_unlock(&clock->mutex);
}

void clock_notify(struct clock *clock, int64_t due_us)
{
        /* Whoever runs what is due looks by itself before this is. */
        if (due_us - LOOK_US > clock_now_us(clock))
                return;
        wake(clock);
        jobs_notify(clock->jobs);
}

void clock_follow(struct clock *clock)
{
        if (clock->mode == CLOCK_SYSTEM)
                follow_notify(clock->pipeline->follow);
        else
                wake(clock);
}

/* Under the mutex. */
static void wait_while_not(struct clock *clock, const bool *happened, int64_t wait_us)
{
        int64_t until_us = clock_monotonic_us() + wait_us;

        while (!*happened && !clock->stopping)
                if (!condition_wait_until(&clock->changed, &clock->mutex, until_us))
                        break;
}

/*
 * Waits for a notice or the next instant that is due. Who plays through a simulated time moves the
 * clock at once, and that runs everything: followers that ran after each of their calls would be a
 * commit for each.
 */
static void wait_for_due(struct clock *clock, int64_t wait_us)
{
        pthread_mutex_lock(&clock->mutex);
        wait_while_not(clock, &clock->notified, wait_us);
        if (clock->mode == CLOCK_SIMULATED && clock->notified)
                wait_while_not(clock, &clock->stopping, LINGER_US);
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
        const struct due due = due_of(clock);

        while (!is_stopping(clock)) {
                struct clock_run run = {0};
                int64_t due_us, wait_us = LOOK_US;

                pthread_mutex_lock(&clock->running);
                bool done = run_until(clock, clock_now_us(clock), &run);

                pthread_mutex_unlock(&clock->running);
                if (done && due_next(&due, clock_now_us(clock), &due_us) &&
                        clock->mode == CLOCK_SYSTEM) {
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
        if (clock->mode != CLOCK_SYSTEM)
                return;
        jobs_start(clock->jobs);
        follow_start(clock->pipeline->follow);
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
        follow_stop(clock->pipeline->follow);
        clock->started = false;
}
