/*
 * Where a call enters and which way it takes: a read runs at once, a write is decoded here and
 * queued for the writer, a slow one for the slow threads, a waiting one is parked. The steps
 * themselves are in the files named after them; read.c and write.c string them together.
 */
#include "server/pipeline.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>
#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "server/audit.h"
#include "server/clock_run.h"
#include "server/follow_run.h"
#include "server/work.h"

#define QUEUE_MAX       65536
#define GROUP_CALLS_MAX 512
#define GROUP_US_MAX    20000
#define SLOW_THREADS    3
#define SLOW_QUEUE_MAX  1024
#define SLOW_US         50000
#define SCRATCH_ROOM    (128 << 10) /* more than most calls take */

/* ---- from the wire ---- */

static enum lane lane_of(void *context, struct rpc_call *call)
{
        struct pipeline *pipeline = context;
        const struct schema_method *method = schema_method(pipeline->options.schema, call->method);

        call->route = method;
        return method == NULL ? LANE_READ : method->lane;
}

static void end_now(struct work *work)
{
        work_finished(work);
        work->done(work);
}

/* Sends admitted work on its way, or ends it where its queue has filled up by now. */
static void send_on(struct pipeline *pipeline, struct work *work)
{
        enum queue_answer answer = QUEUE_FULL;

        if (audit_owes_malformed(work)) {
                audit_submit_malformed(work);
                return;
        }

        switch (work->plan->method->lane) {
        case LANE_WRITE:
                answer = queue_push(&pipeline->writes, work, work_priority(work));
                break;
        case LANE_SLOW:
                answer = queue_push(&pipeline->slow, work, work_priority(work));
                break;
        case LANE_WAIT:
                if (!atomic_load(&pipeline->stopping) && watch_park(pipeline, work))
                        answer = QUEUE_TAKEN;
                break;
        case LANE_READ:
                audit_submit(work);
                return;
        }
        if (answer == QUEUE_TAKEN)
                return;
        gate_refuse_queue(work, answer);
        work_fail(work);
        end_now(work);
}

static bool submit(void *context, enum lane lane, struct rpc_call *call)
{
        struct pipeline *pipeline = context;
        struct work *work = work_new(pipeline);

        work->done = work_reply_and_free;
        if (admit_call(work, call) != OK) {
                work_fail(work);
                if (!audit_owes_malformed(work)) {
                        end_now(work);
                        return true;
                }
        } else {
                assert(work->plan->method->lane == lane);
        }
        send_on(pipeline, work);
        return true;
}

const struct rpc_service *pipeline_service(struct pipeline *pipeline)
{
        return &pipeline->service;
}

/* ---- without a socket ---- */

struct parking {
        pthread_mutex_t mutex;
        pthread_cond_t done;
        bool is_done;
};

static void park_done(struct work *work)
{
        struct parking *parking = work->done_context;

        /* The error of a waiting call lives in a scratch arena that ends with this function. */
        if (work->failed && work->call.arena != &work->arena) {
                struct error error = work->call.error;

                error_init(&work->call.error, &work->arena);
                error_set(&work->call.error, error.code, arena_text(&work->arena, error.reason),
                        "%s", error.message);
        } else if (work->call.arena != &work->arena) {
                work->answer =
                        bytes_of(arena_copy(&work->arena, work->answer.data, work->answer.len),
                                work->answer.len);
        }
        pthread_mutex_lock(&parking->mutex);
        parking->is_done = true;
        pthread_cond_signal(&parking->done);
        pthread_mutex_unlock(&parking->mutex);
}

static void run_lane(struct pipeline *pipeline, struct work *work)
{
        switch (work->plan->method->lane) {
        case LANE_READ:
                audit_submit(work); /* it was read; what is waited for is its record */
                break;
        case LANE_SLOW:
                slow_work(work);
                break;
        case LANE_WRITE:
                writer_submit_own(pipeline, work);
                break;
        case LANE_WAIT:
                watch_park(pipeline, work);
                atomic_store(&pipeline->stopping, true); /* nobody else is there to wait for */
                watch_poll(pipeline);
                atomic_store(&pipeline->stopping, false);
                break;
        }
}

static void run_here(struct pipeline *pipeline, struct work *work)
{
        if (audit_owes_malformed(work))
                audit_submit_malformed(work);
        else
                run_lane(pipeline, work);
        while (writer_group(pipeline, 0))
                ;
}

