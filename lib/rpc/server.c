/*
 * The listening end: one REP socket, its limits, its end. The path of a message is in
 * exchange.c.
 *
 * Closing order matters: the connections first (hang_up.h says why), then the socket, so that
 * every receive and send ends with an error and no new one starts; then the exchanges, each when
 * its callbacks are through. The transport does not linger: rpc_server_drain is what lets answers
 * out before that.
 */
#include "lib/rpc/exchange.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/transport/ipc/ipc.h>

#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "lib/rpc/handshakes.h"
#include "lib/rpc/hang_up.h"
#include "lib/rpc/leaks.h"
#include "lib/rpc/task_threads.h"
#include "lib/rpc/unfinished.h"

#define SWEEP_MS_MIN             20
#define SWEEP_MS_MAX             1000
#define RECEIVERS_DEFAULT        64
#define CONNECTIONS_MAX_DEFAULT  10000
#define SEND_TIMEOUT_MS_DEFAULT  10000
#define HANDSHAKE_MS_DEFAULT     10000
#define UNFINISHED_BYTES_DEFAULT (64u << 20)
#define STRANGERS_MIN            16    /* that may shake hands at one time, of however few */
#define HEADER_BYTES             64    /* of the transport, before a body */
#define DISCONNECT_MS            2000  /* for connections to end */
#define FLUSH_US                 10000 /* for the last replies to leave the process */
#define IPC                      "ipc://"
#define IPC_MODE                 0600 /* who runs the server, nobody else */

static bool starts_with(const char *text, const char *start)
{
        return strncmp(text, start, strlen(start)) == 0;
}

/* The transport takes the place of whatever does not answer: a socket of a server that has gone, as
 * it should, but also any other file. */
static enum status check_path(const char *url, struct error *error)
{
        struct stat file;

        if (lstat(url + strlen(IPC), &file) != 0 || S_ISSOCK(file.st_mode))
                return OK;
        return error_set(
                error, INVALID_ARGUMENT, "BAD_URL", "%s: there is a file that is no socket", url);
}

static enum status check_url(const char *url, struct error *error)
{
        if (url != NULL && starts_with(url, IPC "/"))
                return check_path(url, error);
        if (url != NULL && (starts_with(url, "tcp://") || starts_with(url, "tls+tcp://") ||
                                   starts_with(url, "inproc://")))
                return OK;
        return error_set(error, INVALID_ARGUMENT, "BAD_URL",
                "\"%s\" is not tcp://HOST:PORT, tls+tcp://HOST:PORT, ipc:///PATH or inproc://NAME",
                url == NULL ? "" : url);
}

static enum status cannot_listen(struct error *error, const char *url, int result)
{
        if (result == NNG_EADDRINVAL || result == NNG_EINVAL)
                return error_set(
                        error, INVALID_ARGUMENT, "BAD_URL", "%s: %s", url, nng_strerror(result));
        return error_set(error, UNAVAILABLE, "CANNOT_LISTEN", "%s: %s", url, nng_strerror(result));
}

/* Limits are set before the first peer can come. */
static enum status server_listen(
        struct rpc_server *server, const struct rpc_server_options *options, struct error *error)
{
        int result = nng_socket_set_size(
                server->socket, NNG_OPT_RECVMAXSZ, RPC_MESSAGE_BYTES_MAX + HEADER_BYTES);

        assert(result == 0);
        result = nng_listener_create(&server->listener, server->socket, options->url);
        if (result != 0)
                return cannot_listen(error, options->url, result);
        nng_listener_set_bool(server->listener, NNG_OPT_TCP_KEEPALIVE, true);
        nng_listener_set_int(server->listener, NNG_OPT_IPC_PERMISSIONS, IPC_MODE);
        enum status status = server_tls_open(server, options, error);

        if (status != OK)
                return status;
        for (size_t i = 0; i < (options->receivers > 0 ? options->receivers : RECEIVERS_DEFAULT);
                i++)
                if ((result = exchange_open(server)) != 0)
                        return cannot_listen(error, options->url, result);
        result = nng_listener_start(server->listener, 0);
        if (result != 0)
                return cannot_listen(error, options->url, result);
        if (nng_listener_get_string(server->listener, NNG_OPT_URL, &server->url) != 0)
                server->url = nng_strdup(options->url);
        return OK;
}

/* A caller that has gone: nothing is begun for it any more. */
static void connection_ended(void *context, uint32_t connection)
{
        struct rpc_server *server = context;

        server->service.drop(
                server->service.context, &(struct rpc_which){.connection = connection});
}

static void sweep_later(struct rpc_server *server)
{
        int64_t pause_ms = server->handshake_timeout_ms / 2;

        if (server->idle_timeout_ms > 0 && pause_ms > server->idle_timeout_ms / 4)
                pause_ms = server->idle_timeout_ms / 4;
        if (pause_ms > SWEEP_MS_MAX)
                pause_ms = SWEEP_MS_MAX;
        nng_sleep_aio(
                (nng_duration)(pause_ms < SWEEP_MS_MIN ? SWEEP_MS_MIN : pause_ms), server->sweep);
}

static size_t end_handshakes(struct rpc_server *server)
{
        size_t count;
        nng_pipe *pipes = connections_list(server->connections, &count);
        size_t ended = handshakes_end(server->handshakes, server->listener, pipes, count);

        free(pipes);
        return ended;
}

