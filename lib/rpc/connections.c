/*
 * A fixed array of short lists under one lock. Nothing here waits in a pipe's callback or calls
 * the transport, except for closing a pipe and reading its address. A connection is counted, or
 * turned away, before anything is received on it: later it could not be closed safely, only hung
 * up (hang_up.h).
 *
 * The address is copied when the connection is made: asking the transport for it at every
 * message costs a lookup under a lock that all sockets of the process share.
 */
#include "lib/rpc/connections.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "lib/rpc/broken_peer.h"
#include "lib/rpc/hang_up.h"

#define LIST_COUNT 4096u

/* What the transport sends before its first message, and with each: a length and a request's id.
 * TLS adds a handshake, and to each record. */
#define GREETING_BYTES     8
#define FRAME_BYTES        12
#define TLS_GREETING_BYTES 16384
#define TLS_FRAME_BYTES    128
#define TLS_BYTES_A_RECORD 8 /* one byte in so many, at most, of records that are not tiny */

struct connection {
        struct connection *next;
        int pipe;
        bool cut_off;
        unsigned open;   /* messages that are not answered */
        int64_t idle_us; /* since when there are none, on the monotonic clock */
        struct connection_progress progress;
        char peer[PEER_LEN_MAX + 1];
};

struct connections {
        pthread_mutex_t lock;
        pthread_cond_t emptied;
        struct connection_counts counts;
        size_t count_max; /* 0: nobody is let in any more */
        bool tls;
        connections_ended *ended;
        void *context;
        struct addresses *addresses;
        struct connection *lists[LIST_COUNT];
};

static struct connection **place_of(struct connections *connections, nng_pipe pipe)
{
        int id = nng_pipe_id(pipe);
        struct connection **place = &connections->lists[(unsigned)id % LIST_COUNT];

        while (*place != NULL && (*place)->pipe != id)
                place = &(*place)->next;
        return place;
}

/* The connection after this one, or after NULL the first; NULL: there is none. */
static struct connection *next_of(
        const struct connections *connections, const struct connection *connection)
{
        struct connection *next = connection != NULL ? connection->next : NULL;
        size_t list = connection != NULL ? (unsigned)connection->pipe % LIST_COUNT + 1 : 0;

        while (next == NULL && list < LIST_COUNT)
                next = connections->lists[list++];
        return next;
}

static void peer_address(nng_pipe pipe, char peer[PEER_LEN_MAX + 1])
{
        nng_sockaddr address;

        if (nng_pipe_get_addr(pipe, NNG_OPT_REMADDR, &address) != 0)
                return;
        if (address.s_family == NNG_AF_INET)
                address_of_ipv4(address.s_in.sa_addr, peer);
        else if (address.s_family == NNG_AF_INET6)
                address_of_ipv6((const uint8_t *)address.s_in6.sa_addr, peer);
        else if (address.s_family == NNG_AF_INPROC)
                strcpy(peer, "inproc");
        else if (address.s_family == NNG_AF_IPC)
                strcpy(peer, "ipc");
}

static void connection_added(nng_pipe pipe, nng_pipe_ev event, void *context)
{
        struct connections *connections = context;
        struct connection *connection = calloc(1, sizeof(*connection));

        assert(connection != NULL);
        connection->pipe = nng_pipe_id(pipe);
        connection->idle_us = clock_monotonic_us();
        connection->progress = (struct connection_progress){
                .pipe = pipe,
                .finished_bytes = GREETING_BYTES + (connections->tls ? TLS_GREETING_BYTES : 0),
                .finished_us = connection->idle_us,
        };
        peer_address(pipe, connection->peer);

        pthread_mutex_lock(&connections->lock);
        struct connection **place = place_of(connections, pipe);

        if (connections->counts.open < connections->count_max && *place == NULL &&
                addresses_take(connections->addresses, connection->peer)) {
                *place = connection;
                connections->counts.open++;
                connection = NULL;
        } else {
                connections->counts.rejected++;
        }
        pthread_mutex_unlock(&connections->lock);
        if (connection != NULL)
                nng_pipe_close(pipe);
        free(connection);
}

