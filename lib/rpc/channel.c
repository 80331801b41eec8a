/*
 * The channel itself: its socket, its one thread for time, its end. A call belongs to the flights
 * (flight.c), to that thread, or to who cancels it: whichever ends it first. There is no thread
 * per call and none per message: callbacks run on the transport's threads.
 *
 * Closing: every call is ended first, then the socket is closed, which brings home the flights
 * that are out, and only then is memory freed; a flight on its way home still looks at the
 * channel.
 */
#include "lib/rpc/flight.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "lib/rpc/leaks.h"
#include "lib/rpc/task_threads.h"

#define IN_FLIGHT_MAX_DEFAULT 65536
#define ATTEMPTS_MAX_DEFAULT  5
#define CONNECT_TIMEOUT_MS    5000

/* Time. */

static bool is_pause(const struct channel *channel, const struct wheel_timer *timer)
{
        for (size_t i = 0; i < channel->endpoint_count; i++)
                if (timer == &channel->endpoints[i].pause)
                        return true;
        return false;
}

/* Whose time has come. */
struct due {
        struct call_list ended;
        struct call_list lost;
        struct hedge *hedge; /* whose second attempt begins */
};

static void look_again(struct channel *channel, struct open_call *call, int64_t due_us)
{
        if (call->hedge != NULL && call->hedge_us < due_us)
                due_us = call->hedge_us;
        timer_set(channel, &call->timer, due_us);
}

static void end_by_time(struct channel *channel, struct due *due, int64_t now_us)
{
        struct wheel_timer *timer;

        while (due->hedge == NULL && (timer = wheel_take(&channel->wheel, now_us)) != NULL) {
                if (is_pause(channel, timer))
                        continue; /* it is over: what waits is sent */
                struct open_call *call = (struct open_call *)timer;
                bool late = now_us >= call->deadline_us;

                if (call->state == CALL_RESTING && !late) {
                        call_queue(channel, call, now_us);
                        continue;
                }
                if (call->hedge != NULL && now_us >= call->hedge_us && !late)
                        due->hedge = hedge_take(channel, call, now_us);
                bool unconnected = channel->connection_count == 0;
                int64_t since_us = call->unconnected_us > channel->unconnected_us
                                           ? call->unconnected_us
                                           : channel->unconnected_us;
                int64_t patience_us = since_us + channel->connect_timeout_us;

                if (late || (unconnected && now_us >= patience_us)) {
                        call_end(channel, call);
                        calls_append(unconnected ? &due->lost : &due->ended, call);
                } else {
                        look_again(channel, call,
                                unconnected && patience_us < call->deadline_us ? patience_us
                                                                               : call->deadline_us);
                }
        }
}

static void timer_sleep(struct channel *channel)
{
        channel->wake_us = wheel_next_us(&channel->wheel);
        if (channel->wake_us == INT64_MAX)
                pthread_cond_wait(&channel->wake, &channel->lock);
        else
                condition_wait_until(&channel->wake, &channel->lock, channel->wake_us);
}

static void *timer_run(void *context)
{
        struct channel *channel = context;

        pthread_mutex_lock(&channel->lock);
        while (!channel->closing) {
                struct due due = {0};
                int64_t now_us = clock_monotonic_us();

                end_by_time(channel, &due, now_us);
                struct endpoint *unknown = endpoint_to_probe(channel, now_us);

                pthread_mutex_unlock(&channel->lock);
                calls_finish_with(channel, due.ended.first, DEADLINE_EXCEEDED, "NO_ANSWER",
                        "the time for the call ran out before an answer came from");
                calls_finish_with(channel, due.lost.first, UNAVAILABLE, "NOT_CONNECTED",
                        due.lost.first == NULL ? NULL : unconnected_why(channel));
                if (due.hedge != NULL)
                        hedge_begin(due.hedge);
                if (unknown != NULL)
                        endpoint_probe(unknown);
                flights_launch(channel);
                pthread_mutex_lock(&channel->lock);
                if (!channel->closing && due.hedge == NULL && unknown == NULL)
                        timer_sleep(channel);
        }
        pthread_mutex_unlock(&channel->lock);
        return NULL;
}

