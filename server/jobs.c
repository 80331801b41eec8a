/*
 * The outbox. A job is a row that a handler inserted with its other changes; what is due is
 * performed after the commit. Under a simulated clock jobs run in the coordinator, in order; under
 * the system's clock a few threads perform them, because an effect may wait for somebody else's
 * machine.
 */
#include "server/jobs.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "lib/base/id.h"
#include "lib/schema/decode.h"
#include "server/clock.h"
#include "server/jobs_run.h"
#include "server/performer.h"

#define BATCH_MAX  64
#define PERFORMERS 4
#define LOOK_US    INT64_C(1000000)

struct performer_thread {
        struct jobs *jobs;
        pthread_t thread;
        char job_id[ID_LEN + 1]; /* being performed, or "" */
};

struct jobs {
        struct pipeline *pipeline;
        pthread_mutex_t mutex;
        pthread_cond_t changed;
        bool stopping;
        bool started;
        struct performer_thread threads[PERFORMERS];
};

/* A context with a job of its own memory. */
static void prepare(struct performer_context *context, struct pipeline *pipeline, const Job *job,
        int64_t now_us)
{
        *context = (struct performer_context){.pipeline = pipeline, .now_us = now_us};
        arena_init(&context->arena);
        struct bytes bytes = encode(&context->arena, job);

        context->job = decode_trusted(&context->arena, job->base.descriptor, bytes);
}

static struct scan *due_jobs(struct txn *txn, int64_t now_us)
{
        const struct key_value waiting = key_int(JOB_STATE_WAITING);
        const struct key_value before = key_int(now_us + 1);
        struct scan *scan =
                txn_scan(txn, &job_table, &job_table.indexes[0], NULL, &waiting, 1, ASCENDING);

        scan_between(scan, NULL, &before);
        return scan;
}

int64_t jobs_run_due(struct jobs *jobs, int64_t now_us)
{
        struct pipeline *pipeline = jobs->pipeline;
        struct performer_context *contexts = calloc(BATCH_MAX, sizeof(*contexts));
        struct arena arena;
        size_t count = 0;
        bool settled = true;
        Job *job;

        arena_init(&arena);
        struct txn *txn = txn_begin_read(pipeline->options.store, &arena);
        struct scan *scan = due_jobs(txn, now_us);

        while (count < BATCH_MAX && (job = scan_next(scan)) != NULL)
                prepare(&contexts[count++], pipeline, job, now_us);
        txn_end(txn);
        arena_release(&arena);
        if (count > 0)
                settled = performer_run(pipeline, contexts, count);
        free(contexts);
        return settled ? (int64_t)count : -1;
}

/* ---- threads ---- */

static bool is_performed(const struct jobs *jobs, const char *id)
{
        for (size_t i = 0; i < PERFORMERS; i++)
                if (strcmp(jobs->threads[i].job_id, id) == 0)
                        return true;
        return false;
}

/* The first due job that no other thread has; under the mutex. */
static bool take_job(struct performer_thread *thread, struct performer_context *context)
{
        struct pipeline *pipeline = thread->jobs->pipeline;
        int64_t now_us = clock_now_us(pipeline->options.clock);
        struct arena arena;
        Job *job;

        arena_init(&arena);
        struct txn *txn = txn_begin_read(pipeline->options.store, &arena);
        struct scan *scan = due_jobs(txn, now_us);

        while ((job = scan_next(scan)) != NULL && is_performed(thread->jobs, job->id))
                ;
        if (job != NULL) {
                assert(strlen(job->id) <= ID_LEN);
                strcpy(thread->job_id, job->id);
                prepare(context, pipeline, job, now_us);
        }
        txn_end(txn);
        arena_release(&arena);
        return job != NULL;
}

static void wait_a_while(struct jobs *jobs)
{
        condition_wait_until(&jobs->changed, &jobs->mutex, clock_monotonic_us() + LOOK_US);
}

static void *thread_main(void *argument)
{
        struct performer_thread *thread = argument;
        struct jobs *jobs = thread->jobs;
        struct performer_context *context = calloc(1, sizeof(*context));

        pthread_mutex_lock(&jobs->mutex);
        while (!jobs->stopping) {
                if (!take_job(thread, context)) {
                        wait_a_while(jobs);
                        continue;
                }
                pthread_mutex_unlock(&jobs->mutex);
                bool settled = performer_run(jobs->pipeline, context, 1);

                pthread_mutex_lock(&jobs->mutex);
                thread->job_id[0] = '\0';
                if (!settled)
                        wait_a_while(jobs);
        }
        pthread_mutex_unlock(&jobs->mutex);
        free(context);
        return NULL;
}

struct jobs *jobs_new(struct pipeline *pipeline)
{
        struct jobs *jobs = calloc(1, sizeof(*jobs));

        assert(jobs != NULL);
        jobs->pipeline = pipeline;
        pthread_mutex_init(&jobs->mutex, NULL);
        condition_init(&jobs->changed);
        return jobs;
}

void jobs_free(struct jobs *jobs)
{
        if (jobs == NULL)
                return;
        assert(!jobs->started);
        pthread_cond_destroy(&jobs->changed);
        pthread_mutex_destroy(&jobs->mutex);
        free(jobs);
}

void jobs_start(struct jobs *jobs)
{
        jobs->started = true;
        for (size_t i = 0; i < PERFORMERS; i++) {
                jobs->threads[i].jobs = jobs;
                int failed = pthread_create(
                        &jobs->threads[i].thread, NULL, thread_main, &jobs->threads[i]);

                assert(!failed);
        }
}

void jobs_stop(struct jobs *jobs)
{
        if (!jobs->started)
                return;
        pthread_mutex_lock(&jobs->mutex);
        jobs->stopping = true;
        pthread_cond_broadcast(&jobs->changed);
        pthread_mutex_unlock(&jobs->mutex);
        for (size_t i = 0; i < PERFORMERS; i++)
                pthread_join(jobs->threads[i].thread, NULL);
        jobs->started = false;
}

void jobs_notify(struct jobs *jobs)
{
        pthread_mutex_lock(&jobs->mutex);
        pthread_cond_broadcast(&jobs->changed);
        pthread_mutex_unlock(&jobs->mutex);
}
