/*
 * What becomes of a group after its calls have run. Refused: a thread for the disk and another for
 * the answers, which would be two hand-overs for each group; and handing over every group, which a
 * lone caller pays for.
 */
#include "server/commit.h"

#include <assert.h>
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/processor.h"
#include "server/clock_run.h"
#include "server/work.h"

/* Nothing of the group is durable: everybody hears why. */
static void refuse_group(
        struct pipeline *pipeline, const struct taken *taken, const struct error *error)
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
static void answer_group(const struct taken *taken)
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

/* The group is durable, or error says why not. */
static void end_group(
        struct pipeline *pipeline, const struct taken *taken, const struct error *error)
{
        int64_t due_us = INT64_MAX;
        bool told = false;

        if (error->code != OK)
                refuse_group(pipeline, taken, error);
        histogram_add(&pipeline->counters.commits, &histogram_time,
                clock_monotonic_us() - taken->written_us);
        histogram_add(&pipeline->counters.group_calls, &histogram_size, (int64_t)taken->count);
        for (const struct work *work = taken->first; work != NULL; work = work->next) {
                if (work->private.due_us < due_us)
                        due_us = work->private.due_us;
                told = told || work->private.event_count > 0 || work->stepped;
        }
        atomic_fetch_add_explicit(&pipeline->counters.groups, 1, memory_order_relaxed);
        answer_group(taken);
        watch_notify(pipeline);
        if (due_us != INT64_MAX)
                clock_notify(pipeline->options.clock, due_us);
        if (told)
                clock_follow(pipeline->options.clock);
}

static void hand_over(struct commits *commits, const struct taken *taken)
{
        pthread_mutex_lock(&commits->mutex);
        assert(!atomic_load(&commits->syncing));
        commits->taken = *taken;
        atomic_store(&commits->syncing, true);
        pthread_cond_broadcast(&commits->changed);
        pthread_mutex_unlock(&commits->mutex);
}

void commit_group(struct pipeline *pipeline, struct group *group, struct taken *taken)
{
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        taken->written_us = clock_monotonic_us();
        enum status status = group_write(group, &error);
        bool alone = taken->count < COMMITS_HANDED_OVER || !atomic_load(&pipeline->started);

        if (status == OK && !alone) {
                hand_over(&pipeline->commits, taken);
        } else {
                if (status == OK)
                        store_sync(pipeline->options.store, &error);
                end_group(pipeline, taken, &error);
        }
        arena_release(&arena);
}

void commits_wait(struct commits *commits)
{
        if (!atomic_load(&commits->syncing))
                return;
        pthread_mutex_lock(&commits->mutex);
        while (atomic_load(&commits->syncing))
                pthread_cond_wait(&commits->changed, &commits->mutex);
        pthread_mutex_unlock(&commits->mutex);
}

/* ---- the thread ---- */

/* False: there will be none any more. */
static bool next_group(struct commits *commits, struct taken *out)
{
        pthread_mutex_lock(&commits->mutex);
        while (!atomic_load(&commits->syncing) && !commits->stopping)
                pthread_cond_wait(&commits->changed, &commits->mutex);
        bool some = atomic_load(&commits->syncing);

        *out = commits->taken;
        pthread_mutex_unlock(&commits->mutex);
        return some;
}

/* The writer goes on before the calls are answered. */
static void synced(struct pipeline *pipeline)
{
        struct commits *commits = &pipeline->commits;

        pthread_mutex_lock(&commits->mutex);
        atomic_store(&commits->syncing, false);
        pthread_cond_broadcast(&commits->changed);
        pthread_mutex_unlock(&commits->mutex);
        queue_wake(&pipeline->writes);
}

static void *thread_main(void *context)
{
        struct pipeline *pipeline = context;
        struct taken taken;

        processor_give_way(STORE_NICE);
        while (next_group(&pipeline->commits, &taken)) {
                struct arena arena;
                struct error error;

                arena_init(&arena);
                error_init(&error, &arena);
                store_sync(pipeline->options.store, &error);
                synced(pipeline);
                end_group(pipeline, &taken, &error);
                arena_release(&arena);
        }
        return NULL;
}

/* ---- life ---- */

void commits_init(struct commits *commits)
{
        *commits = (struct commits){0};
        pthread_mutex_init(&commits->mutex, NULL);
        pthread_cond_init(&commits->changed, NULL);
}

void commits_release(struct commits *commits)
{
        pthread_cond_destroy(&commits->changed);
        pthread_mutex_destroy(&commits->mutex);
}

void commits_start(struct pipeline *pipeline)
{
        pipeline->commits.stopping = false;
        int failed = pthread_create(&pipeline->commits.thread, NULL, thread_main, pipeline);

        assert(!failed);
}

void commits_stop(struct pipeline *pipeline)
{
        struct commits *commits = &pipeline->commits;

        pthread_mutex_lock(&commits->mutex);
        commits->stopping = true;
        pthread_cond_broadcast(&commits->changed);
        pthread_mutex_unlock(&commits->mutex);
        pthread_join(commits->thread, NULL);
}
