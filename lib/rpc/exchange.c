/*
 * The path of a message: receive, split, hand over, gather replies, send, receive again. Replies
 * are encoded as they arrive into one body; a count-down tells when the last is in. The callback
 * that hands the calls over holds one count itself, because a worker may answer everything
 * before the callback has looked at the last call.
 *
 * A context starts its next receive only from its send's callback: version 1.5 of the transport
 * crashes when a receive is cancelled while its send is pending. A peer that does not read is
 * found by the send's time-out and loses its connection; otherwise a few of them hold all
 * contexts. Long batches of reads are cut and queued behind the transport's other work by
 * finishing an aio that carries nothing: a thread of our own for that would cost a hand-over
 * and be one core.
 */
#include "lib/rpc/exchange.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/rpc/compress.h"

#define READ_BUDGET_US      1000
#define TIMEOUT_US_MAX      (60 * INT64_C(1000000))
#define TIMEOUT_US_MAX_SLOW (300 * INT64_C(1000000))
#define EXCHANGE_COUNT_MAX  1024 /* that do not hold a call of LANE_WAIT */
#define RECEIVING_LOW       8    /* below this a context is added */
#define UNREAD_SOME         (EXCHANGE_COUNT_MAX / 4)
#define UNREAD_MANY         (EXCHANGE_COUNT_MAX / 2)
#define UNREAD_SOME_MS      1000
#define UNREAD_MANY_MS      250
#define WAITING_MAX         4096
#define BYTES_HELD_MAX      (256u << 20)
#define REPLY_BYTES_KEPT    (64u << 10) /* room of a reply that is kept for the next one */
#define DEFERRED_BYTES      160         /* what a deferred reply takes at most */
#define DEFERRED_READS_MAX  8           /* reads that are run for nothing in one message */

struct exchange {
        struct exchange *next;
        struct rpc_server *server;
        nng_ctx context;
        nng_aio *receive;
        nng_aio *send;
        nng_aio *turn; /* carries nothing: brings the next cut of reads */
        nng_msg *request;
        nng_pipe pipe;
        struct arena arena; /* of the batch */
        struct rpc_call *calls;
        size_t call_count;
        struct rpc_call **reads; /* calls of LANE_READ */
        size_t read_count;
        size_t read_done;
        size_t waiting; /* calls of LANE_WAIT */
        atomic_size_t
                compressible; /* bytes of answers that were, or were tried to be, compressed */
        bool running;
        char peer[PEER_LEN_MAX + 1];

        pthread_mutex_t lock; /* over the following, and call->message of every call */
        struct buffer replies;
        size_t reply_bytes_max;
        size_t left;     /* calls not answered, and one for the callback */
        size_t deferred; /* replies that had no room */
};

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

static const struct error reply_deferred = {
        .code = UNAVAILABLE,
        .reason = "REPLY_DEFERRED",
        .message = "the answer did not fit beside the others: repeat the call alone",
};

/* The exchange will never be called again. */
static void exchange_end(struct exchange *exchange)
{
        struct rpc_server *server = exchange->server;

        pthread_mutex_lock(&server->lock);
        server->ended_count++;
        pthread_cond_broadcast(&server->changed);
        pthread_mutex_unlock(&server->lock);
}

static void exchange_receive(struct exchange *exchange)
{
        struct rpc_server *server = exchange->server;

        if (!server_enter(server)) {
                exchange_end(exchange);
                return;
        }
        atomic_fetch_add(&server->receiving, 1);
        nng_ctx_recv(exchange->context, exchange->receive);
        server_leave(server);
}

static void set_running(struct exchange *exchange)
{
        exchange->running = true;
        pthread_mutex_lock(&exchange->server->lock);
        exchange->server->running++;
        pthread_mutex_unlock(&exchange->server->lock);
}

static void set_idle(struct exchange *exchange)
{
        struct rpc_server *server = exchange->server;

        if (!exchange->running)
                return;
        exchange->running = false;
        pthread_mutex_lock(&server->lock);
        server->running--;
        pthread_cond_broadcast(&server->changed);
        pthread_mutex_unlock(&server->lock);
}

