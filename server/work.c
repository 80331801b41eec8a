/*
 * The life of one piece of work outside its steps: made ready, answered, counted, logged.
 * Logged are writes, failures, slow calls and one in N reads; never a token, a request or anything
 * of a row but its id.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/schema/decode.h"
#include "server/clock.h"
#include "server/phrases.h"
#include "server/tracing.h"
#include "server/work.h"

/* The languages that the shop speaks, the one it falls back to first. */
static const char *const languages[] = {"en", "zh"};
#define LANGUAGE_COUNT (sizeof(languages) / sizeof(languages[0]))

int64_t pipeline_real_us(const struct pipeline *pipeline)
{
        return pipeline->options.real_us != NULL ? *pipeline->options.real_us : clock_real_us();
}

struct moment moment_now(const struct pipeline *pipeline)
{
        return (struct moment){pipeline_real_us(pipeline), clock_monotonic_us()};
}

void work_init(
        struct work *work, struct pipeline *pipeline, struct arena *arena, const struct moment *now)
{
        memset(work, 0, offsetof(struct work, arena));
        work->call.arena = arena;
        work->call.caller = &work->caller;
        work->call.private = &work->private;
        work->call.terms = pipeline->options.terms;
        work->call.language = languages[0];
        work->private.pipeline = pipeline;
        work->private.work = work;
        work->private.due_us = INT64_MAX;
        work->private.real_us = now->real_us;
        work->start_us = now->monotonic_us;
        work->since_us = now->monotonic_us;
        error_init(&work->call.error, arena);
}

struct work *work_new(struct pipeline *pipeline)
{
        struct work *work = calloc(1, sizeof(*work));
        const struct moment now = moment_now(pipeline);

        assert(work != NULL);
        arena_init(&work->arena);
        work_init(work, pipeline, &work->arena, &now);
        return work;
}

void work_free(struct work *work)
{
        if (work == NULL)
                return;
        gate_leave(work);
        arena_release(&work->arena);
        free(work);
}

/* "zh-CN, en;q=0.8": the first that the shop speaks. */
static const char *choose_language(struct bytes accepted)
{
        for (size_t at = 0; at + 2 <= accepted.len;) {
                for (size_t i = 0; i < LANGUAGE_COUNT; i++)
                        if (memcmp(accepted.data + at, languages[i], 2) == 0)
                                return languages[i];
                while (at < accepted.len && accepted.data[at] != ',')
                        at++;
                while (at < accepted.len && (accepted.data[at] == ',' || accepted.data[at] == ' '))
                        at++;
        }
        return languages[0];
}

void work_begin_run(struct work *work)
{
        struct call_private *private = &work->private;

        work->call.language = choose_language(work->rpc->accept_language);
        error_init(&work->call.error, work->call.arena);
        private->seeded = false;
        private->refused = false;
        private->waiting = false;
        private->event_count = 0;
        private->exempt_changes = 0;
        private->secret_count = 0;
        private->due_us = INT64_MAX;
}

void work_fail(struct work *work)
{
        assert(work->call.error.code != OK);
        work->failed = true;
}

/* Where the time went, for a caller that asked; the names are those of the log. */
static struct rpc_metadata timing_of(const struct work *work)
{
        static const char name[] = "server-timing";
        struct arena *arena = work->call.arena;

        if (work->rpc == NULL || frame_metadata_get(&work->rpc->metadata, name) == NULL)
                return (struct rpc_metadata){0};
        struct rpc_metadatum *timing = arena_new(arena, struct rpc_metadatum);

        timing->name = bytes_of_text(name);
        timing->value = bytes_of_text(
                arena_printf(arena, "queued;dur=%.3f, ran;dur=%.3f, committed;dur=%.3f",
                        (double)work->spent_us[SPENT_QUEUED] / 1000,
                        (double)work->spent_us[SPENT_RAN] / 1000,
                        (double)work->spent_us[SPENT_COMMITTED] / 1000));
        return (struct rpc_metadata){timing, 1};
}