static void sweep(void *context)
{
        struct rpc_server *server = context;

        if (nng_aio_result(server->sweep) != 0)
                return; /* the server closes */
        if (server->idle_timeout_ms > 0)
                atomic_fetch_add(&server->reaped,
                        connections_reap(server->connections, server->idle_timeout_ms));
        atomic_fetch_add(&server->reaped, end_handshakes(server));
        sweep_later(server);
}

/* Who shakes hands has a descriptor already, and no place among the connections yet. */
static size_t strangers_max(size_t connections_max)
{
        return connections_max / 4 < STRANGERS_MIN ? STRANGERS_MIN : connections_max / 4;
}

enum status rpc_server_open(struct rpc_server **out, const struct rpc_server_options *options,
        const struct rpc_service *service, struct error *error)
{
        if (check_url(options->url, error) != OK)
                return error->code;
        struct rpc_server *server = calloc(1, sizeof(*server));

        assert(server != NULL);
        server->service = *service;
        server->compresses = !options->plain;
        server_tls_init(server);
        server->send_timeout_ms =
                (nng_duration)(options->send_timeout_ms > 0 ? options->send_timeout_ms
                                                            : SEND_TIMEOUT_MS_DEFAULT);
        pthread_mutex_init(&server->lock, NULL);
        condition_init(&server->changed);
        task_threads_begin();
        if (nng_rep0_open(&server->socket) != 0)
                abort();
        size_t connections_max =
                options->connections_max > 0 ? options->connections_max : CONNECTIONS_MAX_DEFAULT;

        server->connections = connections_new(server->socket, connections_max,
                options->address_connections_max > 0 ? options->address_connections_max
                                                     : (connections_max + 1) / 2);
        connections_tell(server->connections, connection_ended, server);
        server->handshake_timeout_ms = options->handshake_timeout_ms > 0
                                               ? options->handshake_timeout_ms
                                               : HANDSHAKE_MS_DEFAULT;
        server->handshakes =
                handshakes_new(server->handshake_timeout_ms, strangers_max(connections_max));
        if (nng_aio_alloc(&server->sweep, sweep, server) != 0)
                abort();
        if (server_listen(server, options, error) != OK) {
                rpc_server_close(server);
                return error->code;
        }
        server->unfinished = unfinished_new(server->connections,
                options->unfinished_bytes_max > 0 ? options->unfinished_bytes_max
                                                  : UNFINISHED_BYTES_DEFAULT);
        server->idle_timeout_ms = options->idle_timeout_ms;
        sweep_later(server);
        *out = server;
        return OK;
}

const char *rpc_server_url(const struct rpc_server *server)
{
        return server->url;
}

void rpc_server_drain(struct rpc_server *server, int64_t timeout_ms)
{
        int64_t end_us = clock_monotonic_us() + timeout_ms * 1000;
        bool in_time = true;

        atomic_store(&server->draining, true);
        pthread_mutex_lock(&server->lock);
        while (server->running > 0 && in_time)
                in_time = condition_wait_until(&server->changed, &server->lock, end_us);
        pthread_mutex_unlock(&server->lock);
        clock_sleep_us(FLUSH_US);
}

bool server_enter(struct rpc_server *server)
{
        atomic_fetch_add(&server->inside, 1);
        if (!atomic_load(&server->closing))
                return true;
        atomic_fetch_sub(&server->inside, 1);
        return false;
}

void server_leave(struct rpc_server *server)
{
        atomic_fetch_sub(&server->inside, 1);
}

void rpc_server_close(struct rpc_server *server)
{
        if (server == NULL)
                return;
        atomic_store(&server->draining, true);
        nng_aio_stop(server->sweep);
        unfinished_free(server->unfinished);
        /* While requests are still received and refused, or they would hold up the end. */
        if (server->url != NULL)
                hang_up_listener(server->listener);
        connections_end(server->connections, DISCONNECT_MS);
        atomic_store(&server->closing, true);
        while (atomic_load(&server->inside) > 0)
                clock_sleep_us(100);
        nng_close(server->socket);
        pthread_mutex_lock(&server->lock);
        while (server->ended_count < server->exchange_count)
                pthread_cond_wait(&server->changed, &server->lock);
        pthread_mutex_unlock(&server->lock);
        while (server->exchanges != NULL) {
                struct exchange *exchange = server->exchanges;

                server->exchanges = exchange_next(exchange);
                exchange_free(exchange);
        }
        nng_aio_free(server->sweep);
        handshakes_free(server->handshakes);
        connections_free(server->connections);
        server_tls_release(server);
        task_threads_end();
        nng_strfree(server->url);
        pthread_cond_destroy(&server->changed);
        pthread_mutex_destroy(&server->lock);
        free(server);
}

void rpc_server_stats(const struct rpc_server *server, struct rpc_server_stats *out)
{
        struct connection_counts counts = connections_count(server->connections);

        *out = (struct rpc_server_stats){
                .messages = atomic_load(&server->messages),
                .calls = atomic_load(&server->calls),
                .connections = counts.open,
                .rejected = counts.rejected + atomic_load(&server->refused),
                .deferred = atomic_load(&server->deferred),
                .slow_peers = atomic_load(&server->slow_peers),
                .reaped = atomic_load(&server->reaped),
                .unfinished = counts.unfinished,
        };
}