static void connection_removed(nng_pipe pipe, nng_pipe_ev event, void *context)
{
        struct connections *connections = context;

        pthread_mutex_lock(&connections->lock);
        struct connection **place = place_of(connections, pipe);
        struct connection *connection = *place;

        if (connection != NULL) {
                *place = connection->next;
                connections->counts.open--;
                addresses_give(connections->addresses, connection->peer);
        }
        if (connections->counts.open == 0)
                pthread_cond_broadcast(&connections->emptied);
        pthread_mutex_unlock(&connections->lock);
        if (connection != NULL && connections->ended != NULL)
                connections->ended(connections->context, (uint32_t)connection->pipe);
        free(connection);
}

struct connections *connections_new(nng_socket socket, size_t count_max, size_t address_max)
{
        struct connections *connections = calloc(1, sizeof(*connections));

        assert(connections != NULL);
        pthread_mutex_init(&connections->lock, NULL);
        condition_init(&connections->emptied);
        broken_peer_link();
        connections->count_max = count_max;
        connections->addresses = addresses_new(address_max);
        nng_pipe_notify(socket, NNG_PIPE_EV_ADD_PRE, connection_added, connections);
        nng_pipe_notify(socket, NNG_PIPE_EV_REM_POST, connection_removed, connections);
        return connections;
}

void connections_tell(struct connections *connections, connections_ended *ended, void *context)
{
        connections->ended = ended;
        connections->context = context;
}

void connections_free(struct connections *connections)
{
        for (size_t i = 0; i < LIST_COUNT; i++) {
                while (connections->lists[i] != NULL) {
                        struct connection *connection = connections->lists[i];

                        connections->lists[i] = connection->next;
                        free(connection);
                }
        }
        addresses_free(connections->addresses);
        pthread_cond_destroy(&connections->emptied);
        pthread_mutex_destroy(&connections->lock);
        free(connections);
}

static nng_pipe *list_all(const struct connections *connections)
{
        nng_pipe *pipes = calloc(connections->counts.open + 1, sizeof(*pipes));
        size_t count = 0;

        assert(pipes != NULL);
        for (struct connection *at = NULL; (at = next_of(connections, at)) != NULL;)
                pipes[count++].id = (uint32_t)at->pipe;
        return pipes;
}

nng_pipe *connections_list(struct connections *connections, size_t *count)
{
        pthread_mutex_lock(&connections->lock);
        nng_pipe *pipes = list_all(connections);

        *count = connections->counts.open;
        pthread_mutex_unlock(&connections->lock);
        return pipes;
}

void connections_end(struct connections *connections, int64_t timeout_ms)
{
        int64_t end_us = clock_monotonic_us() + timeout_ms * 1000;
        bool in_time = true;

        pthread_mutex_lock(&connections->lock);
        nng_pipe *pipes = list_all(connections);

        connections->count_max = 0;
        hang_up(pipes, connections->counts.open);
        free(pipes);
        while (connections->counts.open > 0 && in_time)
                in_time = condition_wait_until(&connections->emptied, &connections->lock, end_us);
        pthread_mutex_unlock(&connections->lock);
}

/* Many replies wait for such a peer, and each of them finds out: the first is enough. */
bool connections_cut_off(struct connections *connections, nng_pipe pipe)
{
        pthread_mutex_lock(&connections->lock);
        struct connection *connection = *place_of(connections, pipe);
        bool first = connection != NULL && !connection->cut_off;

        if (first) {
                connection->cut_off = true;
                cut_off(&pipe, 1);
        }
        pthread_mutex_unlock(&connections->lock);
        return first;
}