/* Opening. */

static void init_locks(struct channel *channel)
{
        condition_init(&channel->wake);
        condition_init(&channel->landed);
        pthread_mutex_init(&channel->lock, NULL);
}

static int64_t or_default(int64_t value, int64_t standard)
{
        return value > 0 ? value : standard;
}

/* Any of the servers is on another machine. */
static bool is_remote(const char *urls)
{
        static const char *const near[] = {"127.", "localhost:", "[::1]:"};

        for (const char *at = urls; (at = strstr(at, "tcp://")) != NULL;) {
                bool far = true;

                at += strlen("tcp://");
                for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++)
                        far = far && strncmp(at, near[i], strlen(near[i])) != 0;
                if (far)
                        return true;
        }
        return false;
}

static void set_options(struct channel *channel, const struct channel_options *options)
{
        channel->url = strdup(options->url == NULL ? "" : options->url);
        if (options->health_method != NULL) {
                channel->health_method = strdup(options->health_method);
                assert(channel->health_method != NULL);
        }
        buffer_append(
                &channel->health_answer, options->health_answer.data, options->health_answer.len);
        channel->hedge_us = options->hedge_delay_ms * 1000;
        channel->reads = options->reads;
        channel->accept_zstd =
                options->compression == COMPRESSION_ALWAYS ||
                (options->compression == COMPRESSION_REMOTE && is_remote(channel->url));
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
        task_threads_end();
        flights_free(channel);
        endpoints_free(channel);
        for (size_t i = 0; i < channel->chunk_count; i++)
                free(channel->chunks[i]);
        free(channel->chunks);
        buffer_release(&channel->token);
        buffer_release(&channel->health_answer);
        free(channel->health_method);
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
        if (options->agent != NULL && !frame_header_ok(bytes_of_text(options->agent)))
                return error_set(error, INVALID_ARGUMENT, "BAD_HEADER",
                        "agent is not at most %d printable ASCII characters", RPC_TEXT_BYTES_MAX);
        struct channel *channel = calloc(1, sizeof(*channel));
        uint64_t seed;

        assert(channel != NULL);
        if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
                abort();
        random_seed(&channel->random, seed);
        if (getrandom(&channel->id, sizeof(channel->id), 0) != sizeof(channel->id))
                abort();
        init_locks(channel);
        set_options(channel, options);
        retry_budget_init(&channel->budget);
        channel->unconnected_us = clock_monotonic_us();
        wheel_init(&channel->wheel, channel->unconnected_us);
        task_threads_begin();
        if (endpoints_open(channel, options, error) != OK) {
                endpoints_close(channel);
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

        struct open_call *call;

        for (size_t i = 0; (call = call_at(channel, i)) != NULL; i++) {
                if (call->state == CALL_FREE || call->state == CALL_ENDED)
                        continue;
                call_end(channel, call);
                calls_append(&ended, call);
        }
        return ended.first;
}

static bool flights_busy(const struct channel *channel)
{
        for (const struct flight *flight = channel->flights; flight != NULL; flight = flight->next)
                if (flight->state != FLIGHT_IDLE)
                        return true;
        return false;
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
        calls_finish_with(channel, ended, CANCELLED, "CHANNEL_CLOSED", "closed the channel to");
        pthread_join(channel->timer_thread, NULL);
        endpoints_close(channel);
        pthread_mutex_lock(&channel->lock);
        while (flights_busy(channel))
                pthread_cond_wait(&channel->landed, &channel->lock);
        pthread_mutex_unlock(&channel->lock);
        channel_free(channel);
}

enum status channel_set_token(struct channel *channel, struct bytes token)
{
        if (!frame_header_ok(token))
                return INVALID_ARGUMENT;
        pthread_mutex_lock(&channel->lock);
        buffer_clear(&channel->token);
        buffer_append(&channel->token, token.data, token.len);
        pthread_mutex_unlock(&channel->lock);
        return OK;
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