/* How long a peer may take to read its reply: the less, the more contexts stand there with one. A
 * peer that asks for a thousand and reads none would otherwise keep everybody else waiting. */
static nng_duration patience(const struct rpc_server *server, size_t unread)
{
        nng_duration most = unread < UNREAD_SOME   ? server->send_timeout_ms
                            : unread < UNREAD_MANY ? UNREAD_SOME_MS
                                                   : UNREAD_MANY_MS;

        return most < server->send_timeout_ms ? most : server->send_timeout_ms;
}

/* All calls are answered: the request goes, the reply is sent. */
static void exchange_answer(struct exchange *exchange)
{
        struct rpc_server *server = exchange->server;
        size_t len = exchange->replies.len;
        nng_msg *reply;

        atomic_fetch_sub(&server->bytes_held, nng_msg_len(exchange->request));
        atomic_fetch_sub(&server->waiting, exchange->waiting);
        nng_msg_free(exchange->request);
        exchange->request = NULL;
        if (nng_msg_alloc(&reply, len) != 0)
                abort();
        if (len > 0)
                memcpy(nng_msg_body(reply), exchange->replies.data, len);
        buffer_clear(&exchange->replies);
        if (exchange->replies.capacity > REPLY_BYTES_KEPT)
                buffer_release(&exchange->replies);
        arena_reset(&exchange->arena); /* its next message may be long in coming */
        if (!server_enter(server)) {
                nng_msg_free(reply);
                set_idle(exchange);
                exchange_end(exchange);
                return;
        }
        nng_aio_set_msg(exchange->send, reply);
        nng_aio_set_timeout(exchange->send, patience(server, atomic_fetch_add(&server->unread, 1)));
        /* The reply may be sent, and the exchange at its next message, before this comes back. */
        nng_ctx_send(exchange->context, exchange->send);
        server_leave(server);
}

static void exchange_sent(void *context)
{
        struct exchange *exchange = context;
        int result = nng_aio_result(exchange->send);

        atomic_fetch_sub(&exchange->server->unread, 1);
        if (result != 0) {
                nng_msg_free(nng_aio_get_msg(exchange->send));
                nng_aio_set_msg(exchange->send, NULL);
        }
        if (result == NNG_ETIMEDOUT) {
                atomic_fetch_add(&exchange->server->slow_peers, 1);
                nng_pipe_close(exchange->pipe);
        }
        set_idle(exchange);
        if (result == NNG_ECLOSED)
                exchange_end(exchange);
        else
                exchange_receive(exchange);
}

/* One count less; the last one answers. */
static void exchange_release(struct exchange *exchange)
{
        pthread_mutex_lock(&exchange->lock);
        bool last = --exchange->left == 0;
        pthread_mutex_unlock(&exchange->lock);
        if (last)
                exchange_answer(exchange);
}

/* Answers that the message cannot hold become errors that can. Under the exchange's lock. */
static void append_too_large(struct exchange *exchange, uint32_t id, size_t size)
{
        char value[32];
        const struct error_fact fact = {.name = "bytes", .value = value};
        const struct error error = {
                .code = RESOURCE_EXHAUSTED,
                .reason = "REPLY_TOO_LARGE",
                .message = "the answer is larger than a reply may be: ask for less at once",
                .facts = (struct error_fact *)&fact,
        };

        snprintf(value, sizeof(value), "%zu", size);
        frame_write_reply(&exchange->replies, id, &(struct rpc_reply){.error = &error});
}

