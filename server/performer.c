/*
 * What a performer may do, and what becomes of a job after it: done, postponed and failed are
 * changes of the job's row by the writer, so a crash anywhere means performed again with the same
 * request ids, answered once. Answers are collected and given after the performer returned;
 * refused: a call that waits inside it, which would cost a commit for every answer.
 */
#include "server/performer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/log.h"
#include "server/tracing.h"

#define BACKOFF_US     INT64_C(1000000)
#define BACKOFF_MAX_US (INT64_C(3600) * 1000000)

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

const struct keyring *performer_keyring(const struct performer_context *context)
{
        return context->pipeline->options.keyring;
}

int64_t performer_now_us(const struct performer_context *context)
{
        return context->now_us;
}

const struct trade_terms *performer_terms(const struct performer_context *context)
{
        return context->pipeline->options.terms;
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
        char traceparent[TRACEPARENT_LEN + 1] = "";
        struct tracing tracing;

        if (tracing_of_job(context->pipeline, context->job, &tracing))
                tracing_pass_on(&tracing, traceparent);
        struct work *work = work_system(context->pipeline, method, request,
                answer_id(context, context->answer_count), traceparent);

        work->once = !work->failed;
        context->answers[context->answer_count++] = work;
}

void performer_again(struct performer_context *context, int64_t due_us, uint32_t step)
{
        context->end = JOB_AGAIN;
        context->again_us = due_us;
        context->again_step = step;
}

enum status performer_fail(
        struct performer_context *context, enum status status, const char *reason)
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

/* A step of the writer: the job's row after an attempt. It queues behind the answers, so they have
 * been given when it runs, in the same group as a rule. */
static bool settle(struct work *work, struct txn *txn)
{
        struct performer_context *context = work->step_context;
        Job *job = job_get(txn, context->job->id);

        if (job == NULL)
                return false;
        judge_answers(context);
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
                event_tell(txn, &(struct event_what){
                                        .type = "job.dead",
                                        .subject = job->id,
                                        .owner = "",
                                        .actor = "system",
                                        .method = job->kind,
                                        .time_us = work->call.now_us,
                                });
        return true;
}

/* Every attempt is logged: it is what a gateway's own log is held against. */
static void log_attempt(const struct performer_context *context)
{
        static const char *const events[] = {
                [JOB_DONE] = "job", [JOB_AGAIN] = "job", [JOB_FAILED] = "job_failed"};
        bool failed = context->end == JOB_FAILED;
        bool dead = failed && context->job->attempts + 1 >= JOB_ATTEMPTS_MAX;
        struct tracing tracing;
        bool traced = tracing_of_job(context->pipeline, context->job, &tracing);

        log_event(dead     ? LOG_ERROR
                  : failed ? LOG_WARN
                           : LOG_INFO,
                dead ? "job_dead" : events[context->end], log_text("job", context->job->id),
                log_text("kind", context->job->kind), log_text("subject", context->job->subject_id),
                log_text("trace", traced ? tracing.trace.id : NULL),
                log_text("parent", traced ? tracing.trace.parent : NULL),
                log_text("span", traced ? tracing.span : NULL),
                log_text("reason", failed ? context->reason : NULL),
                log_number("attempts", context->job->attempts + 1));
}

/* Gives the answers of all and settles all, in one go. False: the store refused. */
static bool finish(struct pipeline *pipeline, struct performer_context *contexts, size_t count)
{
        struct work **works = calloc(count * (ANSWERS_MAX + 1), sizeof(struct work *));
        struct work **settles = calloc(count, sizeof(struct work *));
        size_t work_count = 0;
        bool settled = true;

        for (size_t i = 0; i < count; i++) {
                for (size_t n = 0; n < contexts[i].answer_count; n++)
                        if (!contexts[i].answers[n]->failed)
                                works[work_count++] = contexts[i].answers[n];
                settles[i] = work_new(pipeline);
                settles[i]->step = settle;
                settles[i]->step_context = &contexts[i];
                works[work_count++] = settles[i];
        }
        work_wait_all(pipeline, works, work_count);
        for (size_t i = 0; i < count; i++) {
                log_attempt(&contexts[i]);
                settled &= !settles[i]->failed;
                work_free(settles[i]);
        }
        free(settles);
        free(works);
        return settled;
}

bool performer_run(struct pipeline *pipeline, struct performer_context *contexts, size_t count)
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