/* What a message with so long a body takes on its way. */
static uint64_t bytes_of_message(const struct connections *connections, size_t len)
{
        return connections->tls ? len + FRAME_BYTES + TLS_FRAME_BYTES + len / TLS_BYTES_A_RECORD
                                : len + FRAME_BYTES;
}

bool connections_asked(
        struct connections *connections, nng_pipe pipe, size_t len, char peer[PEER_LEN_MAX + 1])
{
        const uint64_t bytes = bytes_of_message(connections, len);
        const int64_t now_us = clock_monotonic_us();

        pthread_mutex_lock(&connections->lock);
        struct connection *connection = *place_of(connections, pipe);
        bool there = connection != NULL && !connection->cut_off;

        if (there) {
                strcpy(peer, connection->peer);
                connection->open++;
                connection->progress.finished_bytes += bytes;
                connection->progress.finished_us = now_us;
        }
        connections->counts.finished_bytes += bytes;
        pthread_mutex_unlock(&connections->lock);
        return there;
}

void connections_answered(struct connections *connections, nng_pipe pipe)
{
        pthread_mutex_lock(&connections->lock);
        struct connection *connection = *place_of(connections, pipe);

        if (connection != NULL && --connection->open == 0)
                connection->idle_us = clock_monotonic_us();
        pthread_mutex_unlock(&connections->lock);
}

/* Of this machine's own programs, which come by a path or from inside, none is too many. */
static bool may_stay(const struct connection *connection, int64_t since_us)
{
        return connection->cut_off || connection->open > 0 || connection->idle_us > since_us ||
               strcmp(connection->peer, "ipc") == 0 || strcmp(connection->peer, "inproc") == 0;
}

size_t connections_reap(struct connections *connections, int64_t idle_ms)
{
        int64_t since_us = clock_monotonic_us() - idle_ms * 1000;
        size_t count = 0;

        pthread_mutex_lock(&connections->lock);
        nng_pipe *pipes = calloc(connections->counts.open + 1, sizeof(*pipes));

        assert(pipes != NULL);
        for (struct connection *at = NULL; (at = next_of(connections, at)) != NULL;) {
                if (may_stay(at, since_us))
                        continue;
                at->cut_off = true;
                pipes[count++].id = (uint32_t)at->pipe;
        }
        if (count > 0)
                hang_up(pipes, count);
        pthread_mutex_unlock(&connections->lock);
        free(pipes);
        return count;
}

struct connection_progress *connections_progress(struct connections *connections, size_t *count)
{
        pthread_mutex_lock(&connections->lock);
        struct connection_progress *all = calloc(connections->counts.open + 1, sizeof(*all));

        assert(all != NULL);
        *count = 0;
        for (struct connection *at = NULL; (at = next_of(connections, at)) != NULL;)
                if (!at->cut_off)
                        all[(*count)++] = at->progress;
        pthread_mutex_unlock(&connections->lock);
        return all;
}

void connections_end_unfinished(
        struct connections *connections, const struct connection_progress *these, size_t count)
{
        nng_pipe *pipes = calloc(count + 1, sizeof(*pipes));
        size_t ended = 0;

        assert(pipes != NULL);
        pthread_mutex_lock(&connections->lock);
        for (size_t i = 0; i < count; i++) {
                struct connection *connection = *place_of(connections, these[i].pipe);

                if (connection == NULL || connection->cut_off ||
                        connection->progress.finished_bytes != these[i].finished_bytes)
                        continue;
                connection->cut_off = true;
                pipes[ended++] = these[i].pipe;
        }
        if (ended > 0)
                cut_off(pipes, ended);
        connections->counts.unfinished += ended;
        pthread_mutex_unlock(&connections->lock);
        free(pipes);
}

void connections_by_tls(struct connections *connections)
{
        connections->tls = true;
}

struct connection_counts connections_count(struct connections *connections)
{
        pthread_mutex_lock(&connections->lock);
        struct connection_counts counts = connections->counts;

        pthread_mutex_unlock(&connections->lock);
        return counts;
}