static void append_reply(struct exchange *exchange, uint32_t id, const struct rpc_reply *reply)
{
        size_t before = exchange->replies.len;
        size_t others = exchange->left - 1; /* that are still to come, the callback's included */

        if (reply->response.len > RPC_REPLY_BYTES_MAX) {
                append_too_large(exchange, id, reply->response.len);
                return;
        }
        frame_write_reply(&exchange->replies, id, reply);
        size_t size = exchange->replies.len - before;

        if (before + size + others * DEFERRED_BYTES <= exchange->reply_bytes_max)
                return;
        if (exchange->call_count == 1 && before + size <= exchange->reply_bytes_max)
                return;
        if (exchange->call_count > 1 && size <= DEFERRED_BYTES)
                return;
        exchange->replies.len = before;
        if (exchange->call_count == 1) {
                append_too_large(exchange, id, size);
                return;
        }
        atomic_fetch_add(&exchange->server->deferred, 1);
        exchange->deferred++;
        frame_write_reply(&exchange->replies, id,
                &(struct rpc_reply){.error = &reply_deferred, .sequence = reply->sequence});
}

/* Before the lock is taken: it is a millisecond's work where it is worth it. */
static void shrink(struct exchange *exchange, const struct rpc_call *call, struct rpc_reply *reply,
        struct buffer *out)
{
        size_t len = reply->response.len;

        if (!call->accept_zstd || !exchange->server->compresses || reply->secret ||
                len < COMPRESS_BYTES_MIN || len > RPC_REPLY_BYTES_MAX ||
                atomic_fetch_add(&exchange->compressible, len) + len > COMPRESS_MESSAGE_MAX ||
                !compress_shrink(reply->response, out))
                return;
        reply->zstd_bytes = (uint32_t)len;
        reply->response = bytes_of(out->data, out->len);
}

void rpc_reply(struct rpc_call *call, const struct rpc_reply *given)
{
        struct exchange *exchange = call->message;
        struct rpc_reply small = *given;
        const struct rpc_reply *reply = &small;
        struct buffer packed = {0};

        assert(exchange != NULL); /* answered twice */
        shrink(exchange, call, &small, &packed);
        pthread_mutex_lock(&exchange->lock);
        call->message = NULL;
        append_reply(exchange, call->id, reply);
        bool last = --exchange->left == 0;
        pthread_mutex_unlock(&exchange->lock);
        buffer_release(&packed);
        if (last)
                exchange_answer(exchange);
}

static void refuse(struct exchange *exchange, struct rpc_call *call, const struct error *error)
{
        atomic_fetch_add(&exchange->server->refused, 1);
        rpc_reply(call, &(struct rpc_reply){.error = error});
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
                        &(struct rpc_reply){.error = &reply_deferred});
        }
}

/* Hands in reads for one budget's time; what is left comes back by its turn. */
static void run_reads(void *context)
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
        exchange_release(exchange);
}

static void limit_deadline(struct rpc_call *call, enum lane lane, int64_t now_us)
{
        int64_t longest_us =
                lane == LANE_SLOW || lane == LANE_WAIT ? TIMEOUT_US_MAX_SLOW : TIMEOUT_US_MAX;

        if (call->deadline_us > now_us + longest_us)
                call->deadline_us = now_us + longest_us;
}

/* True when one more call may wait. */
static bool take_waiting(struct exchange *exchange)
{
        if (atomic_fetch_add(&exchange->server->waiting, 1) >= WAITING_MAX) {
                atomic_fetch_sub(&exchange->server->waiting, 1);
                return false;
        }
        exchange->waiting++;
        return true;
}

static void submit(struct exchange *exchange, enum lane lane, struct rpc_call *call)
{
        const struct rpc_service *service = &exchange->server->service;

        if (lane == LANE_WAIT && !take_waiting(exchange))
                refuse(exchange, call, &server_busy);
        else if (!service->submit(service->context, lane, call))
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
        run_reads(exchange);
}

static void refuse_all(struct exchange *exchange, const struct error *error)
{
        for (size_t i = 0; i < exchange->call_count; i++)
                refuse(exchange, &exchange->calls[i], error);
        exchange_release(exchange);
}

static void reply_limit(struct exchange *exchange, uint32_t asked)
{
        exchange->reply_bytes_max =
                asked == 0 || asked > RPC_MESSAGE_BYTES_MAX ? RPC_MESSAGE_BYTES_MAX : asked;
}

