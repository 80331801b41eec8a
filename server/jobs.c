/*
 * The outbox. A job is a row that a handler inserted with its other changes; here it is performed
 * after their commit and its answers are fed back through ordinary methods. Done, postponed and
 * failed are changes of the row by the writer, so a crash anywhere means: performed again with the
 * same request ids, answered once.
 *
 * Under a simulated clock jobs run in the coordinator, in order; under the system's clock a few
 * threads perform them, because an effect may wait for somebody else's machine.
 */
#include "server/jobs.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/schema/decode.h"
#include "server/clock.h"
#include "server/jobs_run.h"
#include "server/work.h"

#define BATCH_MAX     64
#define ANSWERS_MAX   16
#define BACKOFF_US    INT64_C(1000000)
#define BACKOFF_MAX_US (INT64_C(3600) * 1000000)
#define PERFORMERS    4
#define LOOK_US       INT64_C(1000000)

enum job_end { JOB_DONE, JOB_AGAIN, JOB_FAILED };

struct performer_context {
        struct pipeline *pipeline;
        struct arena arena;
        struct txn *txn;
        int64_t now_us;
        const Job *job; /* the arena's */
        struct random random;
        struct work *answers[ANSWERS_MAX];
        size_t answer_count;
        enum job_end end;
        int64_t again_us;
        uint32_t again_step;
        const char *reason;
};

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

/* ---- what a performer may do ---- */

struct txn *performer_txn(struct performer_context *context)
{
        if (context->txn == NULL)
                context->txn = txn_begin_read(context->pipeline->options.store, &context->arena);
        return context->txn;
}

void performer_leave(struct performer_context *context)
{
        if (context->txn != NULL)
                txn_end(context->txn);
        context->txn = NULL;
}

struct arena *performer_arena(struct performer_context *context)
{
        return &context->arena;
}

int64_t performer_now_us(const struct performer_context *context)
{
        return context->now_us;
}

uint64_t performer_random(struct performer_context *context)
{
        return random_next(&context->random);
}

static char *answer_id(struct performer_context *context, size_t number)
{
        const Job *job = context->job;
        const struct bytes parts[] = {
                bytes_of_text(job->id),
                bytes_of(&job->step, sizeof(job->step)),
                bytes_of(&job->attempts, sizeof(job->attempts)),
                bytes_of(&number, sizeof(number)),
        };

        return request_id_from(context->pipeline, &context->arena, job->request_time_ms, parts, 4);
}

void performer_answer(struct performer_context *context, const char *method, const void *request)
{
        assert(context->answer_count < ANSWERS_MAX);
        struct work *work = work_system(context->pipeline, method, request,
                answer_id(context, context->answer_count));

        work->once = !work->failed;
        context->answers[context->answer_count++] = work;
}

void performer_again(struct performer_context *context, int64_t due_us, uint32_t step)
{
        context->end = JOB_AGAIN;
        context->again_us = due_us;
        context->again_step = step;
}

enum status performer_fail(struct performer_context *context, enum status status,
        const char *reason)
{
        assert(status != OK);
        context->reason = reason;
        return status;
}

/* ---- performing ---- */

static const struct job_kind *find_kind(const struct pipeline *pipeline, const char *name)
{
        const struct job_kind *kind = pipeline->options.jobs;

        for (; kind != NULL && kind->name != NULL; kind++)
                if (strcmp(kind->name, name) == 0)
                        return kind;
        return NULL;
}

static void forget_answers(struct performer_context *context)
{
        for (size_t i = 0; i < context->answer_count; i++)
                work_free(context->answers[i]);
        context->answer_count = 0;
}

static void perform(struct performer_context *context)
{
        const Job *job = context->job;
        const struct job_kind *kind = find_kind(context->pipeline, job->kind);
        const struct bytes seed[] = {bytes_of_text(job->id), bytes_of_text(answer_id(context, 0))};
        uint8_t hash[SEAL_HASH_LEN];
        uint64_t number;
        enum status status;

        seal_hash(context->pipeline->options.keyring, SEAL_REQUEST, seed, 2, hash);
        memcpy(&number, hash, sizeof(number));
        random_seed(&context->random, number);
        context->reason = "UNKNOWN_KIND";
        context->end = JOB_DONE;
        status = kind == NULL ? UNIMPLEMENTED : kind->perform(context, job);
        performer_leave(context);
        if (status == OK)
                return;
        forget_answers(context);
        context->end = JOB_FAILED;
        if (kind != NULL && strcmp(context->reason, "UNKNOWN_KIND") == 0)
                context->reason = status_name(status);
}

