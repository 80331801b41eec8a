/*
 * Starting and ending calls. A call is encoded by whoever starts it, queued, and from then on
 * belongs to the flights (flight.c), to one thread for time, or to who cancels it: whichever
 * ends it first takes it out of everything under the lock and runs its callback without it.
 *
 * Numbers are an index into a pool and a generation, so that a number which is kept too long
 * finds nothing instead of a stranger's call. There is no thread per call and none per message:
 * callbacks run on the transport's threads.
 */
#include "lib/rpc/flight.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <nng/protocol/reqrep0/req.h>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/rpc/tls.h"

#define CHUNK_CALLS           256
#define IN_FLIGHT_MAX_DEFAULT 65536
#define ATTEMPTS_MAX_DEFAULT  5
#define CONNECT_TIMEOUT_MS    5000
#define RECONNECT_MS_MIN      10
#define RECONNECT_MS_MAX      500
#define HEADER_BYTES          64 /* of the transport, before a body */
#define CALL_HEAD_BYTES       64 /* of a call beside its fixed part and its token */

/* Time. */

static void end_by_time(
        struct channel *channel, struct call_list *ended, struct call_list *lost, int64_t now_us)
{
        struct wheel_timer *timer;

        while ((timer = wheel_take(&channel->wheel, now_us)) != NULL) {
                struct open_call *call = (struct open_call *)timer;
                bool late = now_us >= call->deadline_us;

                if (call->state == CALL_RESTING && !late) {
                        call_queue(channel, call, now_us);
                        continue;
                }
                bool unconnected = channel->connection_count == 0;
                int64_t since_us = call->unconnected_us > channel->unconnected_us
                                           ? call->unconnected_us
                                           : channel->unconnected_us;
                int64_t patience_us = since_us + channel->connect_timeout_us;

                if (late || (unconnected && now_us >= patience_us)) {
                        call_end(channel, call);
                        calls_append(unconnected ? lost : ended, call);
                } else if (unconnected && patience_us < call->deadline_us) {
                        call_set_timer(channel, call, patience_us);
                } else {
                        call_set_timer(channel, call, call->deadline_us);
                }
        }
}

/* Ends calls with an error of the channel's own. */
static void end_with(struct channel *channel, struct open_call *ended, enum status code,
        const char *reason, const char *text)
{
        struct arena arena;
        struct error error;

        if (ended == NULL)
                return;
        arena_init(&arena);
        error_init(&error, &arena);
        error_set(&error, code, reason, "%s %s", text, channel->url);
        calls_finish(channel, ended, &(struct rpc_answer){.error = &error});
        arena_release(&arena);
}

static struct timespec timespec_of(int64_t us)
{
        return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
}

static void timer_sleep(struct channel *channel)
{
        channel->wake_us = wheel_next_us(&channel->wheel);
        if (channel->wake_us == INT64_MAX) {
                pthread_cond_wait(&channel->wake, &channel->lock);
                return;
        }
        const struct timespec until = timespec_of(channel->wake_us);

        pthread_cond_timedwait(&channel->wake, &channel->lock, &until);
}

static void *timer_run(void *context)
{
        struct channel *channel = context;

        pthread_mutex_lock(&channel->lock);
        while (!channel->closing) {
                struct call_list ended = {0};
                struct call_list lost = {0};

                end_by_time(channel, &ended, &lost, clock_monotonic_us());
                pthread_mutex_unlock(&channel->lock);
                end_with(channel, ended.first, DEADLINE_EXCEEDED, "NO_ANSWER",
                        "the time for the call ran out before an answer came from");
                end_with(channel, lost.first, UNAVAILABLE, "NOT_CONNECTED",
                        "cannot connect: is a server running at");
                flights_launch(channel);
                pthread_mutex_lock(&channel->lock);
                if (!channel->closing)
                        timer_sleep(channel);
        }
        pthread_mutex_unlock(&channel->lock);
        return NULL;
}

/* Opening. */

static void connection_made(nng_pipe pipe, nng_pipe_ev event, void *context)
{
        struct channel *channel = context;

        pthread_mutex_lock(&channel->lock);
        channel->connection_count++;
        channel->stats.connects++;
        pthread_mutex_unlock(&channel->lock);
}