static void exchange_begin(struct exchange *exchange)
{
        struct rpc_server *server = exchange->server;
        size_t len = nng_msg_len(exchange->request);
        bool crowded = atomic_fetch_add(&server->bytes_held, len) + len > BYTES_HELD_MAX;
        int64_t now_us = clock_monotonic_us();
        uint32_t reply_bytes_max = 0;
        struct error error;

        arena_reset(&exchange->arena);
        error_init(&error, &exchange->arena);
        exchange->call_count = exchange->read_count = exchange->read_done = exchange->waiting = 0;
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
                exchange_release(exchange);
                return;
        }
        connections_peer(server->connections, exchange->pipe, exchange->peer);
        for (size_t i = 0; i < exchange->call_count; i++) {
                exchange->calls[i].message = exchange;
                exchange->calls[i].peer = exchange->peer;
                exchange->calls[i].connection = exchange->pipe.id;
        }
        exchange->left += exchange->call_count;
        atomic_fetch_add(&server->calls, exchange->call_count);
        if (atomic_load(&server->draining))
                refuse_all(exchange, &server_draining);
        else if (crowded)
                refuse_all(exchange, &server_busy);
        else
                dispatch(exchange, now_us);
}

/* Some context must always receive: a message that finds none holds up its whole connection. */
static void grow(struct rpc_server *server)
{
        pthread_mutex_lock(&server->lock);
        size_t count = server->exchange_count - server->ended_count;
        bool few = atomic_load(&server->receiving) < RECEIVING_LOW &&
                   count < EXCHANGE_COUNT_MAX + atomic_load(&server->waiting);
        pthread_mutex_unlock(&server->lock);
        if (!few || !server_enter(server))
                return;
        exchange_open(server);
        server_leave(server);
}

static void exchange_received(void *context)
{
        struct exchange *exchange = context;
        struct rpc_server *server = exchange->server;
        int result = nng_aio_result(exchange->receive);

        atomic_fetch_sub(&server->receiving, 1);
        if (result == NNG_ECLOSED || result == NNG_ECANCELED) {
                exchange_end(exchange);
                return;
        }
        if (result != 0) {
                exchange_receive(exchange);
                return;
        }
        grow(server);
        exchange->request = nng_aio_get_msg(exchange->receive);
        nng_aio_set_msg(exchange->receive, NULL);
        exchange->pipe = nng_msg_get_pipe(exchange->request);
        atomic_fetch_add(&server->messages, 1);
        exchange_begin(exchange);
}

int exchange_open(struct rpc_server *server)
{
        struct exchange *exchange = calloc(1, sizeof(*exchange));

        assert(exchange != NULL);
        exchange->server = server;
        int result = nng_ctx_open(&exchange->context, server->socket);

        if (result != 0) {
                free(exchange);
                return result;
        }
        if (nng_aio_alloc(&exchange->receive, exchange_received, exchange) != 0 ||
                nng_aio_alloc(&exchange->send, exchange_sent, exchange) != 0 ||
                nng_aio_alloc(&exchange->turn, run_reads, exchange) != 0)
                abort();
        pthread_mutex_init(&exchange->lock, NULL);
        arena_init(&exchange->arena);
        pthread_mutex_lock(&server->lock);
        exchange->next = server->exchanges;
        server->exchanges = exchange;
        server->exchange_count++;
        pthread_mutex_unlock(&server->lock);
        exchange_receive(exchange);
        return 0;
}

void exchange_free(struct exchange *exchange)
{
        nng_aio_free(exchange->receive);
        nng_aio_free(exchange->send);
        nng_aio_free(exchange->turn);
        pthread_mutex_destroy(&exchange->lock);
        arena_release(&exchange->arena);
        buffer_release(&exchange->replies);
        free(exchange);
}

struct exchange *exchange_next(const struct exchange *exchange)
{
        return exchange->next;
}
