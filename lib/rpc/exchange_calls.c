/*
 * A message that has come is split, and its calls are handed over by their lanes. A count-down
 * tells when the last of them is answered; who hands them over holds one count itself, because a
 * worker may answer everything before the last call was looked at.
 *
 * Long batches of reads are cut and queued behind the transport's other work by finishing an aio
 * that carries nothing: a thread of our own for that would cost a hand-over and be one core.
 */
#include "lib/rpc/exchange.h"

#include <assert.h>

#include "lib/base/clock.h"

#define READ_BUDGET_US      1000
#define TIMEOUT_US_MAX      (60 * INT64_C(1000000))
#define TIMEOUT_US_MAX_SLOW (300 * INT64_C(1000000))
#define WAITING_MAX         4096
#define BYTES_HELD_MAX      (256u << 20)
#define DEFERRED_READS_MAX  8 /* reads that are run for nothing in one message */

static const struct error server_busy = {
        .code = RESOURCE_EXHAUSTED,
        .reason = "SERVER_BUSY",
        .message = "the server has more calls than it can queue",
        .retry_after_ms = 50,
};

static const struct error server_draining = {
        .code = UNAVAILABLE,
        .reason = "SERVER_DRAINING",
        .message = "the server is stopping and takes no new calls",
        .retry_after_ms = 100,
};

static void set_running(struct exchange *exchange)
{
        exchange->running = true;
        pthread_mutex_lock(&exchange->server->lock);
        exchange->server->running++;
        pthread_mutex_unlock(&exchange->server->lock);
}

static void refuse(struct exchange *exchange, struct rpc_call *call, const struct error *error)
{
        const struct rpc_service *service = &exchange->server->service;
        struct error own = *error;

        own.arena = &exchange->arena;
        if (service->localize != NULL)
                service->localize(service->context, call, &own);
        atomic_fetch_add(&exchange->server->refused, 1);
        rpc_reply(call, &(struct rpc_reply){.error = &own});
}

/* The server has no room for more of something, of which so much is taken. */
static struct error busy(struct exchange *exchange, const char *limit, size_t quota, size_t used)
{
        struct error error = server_busy;

        error.arena = &exchange->arena;
        error_fact(&error, "limit", "%s", limit);
        error_fact(&error, "quota", "%zu", quota);
        error_fact(&error, "used", "%zu", used);
        error_fact(&error, "subject", "server");
        return error;
}

/* A message that has turned away several answers has no room for the rest: running them would
 * cost as much as answering them. */
static void defer_reads(struct exchange *exchange)
{
        pthread_mutex_lock(&exchange->lock);
        bool full = exchange->deferred >= DEFERRED_READS_MAX;
        pthread_mutex_unlock(&exchange->lock);
        while (full && exchange->read_done < exchange->read_count) {
                atomic_fetch_add(&exchange->server->deferred, 1);
                rpc_reply(exchange->reads[exchange->read_done++],
                        &(struct rpc_reply){.error = &exchange_reply_deferred});
        }
}

/* Hands in reads for one budget's time; what is left comes back by its turn. */
void exchange_run_reads(void *context)
{
        struct exchange *exchange = context;
        const struct rpc_service *service = &exchange->server->service;

        defer_reads(exchange);
        size_t count = exchange->read_count - exchange->read_done;

        if (count > 0) {
                size_t rest = service->read(service->context, exchange->reads + exchange->read_done,
                        count, READ_BUDGET_US);

                assert(rest < count);
                exchange->read_done = exchange->read_count - rest;
                if (rest > 0 && nng_aio_begin(exchange->turn)) {
                        nng_aio_finish(exchange->turn, 0);
                        return;
                }
                assert(rest == 0);
        }
        exchange_count_down(exchange);
}

static void limit_deadline(struct rpc_call *call, enum lane lane, int64_t now_us)
{
        int64_t longest_us =
                lane == LANE_SLOW || lane == LANE_WAIT ? TIMEOUT_US_MAX_SLOW : TIMEOUT_US_MAX;

        if (call->deadline_us > now_us + longest_us)
                call->deadline_us = now_us + longest_us;
}

/* True when one more call may wait, until it is answered; otherwise it is refused. */
static bool take_waiting(struct exchange *exchange, struct rpc_call *call)
{
        size_t waiting = atomic_fetch_add(&exchange->server->waiting, 1);

        call->waits = waiting < WAITING_MAX;
        if (call->waits)
                return true;
        atomic_fetch_sub(&exchange->server->waiting, 1);
        const struct error error = busy(exchange, "waiting_calls", WAITING_MAX, waiting);

        refuse(exchange, call, &error);
        return false;
}