static void connection_lost(nng_pipe pipe, nng_pipe_ev event, void *context)
{
        struct channel *channel = context;

        pthread_mutex_lock(&channel->lock);
        if (channel->connection_count > 0)
                channel->connection_count--;
        channel->epoch++;
        channel->unconnected_us = clock_monotonic_us();
        pthread_mutex_unlock(&channel->lock);
}

static enum status bad_url(struct error *error, const char *url, const char *why)
{
        return error_set(error, INVALID_ARGUMENT, "BAD_URL",
                "\"%s\" is not tcp://HOST:PORT, tls+tcp://HOST:PORT or inproc://NAME: %s",
                url == NULL ? "" : url, why);
}

static enum status set_tls(
        nng_dialer dialer, const struct channel_options *options, struct error *error)
{
        nng_url *url;
        int result = nng_url_parse(&url, options->url);

        if (result != 0)
                return bad_url(error, options->url, nng_strerror(result));
        if (strcmp(url->u_scheme, "tls+tcp") != 0) {
                nng_url_free(url);
                return OK;
        }
        nng_tls_config *config = tls_client(options->tls_ca_file, url->u_hostname, error);

        nng_url_free(url);
        if (config == NULL)
                return error->code;
        nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, config);
        nng_tls_config_free(config); /* the dialer holds its own reference */
        return OK;
}

static enum status channel_dial(
        struct channel *channel, const struct channel_options *options, struct error *error)
{
        nng_dialer dialer;

        if (nng_req0_open(&channel->socket) != 0)
                abort();
        nng_socket_set_size(
                channel->socket, NNG_OPT_RECVMAXSZ, RPC_MESSAGE_BYTES_MAX + HEADER_BYTES);
        nng_socket_set_ms(channel->socket, NNG_OPT_REQ_RESENDTIME, 0);
        nng_socket_set_ms(channel->socket, NNG_OPT_RECONNMINT, RECONNECT_MS_MIN);
        nng_socket_set_ms(channel->socket, NNG_OPT_RECONNMAXT, RECONNECT_MS_MAX);
        nng_pipe_notify(channel->socket, NNG_PIPE_EV_ADD_POST, connection_made, channel);
        nng_pipe_notify(channel->socket, NNG_PIPE_EV_REM_POST, connection_lost, channel);
        int result = nng_dialer_create(&dialer, channel->socket, options->url);

        if (result != 0)
                return bad_url(error, options->url, nng_strerror(result));
        if (set_tls(dialer, options, error) != OK)
                return error->code;
        nng_dialer_set_bool(dialer, NNG_OPT_TCP_KEEPALIVE, true);
        result = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
        if (result != 0)
                return bad_url(error, options->url, nng_strerror(result));
        return OK;
}

static void init_locks(struct channel *channel)
{
        pthread_condattr_t monotonic;

        pthread_condattr_init(&monotonic);
        pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
        pthread_cond_init(&channel->wake, &monotonic);
        pthread_cond_init(&channel->landed, NULL);
        pthread_condattr_destroy(&monotonic);
        pthread_mutex_init(&channel->lock, NULL);
}

static int64_t or_default(int64_t value, int64_t standard)
{
        return value > 0 ? value : standard;
}

static void set_options(struct channel *channel, const struct channel_options *options)
{
        channel->url = strdup(options->url);
        channel->agent = strdup(options->agent == NULL ? "" : options->agent);
        assert(channel->url != NULL && channel->agent != NULL);
        channel->timeout_ms_default =
                or_default(options->timeout_ms_default, RPC_TIMEOUT_MS_DEFAULT);
        channel->connect_timeout_us =
                1000 * or_default(options->connect_timeout_ms, CONNECT_TIMEOUT_MS);
        channel->in_flight_max =
                options->in_flight_max > 0 ? options->in_flight_max : IN_FLIGHT_MAX_DEFAULT;
        channel->attempts_max = (int)or_default(options->attempts_max, ATTEMPTS_MAX_DEFAULT);
}

