/*
 * The writer: everything queued while the last commit was on its way to the disk is the next
 * group. Calls run in order of arrival, see each other's changes, become durable together and are
 * answered after that; nobody waits for company and nobody is answered before the disk is.
 *
 * Between groups it builds missing indexes and forgets old answers, a small step at a time.
 */
#include <assert.h>
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "server/clock_run.h"
#include "server/work.h"

#define TIDY_EVERY_US INT64_C(10000000)
#define BUILD_ROWS    1000
#define IDLE_WAIT_MS  1000

struct taken {
        struct work *first;
        struct work *last;
        size_t count;
};

static void run_group(struct pipeline *pipeline, struct group *group, struct taken *taken)
{
        int64_t until_us = clock_monotonic_us() + pipeline->options.group_us_max;

        while (taken->count < pipeline->options.group_calls_max) {
                struct work *work = queue_take(&pipeline->writes);

                if (work == NULL)
                        break;
                work_unqueued(work, QUEUED_WRITE);
                write_work(work, group);
                work_spent(work, SPENT_RAN, clock_monotonic_us());
                work->grouped = true;
                if (taken->last == NULL)
                        taken->first = work;
                else
                        taken->last->next = work;
                taken->last = work;
                taken->count++;
                if (work->since_us > until_us)
                        break;
        }
}

/* Nothing of the group is durable: everybody hears why. */
static void refuse_group(struct pipeline *pipeline, struct taken *taken, const struct error *error)
{
        for (struct work *work = taken->first; work != NULL; work = work->next) {
                error_init(&work->call.error, work->call.arena);
                error_set(&work->call.error, error->code, error->reason, "%s", error->message);
                work->replayed = false;
                work->stepped = false;
                work->sequence = 0;
                work_fail(work);
        }
        clock_keep_lost(pipeline->options.clock);
        log_event(LOG_ERROR, "commit_failed", log_text("reason", error->reason),
                log_text("message", error->message), log_number("calls", (int64_t)taken->count));
        if (error->code != RESOURCE_EXHAUSTED)
                atomic_store(&pipeline->failed, true);
}

/* Everybody is answered before the log is written: its system calls are not what they wait for. */
static void answer_group(struct taken *taken)
{
        int64_t now_us = clock_monotonic_us();
        struct buffer lines = {0};
        struct work *next;

        for (struct work *work = taken->first; work != NULL; work = next) {
                next = work->next;
                work->next = NULL;
                work_finished_at(work, now_us, &lines);
                work->done(work);
        }
        log_write(&lines);
        buffer_release(&lines);
}

bool writer_group(struct pipeline *pipeline, int64_t wait_ms)
{
        struct taken taken = {0};
        struct arena arena;
        struct error error;
        int64_t due_us = INT64_MAX;
        bool told = false;

        if (!queue_wait(&pipeline->writes, wait_ms))
                return false;
        arena_init(&arena);
        error_init(&error, &arena);
        struct group *group = group_begin(pipeline->options.store);

        run_group(pipeline, group, &taken);
        int64_t begun_us = clock_monotonic_us();

        if (group_commit(group, &error) != OK)
                refuse_group(pipeline, &taken, &error);
        histogram_add(
                &pipeline->counters.commits, &histogram_time, clock_monotonic_us() - begun_us);
        histogram_add(&pipeline->counters.group_calls, &histogram_size, (int64_t)taken.count);
        for (struct work *work = taken.first; work != NULL; work = work->next) {
                if (work->private.due_us < due_us)
                        due_us = work->private.due_us;
                told = told || work->private.event_count > 0 || work->stepped;
        }
        atomic_fetch_add_explicit(&pipeline->counters.groups, 1, memory_order_relaxed);
        answer_group(&taken);
        arena_release(&arena);
        watch_notify(pipeline);
        if (due_us != INT64_MAX)
                clock_notify(pipeline->options.clock);
        if (told)
                clock_follow(pipeline->options.clock);
        return true;
}

/* A transaction of the writer's own. */
static bool tidy(struct pipeline *pipeline)
{
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        struct group *group = group_begin(pipeline->options.store);
        struct txn *txn = group_txn(group, &arena);
        bool more = dedupe_tidy(pipeline, txn);

        key_uses_keep(pipeline->key_uses, txn);
        if (txn_status(txn) == OK && txn_change_count(txn) > 0) {
                txn_keep(txn);
                if (group_commit(group, &error) != OK)
                        more = false;
        } else {
                txn_drop(txn);
                group_abandon(group);
        }
        arena_release(&arena);
        return more;
}

void writer_background(struct pipeline *pipeline)
{
        int64_t now_us = clock_monotonic_us();

        if (pipeline->building) {
                struct arena arena;
                struct error error;

                arena_init(&arena);
                error_init(&error, &arena);
                pipeline->building = store_build_step(pipeline->options.store, BUILD_ROWS, &error);
                if (error.code != OK)
                        log_event(LOG_ERROR, "index_build", log_text("reason", error.reason),
                                log_text("message", error.message));
                arena_release(&arena);
        }
        if (now_us - pipeline->tidied_us < TIDY_EVERY_US)
                return;
        if (!tidy(pipeline))
                pipeline->tidied_us = now_us;
}

void *writer_main(void *context)
{
        struct pipeline *pipeline = context;

        for (;;) {
                atomic_store(&pipeline->round_us, clock_monotonic_us());
                int64_t wait_ms = pipeline->building ? 0 : IDLE_WAIT_MS;
                bool worked = writer_group(pipeline, wait_ms);

                if (!worked && queue_closed(&pipeline->writes) &&
                        queue_count(&pipeline->writes) == 0) {
                        tidy(pipeline);
                        return NULL;
                }
                writer_background(pipeline);
        }
}

void writer_submit_own(struct pipeline *pipeline, struct work *work)
{
        queue_push_own(&pipeline->writes, work, work_priority(work));
}

/* ---- waiting for work ---- */

struct waiter {
        pthread_mutex_t mutex;
        pthread_cond_t done;
        size_t left;
};

static void wake_waiter(struct work *work)
{
        struct waiter *waiter = work->done_context;

        pthread_mutex_lock(&waiter->mutex);
        waiter->left--;
        pthread_cond_signal(&waiter->done);
        pthread_mutex_unlock(&waiter->mutex);
}

void work_wait_all(struct pipeline *pipeline, struct work **works, size_t count)
{
        struct waiter waiter = {.left = count};

        pthread_mutex_init(&waiter.mutex, NULL);
        pthread_cond_init(&waiter.done, NULL);
        for (size_t i = 0; i < count; i++) {
                assert(works[i]->done == NULL);
                works[i]->done = wake_waiter;
                works[i]->done_context = &waiter;
                writer_submit_own(pipeline, works[i]);
        }
        if (!atomic_load(&pipeline->started))
                while (writer_group(pipeline, 0))
                        ;
        pthread_mutex_lock(&waiter.mutex);
        while (waiter.left > 0)
                pthread_cond_wait(&waiter.done, &waiter.mutex);
        pthread_mutex_unlock(&waiter.mutex);
        pthread_cond_destroy(&waiter.done);
        pthread_mutex_destroy(&waiter.mutex);
}
