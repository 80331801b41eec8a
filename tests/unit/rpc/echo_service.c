/*
 * Small on purpose: what a pipeline does for its server (lanes, a bounded queue, deadlines,
 * request ids) without anything else, so that a failing test points at lib/rpc.
 */
#include "tests/unit/rpc/echo_service.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/rpc/compress.h"

static bool named(const struct rpc_call *call, const char *name)
{
        return bytes_equal(call->method, bytes_of_text(name));
}

static enum lane echo_lane(void *context, struct rpc_call *call)
{
        if (named(call, "echo.Write"))
                return LANE_WRITE;
        if (named(call, "echo.Sleep"))
                return LANE_SLOW;
        if (named(call, "echo.Wait") || named(call, "echo.Health"))
                return LANE_WAIT;
        return LANE_READ;
}

static long number_of(struct bytes text)
{
        char copy[32] = "";

        memcpy(copy, text.data, text.len < sizeof(copy) - 1 ? text.len : sizeof(copy) - 1);
        return strtol(copy, NULL, 10);
}

static void answer_bytes(struct rpc_call *call)
{
        size_t len = (size_t)number_of(call->request);
        uint8_t *bytes = calloc(1, len + 1);

        rpc_reply(call, &(struct rpc_reply){.response = bytes_of(bytes, len)});
        free(bytes);
}

static void answer_failure(struct rpc_call *call)
{
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        error_violation(&error, "lines[2].quantity", "TOO_SMALL", "at least 1");
        error_set(&error, NOT_FOUND, "NO_SUCH_THING", "nothing is called that");
        error_fact(&error, "available", "%d", 3);
        error.detail_type = "shop.Quote";
        error.detail = (const uint8_t *)"\x01\x02";
        error.detail_len = 2;
        rpc_reply(call, &(struct rpc_reply){.error = &error, .sequence = 9});
        arena_release(&arena);
}

static void answer_error(struct rpc_call *call, enum status code, const char *reason)
{
        const struct error error = {
                .code = code, .reason = reason, .message = reason, .retry_after_ms = 5};

        rpc_reply(call, &(struct rpc_reply){.error = &error});
}

static bool park(struct echo *echo, struct rpc_call *call)
{
        pthread_mutex_lock(&echo->lock);
        bool room = !echo->stopping && echo->parked_count < ECHO_PARKED_MAX;

        if (room)
                echo->parked[echo->parked_count++] = call;
        pthread_mutex_unlock(&echo->lock);
        return room;
}

static void answer_request(struct echo *echo, struct rpc_call *call)
{
        struct arena arena;
        struct rpc_reply reply = {.sequence = atomic_load(&echo->sequence)};

        arena_init(&arena);
        if (call->zstd_bytes > 0)
                atomic_fetch_add(&echo->compressed, 1);
        if (compress_request(&arena, call, ECHO_REQUEST_MAX, &reply.response))
                rpc_reply(call, &reply);
        else
                answer_error(call, INVALID_ARGUMENT, "MALFORMED_REQUEST");
        arena_release(&arena);
}

static void answer_read(struct echo *echo, struct rpc_call *call)
{
        atomic_fetch_add(&echo->reads, 1);
        if (call->min_sequence > atomic_load(&echo->min_sequence_seen))
                atomic_store(&echo->min_sequence_seen, call->min_sequence);
        if (call->token.len < sizeof(echo->token_seen) && call->token.len > 0)
                memcpy(echo->token_seen, call->token.data, call->token.len);
        if (named(call, "echo.Hang") || atomic_load(&echo->hanging)) {
                if (!park(echo, call))
                        answer_error(call, UNAVAILABLE, "STOPPING");
        } else if (named(call, "echo.Bytes"))
                answer_bytes(call);
        else if (named(call, "echo.Fail"))
                answer_failure(call);
        else if (named(call, "echo.Refuse"))
                answer_error(call, RESOURCE_EXHAUSTED, "SERVER_BUSY");
        else if (named(call, "echo.Flaky") && atomic_fetch_sub(&echo->fail_first, 1) > 0)
                answer_error(call, UNAVAILABLE, "TRY_AGAIN");
        else
                answer_request(echo, call);
}

static size_t echo_read(
        void *context, struct rpc_call *const *calls, size_t count, int64_t budget_us)
{
        struct echo *echo = context;
        int64_t end_us = clock_monotonic_us() + budget_us;

        atomic_fetch_add(&echo->read_batches, 1);
        for (size_t i = 0; i < count; i++) {
                if (i > 0 && clock_monotonic_us() >= end_us)
                        return count - i;
                if (named(calls[i], "echo.Busy"))
                        clock_sleep_us(300);
                answer_read(echo, calls[i]);
        }
        return 0;
}

static bool echo_submit(void *context, enum lane lane, struct rpc_call *call)
{
        struct echo *echo = context;

        if (named(call, "echo.Health")) {
                const char *text = atomic_load(&echo->ill) ? "ill" : "well";

                rpc_reply(call, &(struct rpc_reply){.response = bytes_of_text(text)});
                return true;
        }
        if (lane == LANE_WAIT)
                return park(echo, call);
        pthread_mutex_lock(&echo->lock);
        bool room = !echo->stopping && echo->queue_count < echo->queue_max;

        if (room)
                echo->queue[echo->queue_count++] = call;
        pthread_cond_broadcast(&echo->changed);
        pthread_mutex_unlock(&echo->lock);
        return room;
}