static void channel_free(struct channel *channel)
{
        nng_close(channel->socket);
        flights_free(channel);
        for (size_t i = 0; i < channel->chunk_count; i++)
                free(channel->chunks[i]);
        free(channel->chunks);
        buffer_release(&channel->token);
        pthread_cond_destroy(&channel->wake);
        pthread_cond_destroy(&channel->landed);
        pthread_mutex_destroy(&channel->lock);
        free(channel->url);
        free(channel->agent);
        free(channel);
}

enum status channel_open(
        struct channel **out, const struct channel_options *options, struct error *error)
{
        if (options->url == NULL)
                return bad_url(error, NULL, "there is none");
        if (options->agent != NULL && !frame_header_ok(bytes_of_text(options->agent)))
                return error_set(error, INVALID_ARGUMENT, "BAD_HEADER",
                        "agent is not at most %d printable ASCII characters", RPC_TEXT_BYTES_MAX);
        struct channel *channel = calloc(1, sizeof(*channel));
        uint64_t seed;

        assert(channel != NULL);
        if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
                abort();
        random_seed(&channel->random, seed);
        init_locks(channel);
        set_options(channel, options);
        retry_budget_init(&channel->budget);
        channel->charged_epoch = UINT64_MAX;
        channel->unconnected_us = clock_monotonic_us();
        wheel_init(&channel->wheel, channel->unconnected_us);
        if (channel_dial(channel, options, error) != OK) {
                channel_free(channel);
                return error->code;
        }
        if (pthread_create(&channel->timer_thread, NULL, timer_run, channel) != 0)
                abort();
        *out = channel;
        return OK;
}

/* Takes every open call out of the channel. */
static struct open_call *end_all(struct channel *channel)
{
        struct call_list ended = {0};

        for (size_t i = 0; i < channel->chunk_count * CHUNK_CALLS; i++) {
                struct open_call *call = &channel->chunks[i / CHUNK_CALLS][i % CHUNK_CALLS];

                if (call->state == CALL_FREE || call->state == CALL_ENDED)
                        continue;
                call_end(channel, call);
                calls_append(&ended, call);
        }
        return ended.first;
}

void channel_close(struct channel *channel)
{
        if (channel == NULL)
                return;
        pthread_mutex_lock(&channel->lock);
        channel->closing = true;
        struct open_call *ended = end_all(channel);

        pthread_cond_signal(&channel->wake);
        pthread_mutex_unlock(&channel->lock);
        end_with(channel, ended, CANCELLED, "CHANNEL_CLOSED", "closed the channel to");
        pthread_join(channel->timer_thread, NULL);
        nng_close(channel->socket);
        pthread_mutex_lock(&channel->lock);
        while (channel->busy_flights > 0)
                pthread_cond_wait(&channel->landed, &channel->lock);
        pthread_mutex_unlock(&channel->lock);
        channel_free(channel);
}

void channel_set_token(struct channel *channel, struct bytes token)
{
        pthread_mutex_lock(&channel->lock);
        buffer_clear(&channel->token);
        buffer_append(&channel->token, token.data, token.len);
        pthread_mutex_unlock(&channel->lock);
}

uint64_t channel_sequence(const struct channel *channel)
{
        return atomic_load(&channel->sequence);
}

void channel_stats(struct channel *channel, struct channel_stats *out)
{
        pthread_mutex_lock(&channel->lock);
        *out = channel->stats;
        pthread_mutex_unlock(&channel->lock);
}

/* Starting. */

static struct bytes optional(const char *text)
{
        return text == NULL ? (struct bytes){0} : bytes_of_text(text);
}

static bool lane_writes(enum lane lane)
{
        return lane == LANE_WRITE || lane == LANE_SLOW;
}

static enum queue queue_of(enum lane lane)
{
        return lane == LANE_READ ? QUEUE_READ : lane == LANE_WRITE ? QUEUE_WRITE : QUEUE_ALONE;
}

static void make_request_id(struct channel *channel, char id[REQUEST_ID_LEN + 1])
{
        pthread_mutex_lock(&channel->lock);
        request_id_make(clock_real_us(), &channel->random, id);
        pthread_mutex_unlock(&channel->lock);
}