/* An answer that could not be given is a failed attempt; one that was refused was given. */
static void judge_answers(struct performer_context *context)
{
        for (size_t i = 0; i < context->answer_count; i++) {
                const struct work *work = context->answers[i];

                if (!work->failed)
                        continue;
                enum status code = work->call.error.code;

                if (code != UNAVAILABLE && code != ABORTED && code != RESOURCE_EXHAUSTED)
                        continue; /* work_finished has logged it */
                context->end = JOB_FAILED;
                context->reason = arena_text(&context->arena, work->call.error.reason);
        }
}

static int64_t backoff_us(uint32_t attempts)
{
        int64_t wait_us = attempts < 20 ? BACKOFF_US << attempts : BACKOFF_MAX_US;

        return wait_us < BACKOFF_MAX_US ? wait_us : BACKOFF_MAX_US;
}

/* A step of the writer: the job's row after an attempt. */
static bool settle(struct work *work, struct txn *txn)
{
        const struct performer_context *context = work->step_context;
        Job *job = job_get(txn, context->job->id);

        if (job == NULL)
                return false;
        switch (context->end) {
        case JOB_DONE:
                job_delete(txn, job->id);
                return true;
        case JOB_AGAIN:
                job->step = context->again_step;
                job->attempts = 0;
                job->next_attempt_time = call_time(&work->call, context->again_us);
                break;
        case JOB_FAILED:
                job->next_attempt_time =
                        call_time(&work->call, work->call.now_us + backoff_us(job->attempts));
                job->attempts++;
                job->last_reason = context->reason;
                if (job->attempts >= JOB_ATTEMPTS_MAX)
                        job->state = JOB_STATE_DEAD;
                break;
        }
        job_update(txn, job);
        if (job->state == JOB_STATE_DEAD)
                event_tell(txn,
                        &(struct event_what){
                                .type = "job.dead",
                                .subject = job->id,
                                .owner = "",
                                .actor = "system",
                                .method = job->kind,
                                .time_us = work->call.now_us,
                        });
        return true;
}

static void log_failed(const struct performer_context *context)
{
        bool dead = context->job->attempts + 1 >= JOB_ATTEMPTS_MAX;

        log_event(dead ? LOG_ERROR : LOG_WARN, dead ? "job_dead" : "job_failed",
                log_text("job", context->job->id), log_text("kind", context->job->kind),
                log_text("reason", context->reason),
                log_number("attempts", context->job->attempts + 1));
}

/* Gives the answers of all, then settles all. False: the store refused. */
static bool finish(struct pipeline *pipeline, struct performer_context *contexts, size_t count)
{
        struct work **works = calloc(count * ANSWERS_MAX + 1, sizeof(struct work *));
        size_t work_count = 0;
        bool settled = true;

        for (size_t i = 0; i < count; i++)
                for (size_t n = 0; n < contexts[i].answer_count; n++)
                        if (!contexts[i].answers[n]->failed)
                                works[work_count++] = contexts[i].answers[n];
        if (work_count > 0)
                work_wait_all(pipeline, works, work_count);
        for (size_t i = 0; i < count; i++) {
                judge_answers(&contexts[i]);
                if (contexts[i].end == JOB_FAILED)
                        log_failed(&contexts[i]);
                works[i] = work_new(pipeline);
                works[i]->step = settle;
                works[i]->step_context = &contexts[i];
        }
        work_wait_all(pipeline, works, count);
        for (size_t i = 0; i < count; i++) {
                settled &= !works[i]->failed;
                work_free(works[i]);
        }
        free(works);
        return settled;
}

static bool run_batch(struct pipeline *pipeline, struct performer_context *contexts, size_t count)
{
        for (size_t i = 0; i < count; i++)
                perform(&contexts[i]);
        bool settled = finish(pipeline, contexts, count);

        for (size_t i = 0; i < count; i++) {
                forget_answers(&contexts[i]);
                arena_release(&contexts[i].arena);
        }
        return settled;
}

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
        struct scan *scan = txn_scan(txn, &job_table, &job_table.indexes[0], NULL, &waiting, 1,
                ASCENDING);

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
                settled = run_batch(pipeline, contexts, count);
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
        int64_t until_us = clock_monotonic_us() + LOOK_US;
        struct timespec until = {
                .tv_sec = until_us / 1000000,
                .tv_nsec = until_us % 1000000 * 1000,
        };

        pthread_cond_timedwait(&jobs->changed, &jobs->mutex, &until);
}

static void *performer_main(void *argument)
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
                bool settled = run_batch(jobs->pipeline, context, 1);

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
        pthread_condattr_t attributes;

        assert(jobs != NULL);
        jobs->pipeline = pipeline;
        pthread_mutex_init(&jobs->mutex, NULL);
        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_cond_init(&jobs->changed, &attributes);
        pthread_condattr_destroy(&attributes);
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
                int failed = pthread_create(&jobs->threads[i].thread, NULL, performer_main,
                        &jobs->threads[i]);

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
