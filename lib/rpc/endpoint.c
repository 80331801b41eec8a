/*
 * The servers of a channel: connecting, who of them takes the next message, the end of their
 * sockets. With one endpoint messages are handed to the transport whether it is connected or not,
 * and wait there; with several they wait in the channel's queues, so that whichever connects
 * takes them, and what waits in the transport for a connection that was lost is called back.
 *
 * As in gRPC: first means the first in the URL's order that was connected when one was needed, and
 * calls stay with it until it goes or stops; in turn means all of them. A server that was gone and
 * is back is asked for its health before it is called again, unless there is no other. gRPC asks
 * only for its round robin; here it costs one call after a restart and spares others a failure.
 */
#include "lib/rpc/flight.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <nng/protocol/reqrep0/req.h>

#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "lib/rpc/hang_up.h"
#include "lib/rpc/tls.h"

#define ENDPOINTS_MAX      16
#define RECONNECT_MS_MIN   10
#define RECONNECT_MS_MAX   500
#define RECONNECT_MS_NEVER 86400000
#define HEADER_BYTES       64      /* of the transport, before a body */
#define DISCONNECT_US      2000000 /* for connections to end */

/* Choosing. */

static bool is_ready(const struct endpoint *endpoint, int64_t now_us)
{
        return endpoint->connection_count > 0 && now_us >= endpoint->paused_until_us;
}

/* Nothing speaks against it: it does not stop, and it is known to be well since it is back. */
static bool is_sound(const struct endpoint *endpoint)
{
        return !endpoint->leaving && endpoint->health == HEALTH_ASSUMED;
}

struct endpoint *endpoint_other(const struct endpoint *endpoint, int64_t now_us)
{
        const struct channel *channel = endpoint->channel;

        for (size_t i = 0; i < channel->endpoint_count; i++) {
                struct endpoint *other = &channel->endpoints[i];

                if (other != endpoint && is_ready(other, now_us) && is_sound(other))
                        return other;
        }
        return NULL;
}

/* The first from there on, in turn, that is ready; one that stops, or of which nobody knows how
 * it is, only when no other is. */
static struct endpoint *first_ready(struct channel *channel, size_t from, int64_t now_us)
{
        struct endpoint *doubtful = NULL;

        for (size_t i = 0; i < channel->endpoint_count; i++) {
                struct endpoint *endpoint =
                        &channel->endpoints[(from + i) % channel->endpoint_count];

                if (!is_ready(endpoint, now_us))
                        continue;
                if (is_sound(endpoint))
                        return endpoint;
                if (doubtful == NULL)
                        doubtful = endpoint;
        }
        return doubtful;
}

/* Who was called last, as long as it is there; then the first in the URL's order. */
static struct endpoint *pick_first(struct channel *channel, int64_t now_us)
{
        struct endpoint *chosen = &channel->endpoints[channel->chosen];

        if (is_ready(chosen, now_us) && is_sound(chosen))
                return chosen;
        return first_ready(channel, 0, now_us);
}

struct endpoint *endpoint_to_probe(struct channel *channel, int64_t now_us)
{
        for (size_t i = 0; i < channel->endpoint_count; i++) {
                struct endpoint *endpoint = &channel->endpoints[i];

                if (endpoint->health != HEALTH_UNKNOWN || now_us < endpoint->probe_us ||
                        !is_ready(endpoint, now_us))
                        continue;
                endpoint->health = HEALTH_ASKED;
                endpoint->probed_epoch = endpoint->epoch;
                channel->stats.probes++;
                return endpoint;
        }
        return NULL;
}

struct endpoint *endpoint_choose(
        struct channel *channel, enum queue queue, const struct open_call *first, int64_t now_us)
{
        bool in_turn = channel->reads == READS_IN_TURN && queue == QUEUE_READ;
        struct endpoint *endpoint = channel->endpoints;

        if (channel->endpoint_count == 1)
                return now_us >= endpoint->paused_until_us && flight_is_due(endpoint, queue, now_us)
                               ? endpoint
                               : NULL;
        if (first->only != NULL && is_ready(first->only, now_us))
                endpoint = first->only;
        else if (in_turn)
                endpoint = first_ready(channel, channel->turn, now_us);
        else
                endpoint = pick_first(channel, now_us);
        return endpoint != NULL && flight_is_due(endpoint, queue, now_us) ? endpoint : NULL;
}