static void drop_from(struct rpc_call **calls, size_t *count, const struct rpc_which *which)
{
        size_t kept = 0;

        for (size_t i = 0; i < *count; i++)
                if (rpc_which_has(which, calls[i]))
                        answer_error(calls[i], CANCELLED, "CALL_CANCELLED");
                else
                        calls[kept++] = calls[i];
        *count = kept;
}

static void echo_drop(void *context, const struct rpc_which *which)
{
        struct echo *echo = context;

        pthread_mutex_lock(&echo->lock);
        drop_from(echo->parked, &echo->parked_count, which);
        drop_from(echo->queue, &echo->queue_count, which);
        pthread_mutex_unlock(&echo->lock);
}

static void echo_localize(void *context, const struct rpc_call *call, struct error *error)
{
        if (!bytes_equal(call->accept_language, bytes_of_text("zh")))
                return;
        error->locale = "zh";
        error->localized = arena_printf(error->arena, "zh:%s", error->reason);
}

/* True when the id is new. */
static bool remember(struct echo *echo, struct bytes id)
{
        for (size_t i = 0; i < echo->id_count; i++)
                if (bytes_equal(bytes_of_text(echo->ids[i]), id))
                        return false;
        assert(echo->id_count < ECHO_IDS_MAX && id.len == 36);
        memcpy(echo->ids[echo->id_count++], id.data, id.len);
        return true;
}

static void work(struct echo *echo, struct rpc_call *call)
{
        if (clock_monotonic_us() > call->deadline_us) {
                atomic_fetch_add(&echo->late, 1);
                answer_error(call, DEADLINE_EXCEEDED, "TOO_LATE");
                return;
        }
        if (named(call, "echo.Sleep")) {
                clock_sleep_us(1000 * number_of(call->request));
        } else {
                atomic_fetch_add(&echo->writes, 1);
                if (remember(echo, call->request_id))
                        atomic_fetch_add(&echo->sequence, 1);
        }
        rpc_reply(call, &(struct rpc_reply){.response = call->request,
                                .sequence = atomic_load(&echo->sequence)});
}

static void *run(void *context)
{
        struct echo *echo = context;
        struct rpc_call **calls = calloc(echo->queue_max, sizeof(*calls));

        pthread_mutex_lock(&echo->lock);
        while (!echo->stopping || echo->queue_count > 0) {
                size_t count = echo->queue_count;

                if (count == 0) {
                        pthread_cond_wait(&echo->changed, &echo->lock);
                        continue;
                }
                memcpy(calls, echo->queue, count * sizeof(*calls));
                echo->queue_count = 0;
                pthread_mutex_unlock(&echo->lock);
                for (size_t i = 0; i < count; i++)
                        work(echo, calls[i]);
                pthread_mutex_lock(&echo->lock);
        }
        pthread_mutex_unlock(&echo->lock);
        free(calls);
        return NULL;
}

void echo_start(struct echo *echo, size_t queue_max)
{
        memset(echo, 0, sizeof(*echo));
        echo->service = (struct rpc_service){
                .context = echo,
                .lane = echo_lane,
                .read = echo_read,
                .submit = echo_submit,
                .drop = echo_drop,
                .localize = echo_localize,
        };
        echo->queue_max = queue_max;
        echo->queue = calloc(queue_max, sizeof(*echo->queue));
        pthread_mutex_init(&echo->lock, NULL);
        pthread_cond_init(&echo->changed, NULL);
        pthread_create(&echo->worker, NULL, run, echo);
}

static void end_parked(struct echo *echo, const struct error *error)
{
        struct rpc_call *calls[ECHO_PARKED_MAX];

        pthread_mutex_lock(&echo->lock);
        size_t count = echo->parked_count;

        memcpy(calls, echo->parked, count * sizeof(calls[0]));
        echo->parked_count = 0;
        pthread_mutex_unlock(&echo->lock);
        for (size_t i = 0; i < count; i++)
                rpc_reply(calls[i],
                        &(struct rpc_reply){.response = calls[i]->request, .error = error});
}

void echo_release_parked(struct echo *echo)
{
        end_parked(echo, NULL);
}

void echo_refuse_parked(struct echo *echo)
{
        const struct error error = {
                .code = UNAVAILABLE, .reason = "TRY_AGAIN", .message = "not now"};

        end_parked(echo, &error);
}

size_t echo_parked(struct echo *echo)
{
        pthread_mutex_lock(&echo->lock);
        size_t count = echo->parked_count;

        pthread_mutex_unlock(&echo->lock);
        return count;
}

void echo_stop(struct echo *echo)
{
        pthread_mutex_lock(&echo->lock);
        echo->stopping = true;
        pthread_cond_broadcast(&echo->changed);
        pthread_mutex_unlock(&echo->lock);
        echo_release_parked(echo);
        pthread_join(echo->worker, NULL);
}

void echo_release(struct echo *echo)
{
        pthread_cond_destroy(&echo->changed);
        pthread_mutex_destroy(&echo->lock);
        free(echo->queue);
}