static void wait_for(struct pipeline *pipeline, struct work *work)
{
        struct parking parking = {.is_done = false};

        pthread_mutex_init(&parking.mutex, NULL);
        pthread_cond_init(&parking.done, NULL);
        work->done = park_done;
        work->done_context = &parking;
        if (!atomic_load(&pipeline->started))
                run_here(pipeline, work);
        else
                send_on(pipeline, work);
        pthread_mutex_lock(&parking.mutex);
        while (!parking.is_done)
                pthread_cond_wait(&parking.done, &parking.mutex);
        pthread_mutex_unlock(&parking.mutex);
        pthread_cond_destroy(&parking.done);
        pthread_mutex_destroy(&parking.mutex);
}

static void run_read(struct pipeline *pipeline, struct work *work)
{
        struct txn *txn = txn_begin_read(pipeline->options.store, work->call.arena);

        if (admit_deadline(work) != OK)
                work_fail(work);
        else
                read_work(work, txn);
        txn_end(txn);
}

void pipeline_run(struct pipeline *pipeline, const struct rpc_call *call, struct arena *arena,
        struct rpc_reply *reply)
{
        struct work *work = work_new(pipeline);

        if (admit_call(work, call) != OK) {
                work_fail(work);
                if (audit_owes_malformed(work))
                        wait_for(pipeline, work);
                else
                        work_finished(work);
        } else if (work->plan->method->lane == LANE_READ) {
                run_read(pipeline, work);
                if (audit_owes(work))
                        wait_for(pipeline, work);
                else
                        work_finished(work);
        } else {
                wait_for(pipeline, work);
        }
        work_reply(work, reply);
        if (reply->error != NULL)
                reply->error = error_clone(reply->error, arena);
        else
                reply->response =
                        bytes_of(arena_copy(arena, reply->response.data, reply->response.len),
                                reply->response.len);
        work_free(work);
}

/* ---- life ---- */

static void set_default(size_t *value, size_t fallback)
{
        if (*value == 0)
                *value = fallback;
}

struct pipeline *pipeline_new(const struct pipeline_options *options)
{
        struct pipeline *pipeline = calloc(1, sizeof(*pipeline));

        assert(pipeline != NULL);
        pipeline->options = *options;
        set_default(&pipeline->options.queue_max, QUEUE_MAX);
        set_default(&pipeline->options.group_calls_max, GROUP_CALLS_MAX);
        set_default(&pipeline->options.slow_threads, SLOW_THREADS);
        set_default(&pipeline->options.slow_queue_max, SLOW_QUEUE_MAX);
        if (pipeline->options.terms == NULL)
                pipeline->options.terms = &trade_terms_default;
        if (pipeline->options.group_us_max == 0)
                pipeline->options.group_us_max = GROUP_US_MAX;
        if (pipeline->options.slow_us == 0)
                pipeline->options.slow_us = SLOW_US;
        if (pipeline->options.password_kib == 0)
                pipeline->options.password_kib = SEAL_PASSWORD_KIB_MOST;
        if (pipeline->options.slow_threads > SLOW_THREADS_MAX)
                pipeline->options.slow_threads = SLOW_THREADS_MAX;
        pipeline->plans = plans_new(options->schema, options->methods);
        pipeline->counters.calls = calloc(
                (options->schema->method_count + 1) * STATUS_COUNT, sizeof(atomic_uint_fast64_t));
        assert(pipeline->counters.calls != NULL);
        pipeline->service = (struct rpc_service){
                .context = pipeline,
                .lane = lane_of,
                .read = read_batch,
                .submit = submit,
                .drop = pipeline_drop,
                .localize = work_localize,
        };
        pipeline->scratch_room = malloc(SCRATCH_ROOM);
        assert(pipeline->scratch_room != NULL);
        arena_init_in(&pipeline->scratch, pipeline->scratch_room, SCRATCH_ROOM);
        atomic_store(&pipeline->building, true);
        atomic_store(&pipeline->round_us, clock_monotonic_us());
        queue_init(&pipeline->writes, pipeline->options.queue_max, options->write_wait_us);
        commits_init(&pipeline->commits);
        queue_init(&pipeline->slow, pipeline->options.slow_queue_max, options->slow_wait_us);
        queue_by_address(&pipeline->slow);
        pipeline->payers = payers_new(&options->payer_limits, options->keyring);
        pipeline->key_uses = key_uses_new();
        pthread_mutex_init(&pipeline->readers_mutex, NULL);
        pthread_mutex_init(&pipeline->parked.mutex, NULL);
        condition_init(&pipeline->parked.changed);
        pipeline->follow = follow_new(pipeline);
        clock_attach(options->clock, pipeline);
        return pipeline;
}