static void submit(struct exchange *exchange, enum lane lane, struct rpc_call *call)
{
        const struct rpc_service *service = &exchange->server->service;

        if (lane == LANE_WAIT && !take_waiting(exchange, call))
                return;
        if (!service->submit(service->context, lane, call))
                refuse(exchange, call, &server_busy);
}

static const struct error bad_cancel = {
        .code = INVALID_ARGUMENT,
        .reason = "MALFORMED_CANCEL",
        .message = "the request is not a Cancel with a channel",
};

/* True when the call was one to cancel others. */
static bool cancel(struct exchange *exchange, struct rpc_call *call)
{
        const struct rpc_service *service = &exchange->server->service;
        struct rpc_which which;

        if (!bytes_equal(call->method, bytes_of_text(RPC_CANCEL)))
                return false;
        bool sound = frame_read_cancel(call->request, &which);

        if (sound)
                service->drop(service->context, &which);
        rpc_reply(call, &(struct rpc_reply){.error = sound ? NULL : &bad_cancel});
        return true;
}

/* Messages hold many calls of few methods: one that repeats is not looked up again. */
static void dispatch(struct exchange *exchange, int64_t now_us)
{
        const struct rpc_service *service = &exchange->server->service;
        struct bytes method = {0};
        const void *route = NULL;
        enum lane lane = LANE_READ;

        exchange->reads = arena_array(&exchange->arena, struct rpc_call *, exchange->call_count);
        set_running(exchange);
        for (size_t i = 0; i < exchange->call_count; i++) {
                struct rpc_call *call = &exchange->calls[i];

                if (i == 0 || !bytes_equal(call->method, method)) {
                        lane = service->lane(service->context, call);
                        method = call->method;
                        route = call->route;
                }
                call->route = route;
                limit_deadline(call, lane, now_us);
                if (route == NULL && cancel(exchange, call))
                        continue;
                if (lane == LANE_READ)
                        exchange->reads[exchange->read_count++] = call;
                else
                        submit(exchange, lane, call);
        }
        exchange_run_reads(exchange);
}

static void refuse_all(struct exchange *exchange, const struct error *error)
{
        for (size_t i = 0; i < exchange->call_count; i++)
                refuse(exchange, &exchange->calls[i], error);
        exchange_count_down(exchange);
}

static void reply_limit(struct exchange *exchange, uint32_t asked)
{
        exchange->reply_bytes_max =
                asked == 0 || asked > RPC_MESSAGE_BYTES_MAX ? RPC_MESSAGE_BYTES_MAX : asked;
}

void exchange_begin(struct exchange *exchange)
{
        struct rpc_server *server = exchange->server;
        size_t len = nng_msg_len(exchange->request);
        size_t held = atomic_fetch_add(&server->bytes_held, len) + len;
        int64_t now_us = clock_monotonic_us();
        uint32_t reply_bytes_max = 0;
        struct error error;

        arena_reset(&exchange->arena);
        error_init(&error, &exchange->arena);
        exchange->call_count = exchange->read_count = exchange->read_done = 0;
        exchange->left = 1;
        atomic_store(&exchange->compressible, 0);
        exchange->deferred = 0;
        enum status status =
                frame_read_batch(&exchange->arena, bytes_of(nng_msg_body(exchange->request), len),
                        now_us, &exchange->calls, &exchange->call_count, &reply_bytes_max, &error);

        reply_limit(exchange, reply_bytes_max);
        if (status != OK) {
                atomic_fetch_add(&server->refused, 1);
                frame_write_reply(&exchange->replies, 0, &(struct rpc_reply){.error = &error});
                exchange_count_down(exchange);
                return;
        }
        for (size_t i = 0; i < exchange->call_count; i++) {
                exchange->calls[i].message = exchange;
                exchange->calls[i].peer = exchange->peer;
                exchange->calls[i].connection = exchange->pipe.id;
        }
        if (exchange->calls[0].accept_zstd && server->compresses)
                frame_write_reads_zstd(&exchange->replies);
        exchange->left += exchange->call_count;
        atomic_fetch_add(&server->calls, exchange->call_count);
        if (atomic_load(&server->draining))
                refuse_all(exchange, &server_draining);
        else if (held > BYTES_HELD_MAX) {
                error = busy(exchange, "request_bytes", BYTES_HELD_MAX, held);
                refuse_all(exchange, &error);
        } else
                dispatch(exchange, now_us);
}