/* The error, with its sentence in the caller's language where that is not English: in a copy, since
 * one that is kept for its request id may be asked for again in another. */
static const struct error *localized(const struct work *work)
{
        const char *language =
                work->rpc == NULL ? languages[0] : choose_language(work->rpc->accept_language);

        if (language == languages[0])
                return &work->call.error;
        struct error *error = arena_new(work->call.arena, struct error);

        *error = work->call.error;
        error->arena = work->call.arena;
        phrases_localize(error, language);
        return error;
}

void work_localize(void *pipeline, const struct rpc_call *rpc, struct error *error)
{
        phrases_localize(error, choose_language(rpc->accept_language));
}

void work_reply(const struct work *work, struct rpc_reply *reply)
{
        *reply = (struct rpc_reply){.sequence = work->sequence, .metadata = timing_of(work)};
        if (work->failed)
                reply->error = localized(work);
        else
                reply->response = work->answer;
        reply->secret = work->plan != NULL && work->plan->method->secret;
}

void work_reply_and_free(struct work *work)
{
        struct rpc_reply reply;

        work_reply(work, &reply);
        rpc_reply((struct rpc_call *)work->rpc, &reply);
        work_free(work);
}

static enum log_level level_of(const struct work *work)
{
        if (!work->failed)
                return LOG_INFO;
        enum status code = work->call.error.code;

        if (code == UNKNOWN || code == INTERNAL || code == DATA_LOSS)
                return LOG_ERROR;
        return work->system ? LOG_WARN : LOG_INFO;
}

void work_spent(struct work *work, enum spent spent, int64_t monotonic_us)
{
        work->spent_us[spent] += monotonic_us - work->since_us;
        work->since_us = monotonic_us;
}

void work_unqueued(struct work *work, int queue)
{
        int64_t now_us = clock_monotonic_us();

        histogram_add(&work->private.pipeline->counters.queued[queue], &histogram_time,
                now_us - work->since_us);
        work_spent(work, SPENT_QUEUED, now_us);
}

void work_finished(struct work *work)
{
        struct buffer lines = {0};

        work_finished_at(work, clock_monotonic_us(), &lines);
        log_write(&lines);
        buffer_release(&lines);
}

/* Calls only: a step of the shop's own without a method is none. */
static void count_call(const struct work *work, int64_t took_us)
{
        struct pipeline *pipeline = work->private.pipeline;
        size_t row = pipeline->options.schema->method_count;
        enum lane lane = LANE_READ;

        if (work->plan == NULL && work->rpc == NULL)
                return;
        if (work->plan != NULL) {
                row = (size_t)(work->plan - pipeline->plans);
                lane = work->plan->method->lane;
        }
        size_t at = row * STATUS_COUNT + (size_t)(work->failed ? work->call.error.code : OK);

        atomic_fetch_add_explicit(&pipeline->counters.calls[at], 1, memory_order_relaxed);
        histogram_add(&pipeline->counters.took[lane], &histogram_time, took_us);
}

/* One line of a call. Of those that are slow, and those whose caller records a trace, it says where
 * the time went. */
static void log_call(const struct work *work, const char *event, int64_t took_us,
        const struct tracing *tracing, struct buffer *lines)
{
        bool traced = tracing->span[0] != '\0';
        bool broken_down = tracing->trace.sampled || strcmp(event, "call") != 0;
        const struct rpc_call *rpc = work->rpc;
        char agent[AGENT_LOGGED_MAX + 1];
        struct log_field fields[] = {
                log_text("method", work->plan != NULL ? work->plan->method->name : ""),
                log_text("caller", work->caller.id != NULL ? work->caller.id : ""),
                log_text("agent", rpc != NULL && rpc->agent.len > 0
                                          ? tracing_agent(rpc->agent, agent)
                                          : NULL),
                log_text("trace", traced ? tracing->trace.id : NULL),
                log_text("parent", traced ? tracing->trace.parent : NULL),
                log_text("span", traced ? tracing->span : NULL),
                log_text("status", status_name(work->failed ? work->call.error.code : OK)),
                log_text("reason", work->failed ? work->call.error.reason : ""),
                log_number("us", took_us),
                log_number("sequence", (int64_t)work->sequence),
                log_number("replayed", work->replayed),
                log_number("queued_us", work->spent_us[SPENT_QUEUED]),
                log_number("ran_us", work->spent_us[SPENT_RAN]),
                log_number("committed_us", work->spent_us[SPENT_COMMITTED]),
                {.name = NULL},
        };

        if (!broken_down)
                fields[sizeof(fields) / sizeof(fields[0]) - 1 - SPENT_COUNT].name = NULL;
        log_gather(lines, level_of(work), event, fields);
}