/* Encodes what never changes, and the call's own token behind it. */
static void encode_call(
        struct channel *channel, const struct channel_call *call, struct buffer *fixed)
{
        char made[REQUEST_ID_LEN + 1] = "";
        struct rpc_call encoded = {
                .method = bytes_of_text(call->method),
                .request = call->request,
                .request_id = optional(call->request_id),
                .traceparent = optional(call->traceparent),
                .accept_language = optional(call->accept_language),
                .agent = bytes_of_text(channel->agent),
        };

        if (call->request_id == NULL && lane_writes(call->lane)) {
                make_request_id(channel, made);
                encoded.request_id = bytes_of_text(made);
        }
        frame_write_call_fixed(fixed, &encoded);
}

static enum status check_call(const struct channel_call *call, struct error *error)
{
        const struct {
                const char *name;
                const char *text;
        } texts[] = {
                {"method", call->method},
                {"request_id", call->request_id},
                {"traceparent", call->traceparent},
                {"accept_language", call->accept_language},
                {"token", call->token},
        };

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                if (!frame_header_ok(optional(texts[i].text)))
                        return error_set(error, INVALID_ARGUMENT, "BAD_HEADER",
                                "%s is not at most %d printable ASCII characters", texts[i].name,
                                RPC_TEXT_BYTES_MAX);
        size_t extra = CALL_HEAD_BYTES + 6 * RPC_TEXT_BYTES_MAX;

        if (call->request.len + extra > RPC_MESSAGE_BYTES_MAX)
                return error_set(error, RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE",
                        "the request has %zu bytes, a message may have %u", call->request.len,
                        RPC_MESSAGE_BYTES_MAX);
        return OK;
}

static void pool_grow(struct channel *channel)
{
        size_t count = channel->chunk_count;
        struct open_call *chunk = calloc(CHUNK_CALLS, sizeof(*chunk));

        channel->chunks = realloc(channel->chunks, (count + 1) * sizeof(*channel->chunks));
        assert(channel->chunks != NULL && chunk != NULL);
        channel->chunks[count] = chunk;
        channel->chunk_count++;
        for (size_t i = CHUNK_CALLS; i > 0; i--) {
                chunk[i - 1].index = (uint32_t)(count * CHUNK_CALLS + i - 1);
                chunk[i - 1].next = channel->free_calls;
                channel->free_calls = &chunk[i - 1];
        }
}

/* A call from the pool, or NULL with error set. With the lock held. */
static struct open_call *pool_take(struct channel *channel, struct error *error)
{
        struct open_call *call;

        if (channel->closing) {
                error_set(error, CANCELLED, "CHANNEL_CLOSED", "the channel is closed");
                return NULL;
        }
        if (channel->open_count >= channel->in_flight_max) {
                error_set(error, RESOURCE_EXHAUSTED, "TOO_MANY_CALLS",
                        "%zu calls are open on the channel, its limit", channel->open_count);
                return NULL;
        }
        if (channel->free_calls == NULL)
                pool_grow(channel);
        call = channel->free_calls;
        channel->free_calls = call->next;
        channel->open_count++;
        channel->stats.calls++;
        call->next = call->prev = NULL;
        call->attempts = 0;
        return call;
}

static uint64_t number_of(const struct open_call *call)
{
        return (uint64_t)call->generation << 32 | (call->index + 1);
}

/* The number of the call, or 0 with error set. */
static uint64_t start_encoded(struct channel *channel, const struct channel_call *call,
        struct open_call *prepared, struct error *error)
{
        int64_t now_us = clock_monotonic_us();
        int64_t timeout_ms = or_default(call->timeout_ms, channel->timeout_ms_default);
        uint64_t number = 0;

        pthread_mutex_lock(&channel->lock);
        struct open_call *open = pool_take(channel, error);

        if (open != NULL) {
                open->fixed = prepared->fixed;
                open->fixed_len = prepared->fixed_len;
                open->own_token = call->token != NULL;
                open->done = prepared->done;
                open->context = prepared->context;
                open->queue = queue_of(call->lane);
                open->deadline_us = now_us + timeout_ms * 1000;
                number = number_of(open);
                call_queue(channel, open, now_us);
        }
        pthread_mutex_unlock(&channel->lock);
        return number;
}