static void start_thread(pthread_t *thread, void *(*run)(void *), struct pipeline *pipeline)
{
        int failed = pthread_create(thread, NULL, run, pipeline);

        assert(!failed);
}

void pipeline_start(struct pipeline *pipeline)
{
        assert(!atomic_load(&pipeline->started));
        atomic_store(&pipeline->started, true);
        commits_start(pipeline);
        start_thread(&pipeline->writer_thread, writer_main, pipeline);
        start_thread(&pipeline->watch_thread, watch_main, pipeline);
        for (size_t i = 0; i < pipeline->options.slow_threads; i++)
                start_thread(&pipeline->slow_thread[i], slow_main, pipeline);
        pipeline->slow_count = pipeline->options.slow_threads;
        clock_start(pipeline->options.clock);
}

void pipeline_drain(struct pipeline *pipeline)
{
        atomic_store(&pipeline->draining, true);
        watch_notify(pipeline);
}

bool pipeline_draining(const struct pipeline *pipeline)
{
        return atomic_load(&pipeline->draining);
}

void pipeline_end_waits(struct pipeline *pipeline)
{
        pipeline_drain(pipeline);
        atomic_store(&pipeline->stopping, true);
        pthread_mutex_lock(&pipeline->parked.mutex);
        pipeline->parked.stopping = true;
        pthread_cond_broadcast(&pipeline->parked.changed);
        pthread_mutex_unlock(&pipeline->parked.mutex);
}

void pipeline_stop(struct pipeline *pipeline)
{
        if (!atomic_load(&pipeline->started))
                return;
        pipeline_end_waits(pipeline);
        clock_stop(pipeline->options.clock);
        queue_close(&pipeline->slow);
        for (size_t i = 0; i < pipeline->slow_count; i++)
                pthread_join(pipeline->slow_thread[i], NULL);
        queue_close(&pipeline->writes);
        pthread_join(pipeline->writer_thread, NULL);
        commits_stop(pipeline);
        pthread_join(pipeline->watch_thread, NULL);
        atomic_store(&pipeline->started, false);
}

void pipeline_free(struct pipeline *pipeline)
{
        if (pipeline == NULL)
                return;
        pipeline_stop(pipeline);
        queue_release(&pipeline->writes);
        queue_release(&pipeline->slow);
        commits_release(&pipeline->commits);
        readers_release(pipeline);
        pthread_cond_destroy(&pipeline->parked.changed);
        pthread_mutex_destroy(&pipeline->parked.mutex);
        pthread_mutex_destroy(&pipeline->readers_mutex);
        payers_free(pipeline->payers);
        key_uses_free(pipeline->key_uses);
        follow_free(pipeline->follow);
        arena_release(&pipeline->scratch);
        free(pipeline->scratch_room);
        free(pipeline->counters.calls);
        free(pipeline->plans);
        free(pipeline);
}

enum pipeline_readiness pipeline_readiness(const struct pipeline *pipeline)
{
        if (pipeline_failed(pipeline))
                return PIPELINE_FAILED;
        if (pipeline_draining(pipeline))
                return PIPELINE_DRAINING;
        return atomic_load(&pipeline->building) ? PIPELINE_BUILDING : PIPELINE_READY;
}

bool pipeline_alive(const struct pipeline *pipeline, int64_t within_us)
{
        return clock_monotonic_us() - atomic_load(&pipeline->round_us) <= within_us;
}

bool pipeline_failed(const struct pipeline *pipeline)
{
        return atomic_load(&pipeline->failed);
}

void pipeline_stats(struct pipeline *pipeline, struct pipeline_stats *out)
{
        struct counters *counters = &pipeline->counters;

        *out = (struct pipeline_stats){
                .reads = atomic_load_explicit(&counters->reads, memory_order_relaxed),
                .writes = atomic_load_explicit(&counters->writes, memory_order_relaxed),
                .refused = atomic_load_explicit(&counters->refused, memory_order_relaxed),
                .replayed = atomic_load_explicit(&counters->replayed, memory_order_relaxed),
                .groups = atomic_load_explicit(&counters->groups, memory_order_relaxed),
                .changes = atomic_load_explicit(&counters->changes, memory_order_relaxed),
                .passwords = atomic_load_explicit(&counters->passwords, memory_order_relaxed),
        };
        pthread_mutex_lock(&pipeline->parked.mutex);
        out->parked = pipeline->parked.count;
        pthread_mutex_unlock(&pipeline->parked.mutex);
}