/* Every part of a trace that its caller records is logged; for strangers that would be a way to
 * fill the disk. */
static bool is_recorded(const struct work *work, const struct tracing *tracing)
{
        return tracing->trace.sampled && work->caller.id != NULL && work->caller.id[0] != '\0';
}

void work_finished_at(struct work *work, int64_t monotonic_us, struct buffer *lines)
{
        struct pipeline *pipeline = work->private.pipeline;
        bool writes = work->plan != NULL && work->plan->writes;
        atomic_uint_fast64_t *counter =
                writes ? &pipeline->counters.writes : &pipeline->counters.reads;
        uint64_t number = atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
        uint64_t every = pipeline->options.log_reads_every;

        if (work->failed)
                atomic_fetch_add_explicit(&pipeline->counters.refused, 1, memory_order_relaxed);
        if (work->replayed)
                atomic_fetch_add_explicit(&pipeline->counters.replayed, 1, memory_order_relaxed);
        int64_t took_us = monotonic_us - work->start_us;
        bool waited = work->plan != NULL && work->plan->method->lane == LANE_WAIT;
        struct tracing tracing;

        /* Since the writer let go of it it has been waiting for the disk; what never met the
         * writer was only ever running. */
        work_spent(work, work->grouped ? SPENT_COMMITTED : SPENT_RAN, monotonic_us);
        count_call(work, took_us);
        tracing_of_call(work, &tracing);
        if (work->turned_away)
                return;
        if (took_us > pipeline->options.slow_us && !waited)
                log_call(work, "slow_call", took_us, &tracing, lines);
        else if (writes || work->failed || is_recorded(work, &tracing) ||
                 (every > 0 && number % every == 0))
                log_call(work, "call", took_us, &tracing, lines);
}

/* ---- the shop's own ---- */

char *request_id_from(struct pipeline *pipeline, struct arena *arena, uint64_t time_ms,
        const struct bytes *parts, size_t count)
{
        char *id = arena_alloc(arena, REQUEST_ID_LEN + 1);
        uint8_t hash[SEAL_HASH_LEN];
        struct random random;
        uint64_t seed;

        seal_hash(pipeline->options.keyring, SEAL_REQUEST, parts, count, hash);
        memcpy(&seed, hash, sizeof(seed));
        random_seed(&random, seed);
        request_id_make((int64_t)time_ms * 1000, &random, id);
        return id;
}

struct work *work_system(struct pipeline *pipeline, const char *method, const void *request,
        const char *request_id, const char *traceparent)
{
        struct work *work = work_new(pipeline);

        work->system = true;
        work->rpc_own.method = bytes_of_text(arena_text(&work->arena, method));
        work->rpc_own.request = encode(&work->arena, request);
        work->rpc_own.request_id = bytes_of_text(arena_text(&work->arena, request_id));
        work->rpc_own.traceparent = bytes_of_text(arena_text(&work->arena, traceparent));
        work->rpc_own.peer = "";
        if (admit_call(work, &work->rpc_own) != OK)
                work_fail(work);
        return work;
}

bool work_store_refused(const struct work *work)
{
        const struct error *error = &work->call.error;

        if (error->code == RESOURCE_EXHAUSTED)
                return strcmp(error->reason, "CALL_TOO_LARGE") != 0;
        return error->code == UNAVAILABLE || error->code == ABORTED;
}