/* Connections. */

/* Before anything is received on it: a channel that closes can still close the pipe. */
static void connection_made(nng_pipe pipe, nng_pipe_ev event, void *context)
{
        struct endpoint *endpoint = context;
        struct channel *channel = endpoint->channel;

        pthread_mutex_lock(&channel->lock);
        endpoint->pipe = pipe;
        endpoint->leaving = false;
        endpoint->connection_count++;
        channel->connection_count++;
        channel->stats.connects++;
        if (channel->closing)
                nng_pipe_close(pipe);
        pthread_cond_signal(&channel->wake); /* what waits for a connection is sent */
        pthread_mutex_unlock(&channel->lock);
}

void endpoint_reads_zstd(struct endpoint *endpoint)
{
        struct channel *channel = endpoint->channel;
        bool all = true;

        pthread_mutex_lock(&channel->lock);
        endpoint->reads_zstd = endpoint->connection_count > 0;
        for (size_t i = 0; i < channel->endpoint_count; i++)
                all = all && channel->endpoints[i].reads_zstd;
        atomic_store(&channel->sends_zstd, all);
        pthread_mutex_unlock(&channel->lock);
}

/* Messages that wait for a connection may be another endpoint's. With the lock held. */
static void call_back(struct endpoint *endpoint)
{
        for (struct flight *flight = endpoint->channel->flights; flight != NULL;
                flight = flight->next)
                if (flight->endpoint == endpoint && flight->state == FLIGHT_SENDING)
                        nng_aio_cancel(flight->send);
}

static void connection_lost(nng_pipe pipe, nng_pipe_ev event, void *context)
{
        struct endpoint *endpoint = context;
        struct channel *channel = endpoint->channel;

        pthread_mutex_lock(&channel->lock);
        if (endpoint->connection_count > 0) {
                endpoint->connection_count--;
                channel->connection_count--;
        }
        endpoint->epoch++;
        endpoint->reads_zstd = false;
        atomic_store(&channel->sends_zstd, false);
        if (channel->endpoint_count > 1 && channel->health_method != NULL)
                endpoint->health = HEALTH_UNKNOWN;
        if (channel->endpoint_count > 1)
                call_back(endpoint);
        channel->unconnected_us = clock_monotonic_us();
        pthread_cond_broadcast(&channel->landed);
        pthread_mutex_unlock(&channel->lock);
}

/* Opening. */

static enum status bad_url(struct error *error, const char *url, const char *why)
{
        return error_set(error, INVALID_ARGUMENT, "BAD_URL",
                "\"%s\" is not tcp://HOST:PORT, tls+tcp://HOST:PORT, ipc:///PATH or inproc://NAME: "
                "%s",
                url, why);
}

static enum status set_tls(
        nng_dialer dialer, const char *text, const struct tls_files *files, struct error *error)
{
        nng_url *url;
        int result = nng_url_parse(&url, text);

        if (result != 0)
                return bad_url(error, text, nng_strerror(result));
        if (strcmp(url->u_scheme, "tls+tcp") != 0) {
                nng_url_free(url);
                return OK;
        }
        nng_tls_config *config = tls_client(files, url->u_hostname, error);

        nng_url_free(url);
        if (config == NULL)
                return error->code;
        nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, config);
        nng_tls_config_free(config); /* the dialer holds its own reference */
        return OK;
}

static enum status dial(
        struct endpoint *endpoint, const struct tls_files *files, struct error *error)
{
        if (nng_req0_open(&endpoint->socket) != 0)
                abort();
        nng_socket_set_size(
                endpoint->socket, NNG_OPT_RECVMAXSZ, RPC_MESSAGE_BYTES_MAX + HEADER_BYTES);
        nng_socket_set_ms(endpoint->socket, NNG_OPT_REQ_RESENDTIME, 0);
        nng_socket_set_ms(endpoint->socket, NNG_OPT_RECONNMINT, RECONNECT_MS_MIN);
        nng_socket_set_ms(endpoint->socket, NNG_OPT_RECONNMAXT, RECONNECT_MS_MAX);
        nng_pipe_notify(endpoint->socket, NNG_PIPE_EV_ADD_PRE, connection_made, endpoint);
        nng_pipe_notify(endpoint->socket, NNG_PIPE_EV_REM_POST, connection_lost, endpoint);
        int result = nng_dialer_create(&endpoint->dialer, endpoint->socket, endpoint->url);