uint64_t channel_start(
        struct channel *channel, const struct channel_call *call, channel_done *done, void *context)
{
        struct open_call prepared = {.done = done, .context = context};
        uint64_t number = 0;
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        if (check_call(call, &error) == OK) {
                encode_call(channel, call, &prepared.fixed);
                prepared.fixed_len = prepared.fixed.len;
                buffer_append(&prepared.fixed, call->token, optional(call->token).len);
                number = start_encoded(channel, call, &prepared, &error);
        }
        if (number != 0) {
                flights_launch(channel);
        } else {
                buffer_release(&prepared.fixed);
                done(context, &(struct rpc_answer){.error = &error});
                number = UINT64_MAX;
        }
        arena_release(&arena);
        return number;
}

void channel_cancel(struct channel *channel, uint64_t number)
{
        size_t index = (size_t)(number & UINT32_MAX) - 1;
        struct open_call *ended = NULL;

        pthread_mutex_lock(&channel->lock);
        if (index < channel->chunk_count * CHUNK_CALLS) {
                struct open_call *call = &channel->chunks[index / CHUNK_CALLS][index % CHUNK_CALLS];

                if (call->generation == number >> 32 && call->state != CALL_FREE &&
                        call->state != CALL_ENDED) {
                        call_end(channel, call);
                        call->next = NULL;
                        ended = call;
                }
        }
        pthread_mutex_unlock(&channel->lock);
        end_with(channel, ended, CANCELLED, "CALL_CANCELLED", "cancelled the call to");
}

/* Waiting. */

struct waiter {
        pthread_mutex_t lock;
        pthread_cond_t done;
        bool answered;
        struct arena *arena;
        struct rpc_answer *answer;
};

static const char *copy_text(struct arena *arena, const char *text)
{
        return text == NULL ? NULL : arena_text(arena, text);
}

static struct error *copy_error(struct arena *arena, const struct error *from)
{
        struct error *error = arena_new(arena, struct error);
        struct violation **violation = &error->violations;
        struct error_fact **fact = &error->facts;

        *error = *from;
        error->arena = arena;
        error->reason = copy_text(arena, from->reason);
        error->message = copy_text(arena, from->message);
        error->detail_type = copy_text(arena, from->detail_type);
        error->detail = arena_copy(arena, from->detail, from->detail_len);
        for (const struct violation *v = from->violations; v != NULL; v = v->next) {
                *violation = arena_new(arena, struct violation);
                (*violation)->field = copy_text(arena, v->field);
                (*violation)->reason = copy_text(arena, v->reason);
                (*violation)->description = copy_text(arena, v->description);
                violation = &(*violation)->next;
        }
        *violation = NULL;
        for (const struct error_fact *f = from->facts; f != NULL; f = f->next) {
                *fact = arena_new(arena, struct error_fact);
                (*fact)->name = copy_text(arena, f->name);
                (*fact)->value = copy_text(arena, f->value);
                fact = &(*fact)->next;
        }
        *fact = NULL;
        return error;
}

static void wake_waiter(void *context, const struct rpc_answer *answer)
{
        struct waiter *waiter = context;

        *waiter->answer = *answer;
        if (answer->error != NULL)
                waiter->answer->error = copy_error(waiter->arena, answer->error);
        waiter->answer->response =
                bytes_of(arena_copy(waiter->arena, answer->response.data, answer->response.len),
                        answer->response.len);
        pthread_mutex_lock(&waiter->lock);
        waiter->answered = true;
        pthread_cond_signal(&waiter->done);
        pthread_mutex_unlock(&waiter->lock);
}

enum status channel_call(struct channel *channel, const struct channel_call *call,
        struct arena *arena, struct rpc_answer *answer)
{
        struct waiter waiter = {.arena = arena, .answer = answer};

        pthread_mutex_init(&waiter.lock, NULL);
        pthread_cond_init(&waiter.done, NULL);
        channel_start(channel, call, wake_waiter, &waiter);
        pthread_mutex_lock(&waiter.lock);
        while (!waiter.answered)
                pthread_cond_wait(&waiter.done, &waiter.lock);
        pthread_mutex_unlock(&waiter.lock);
        pthread_cond_destroy(&waiter.done);
        pthread_mutex_destroy(&waiter.lock);
        return answer->error == NULL ? OK : answer->error->code;
}
