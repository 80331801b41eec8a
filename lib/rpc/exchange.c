/*
 * The path of a message through the transport: receive, hand over, send what was gathered, receive
 * again.
 *
 * A context starts its next receive only from its send's callback: version 1.5 of the transport
 * crashes when a receive is cancelled while its send is pending. A peer that does not read is
 * found by the send's time-out and loses its connection; otherwise a few of them hold all
 * contexts.
 */
#include "lib/rpc/exchange.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rpc/task_threads.h"

#define EXCHANGE_COUNT_MAX 4096 /* that do not hold a call of LANE_WAIT: 1,024 writing channels */
#define RECEIVING_LOW      8    /* below this a context is added */
#define UNREAD_SOME        256
#define UNREAD_MANY        512
#define UNREAD_SOME_MS     1000
#define UNREAD_MANY_MS     250
#define REPLY_BYTES_KEPT   (128u << 10) /* room of a reply that is kept for the next one */

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
void exchange_answer(struct exchange *exchange)
{
        struct rpc_server *server = exchange->server;
        size_t len = exchange->replies.len;
        nng_msg *reply;

        atomic_fetch_sub(&server->bytes_held, nng_msg_len(exchange->request));
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
        connections_answered(exchange->server->connections, exchange->pipe);
        if (result != 0) {
                nng_msg_free(nng_aio_get_msg(exchange->send));
                nng_aio_set_msg(exchange->send, NULL);
        }
        if (result == NNG_ETIMEDOUT &&
                connections_cut_off(exchange->server->connections, exchange->pipe))
                atomic_fetch_add(&exchange->server->slow_peers, 1);
        set_idle(exchange);
        if (result == NNG_ECLOSED)
                exchange_end(exchange);
        else
                exchange_receive(exchange);
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

        task_threads_used();
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
        if (!connections_asked(server->connections, exchange->pipe, nng_msg_len(exchange->request),
                    exchange->peer)) {
                nng_msg_free(exchange->request); /* a flood can leave thousands behind */
                exchange->request = NULL;
                exchange_receive(exchange);
                return;
        }
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
                nng_aio_alloc(&exchange->turn, exchange_run_reads, exchange) != 0)
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