        if (result != 0)
                return bad_url(error, endpoint->url, nng_strerror(result));
        if (set_tls(endpoint->dialer, endpoint->url, files, error) != OK)
                return error->code;
        nng_dialer_set_bool(endpoint->dialer, NNG_OPT_TCP_KEEPALIVE, true);
        result = nng_dialer_start(endpoint->dialer, NNG_FLAG_NONBLOCK);
        if (result != 0)
                return bad_url(error, endpoint->url, nng_strerror(result));
        return OK;
}

static struct endpoint *add_endpoint(struct channel *channel, const char *url, size_t len)
{
        struct endpoint *endpoint = &channel->endpoints[channel->endpoint_count++];

        endpoint->channel = channel;
        endpoint->url = strndup(url, len);
        assert(endpoint->url != NULL);
        endpoint->charged_epoch = UINT64_MAX;
        return endpoint;
}

/* All are known before the first connects: from then on others read the list. */
enum status endpoints_open(
        struct channel *channel, const struct channel_options *options, struct error *error)
{
        const char *rest = channel->url;
        const struct tls_files files = {
                .cert_file = options->tls_cert_file,
                .key_file = options->tls_key_file,
                .ca_file = options->tls_ca_file,
        };

        channel->shows_certificate = files.cert_file != NULL;
        channel->endpoints = calloc(ENDPOINTS_MAX, sizeof(*channel->endpoints));
        assert(channel->endpoints != NULL);
        for (size_t len; rest != NULL; rest = rest[len] == ',' ? rest + len + 1 : NULL) {
                if (channel->endpoint_count == ENDPOINTS_MAX)
                        return bad_url(error, channel->url, "there are more than 16");
                len = strcspn(rest, ",");
                add_endpoint(channel, rest, len);
        }
        for (size_t i = 0; i < channel->endpoint_count; i++)
                if (dial(&channel->endpoints[i], &files, error) != OK)
                        return error->code;
        return OK;
}

/* Closing. */

/* The transport forgets a dialer that is closed while a connection of it shakes hands, with all
 * its memory, and one that has just lost its connection dials again. Every other does so at once
 * all the same: its pause is chosen by chance, and half of the numbers are below 0. */
static void stop_dialling(struct endpoint *endpoint)
{
        nng_dialer_set_ms(endpoint->dialer, NNG_OPT_RECONNMAXT, RECONNECT_MS_NEVER);
        nng_dialer_set_ms(endpoint->dialer, NNG_OPT_RECONNMINT, RECONNECT_MS_NEVER);
}

/* When a socket is closed no thread may be inside it, or it is freed under that thread, and no
 * answer may be arriving (hang_up.h). */
static void disconnect(struct channel *channel)
{
        int64_t until_us = clock_monotonic_us() + DISCONNECT_US;
        bool in_time = true;

        for (size_t i = 0; i < channel->endpoint_count; i++)
                stop_dialling(&channel->endpoints[i]);
        pthread_mutex_lock(&channel->lock);
        channel->closing = true;
        while (channel->sending > 0)
                pthread_cond_wait(&channel->landed, &channel->lock);
        for (size_t i = 0; i < channel->endpoint_count; i++)
                if (channel->endpoints[i].connection_count > 0)
                        hang_up(&channel->endpoints[i].pipe, 1);
        while (channel->connection_count > 0 && in_time)
                in_time = condition_wait_until(&channel->landed, &channel->lock, until_us);
        pthread_mutex_unlock(&channel->lock);
}

void endpoints_close(struct channel *channel)
{
        disconnect(channel);
        for (size_t i = 0; i < channel->endpoint_count; i++)
                if (nng_socket_id(channel->endpoints[i].socket) > 0)
                        nng_close(channel->endpoints[i].socket);
}

void endpoints_free(struct channel *channel)
{
        for (size_t i = 0; i < channel->endpoint_count; i++)
                free(channel->endpoints[i].url);
        free(channel->endpoints);
}
