/*
 * A flight is one REQ context: it takes what is queued, becomes a message, waits for the reply,
 * hands the answers out and takes the next. While its callbacks run it is still held, so that
 * calls which they start gather and travel together; that, and not a timer, is what makes
 * batches.
 *
 * A message of reads costs as much as some twenty reads. So a further flight of theirs starts only
 * when enough calls wait to be worth one, or when the last has been out for a while; some dozens
 * of open reads are shared by two, of which one is at the server and one at the client. A crowd
 * takes three, each with all that waits: sharing that costs more than it gives (measured).
 *
 * A message costs a write little, but a call is answered with the last of its message. Where all
 * writes travel together, the server has none to run while that one's answers and the next calls
 * are on their way. So they are shared evenly by the flights that are free: one message runs, one
 * is synced, and two travel (nearly half again as many orders by 64 clients as before that; six
 * messages are fewer orders than four).
 *
 * The transport must not repeat messages by itself (its resend time is off): a repetition has to
 * count against attempts, budget and deadline, and carries a new time-out.
 */
#include "lib/rpc/flight.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <nng/protocol/reqrep0/req.h>

#include "lib/base/clock.h"
#include "lib/rpc/task_threads.h"

#define FURTHER_FLIGHT_US 1000 /* after the last one, a flight is worth it for any call */
#define SHARED_READS_MIN  48
#define SHARED_READS_MAX  128
#define ALONE_FLIGHTS_MAX 4096
#define BATCH_BYTES_MAX   (RPC_MESSAGE_BYTES_MAX / 2)
#define CALL_EXTRA_BYTES  48 /* id, time-out, sequence and lengths */
#define BODY_BYTES_KEPT   (64u << 10)

/* How many flights a queue has, and how many waiting calls are worth a further one. */
static const struct batching {
        size_t flights_max;
        size_t further_calls;
} lanes[QUEUE_COUNT] = {
        [QUEUE_READ] = {.flights_max = 3, .further_calls = 64},
        [QUEUE_WRITE] = {.flights_max = 4, .further_calls = 4},
        [QUEUE_ALONE] = {.flights_max = ALONE_FLIGHTS_MAX, .further_calls = 1},
};

static void flight_sent(void *context);
static void flight_received(void *context);

static struct flight *flight_open(struct endpoint *endpoint, enum queue queue)
{
        struct channel *channel = endpoint->channel;
        struct flight *flight = calloc(1, sizeof(*flight));

        assert(flight != NULL);
        if (nng_ctx_open(&flight->context, endpoint->socket) != 0) {
                free(flight);
                return NULL;
        }
        if (nng_aio_alloc(&flight->send, flight_sent, flight) != 0 ||
                nng_aio_alloc(&flight->receive, flight_received, flight) != 0)
                abort();
        flight->channel = channel;
        flight->endpoint = endpoint;
        flight->queue = queue;
        flight->call_capacity = queue == QUEUE_ALONE ? 1 : RPC_BATCH_CALLS_MAX;
        flight->calls = calloc(flight->call_capacity, sizeof(*flight->calls));
        assert(flight->calls != NULL);
        arena_init(&flight->arena);
        flight->next = channel->flights;
        channel->flights = flight;
        endpoint->flight_count[queue]++;
        return flight;
}

void flights_free(struct channel *channel)
{
        while (channel->flights != NULL) {
                struct flight *flight = channel->flights;

                channel->flights = flight->next;
                nng_aio_free(flight->send);
                nng_aio_free(flight->receive);
                arena_release(&flight->arena);
                buffer_release(&flight->body);
                free(flight->calls);
                free(flight);
        }
}

/* A call leaves its flight. When nobody waits for the flight any more it comes home; when it has
 * not left yet it is called back, so that the server does not run what its caller gave up. */
void flight_detach(struct flight *flight, struct open_call *call)
{
        flight->calls[call->position] = NULL;
        flight->attached--;
        flight->channel->flying[flight->queue]--;
        call->flight = NULL;
        if (flight->state == FLIGHT_SENDING)
                nng_aio_cancel(flight->send);
        else if (flight->state == FLIGHT_SENT && flight->attached == 0)
                nng_aio_cancel(flight->receive);
}

/* Sending. */

static uint32_t time_left_ms(const struct open_call *call, int64_t now_us)
{
        int64_t left_ms = (call->deadline_us - now_us + 999) / 1000;

        if (left_ms < 1)
                return 1;
        return left_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)left_ms;
}

static void flight_add(struct flight *flight, struct open_call *call, int64_t now_us)
{
        struct channel *channel = flight->channel;
        const struct bytes own =
                bytes_of(call->fixed.data + call->fixed_len, call->fixed.len - call->fixed_len);
        const struct rpc_call sent = {
                .id = (uint32_t)flight->count + 1,
                .token = call->own_token ? own : bytes_of(channel->token.data, channel->token.len),
                .min_sequence = atomic_load_explicit(&channel->sequence, memory_order_relaxed),
        };

        frame_write_call_sent(&flight->body, bytes_of(call->fixed.data, call->fixed_len), &sent,
                time_left_ms(call, now_us));
        call->state = CALL_FLYING;
        call->flight = flight;
        call->position = (uint32_t)flight->count;
        call->attempts++;
        flight->calls[flight->count++] = call;
        flight->attached++;
        channel->flying[flight->queue]++;
}

static size_t open_reads(const struct channel *channel)
{
        return channel->queues[QUEUE_READ].count + channel->flying[QUEUE_READ];
}

/* So many open reads that two flights share them. */
static bool are_some_dozens(const struct channel *channel)
{
        size_t reads = open_reads(channel);

        return reads >= SHARED_READS_MIN && reads <= SHARED_READS_MAX;
}

static size_t part(size_t count, size_t parts)
{
        return (count + parts - 1) / parts;
}

/* How many waiting calls are worth a further flight. */
static size_t further_calls(const struct channel *channel, enum queue queue)
{
        if (queue == QUEUE_READ && are_some_dozens(channel))
                return part(open_reads(channel), 2);
        return lanes[queue].further_calls;
}

/* How many calls the next message takes, where so many fit. */
static size_t calls_wanted(const struct flight *flight)
{
        const struct channel *channel = flight->channel;
        enum queue queue = flight->queue;
        size_t queued = channel->queues[queue].count;
        size_t idle = lanes[queue].flights_max - flight->endpoint->busy_flights[queue];
        size_t parts = queued / further_calls(channel, queue);

        if (parts > idle)
                parts = idle;
        if (parts == 0 || (queue == QUEUE_READ && !are_some_dozens(channel)))
                parts = 1;
        return part(queued, parts);
}

/* Takes its part of its queue, as far as that fits into one message. */
static void flight_load(struct flight *flight, int64_t now_us)
{
        struct channel *channel = flight->channel;
        struct call_list *queue = &channel->queues[flight->queue];
        size_t wanted = calls_wanted(flight);

        flight->count = 0;
        flight->number = ++channel->stats.messages;
        buffer_clear(&flight->body);
        frame_write_name(&flight->body, channel->id, flight->number);
        if (channel->accept_zstd)
                frame_write_accept_zstd(&flight->body);
        while (flight->count < wanted && flight->count < flight->call_capacity) {
                struct open_call *call = queue->first;
                size_t size = call->fixed.len + channel->token.len + CALL_EXTRA_BYTES;

                if (flight->count > 0 && flight->body.len + size > BATCH_BYTES_MAX)
                        break;
                calls_remove(queue, call);
                flight_add(flight, call, now_us);
        }
        flight->state = FLIGHT_SENDING;
        flight->endpoint->busy_flights[flight->queue]++;
        flight->endpoint->loaded_us[flight->queue] = now_us;
}

/* While one flight is out, a further one of its lane must be worth it. */
bool flight_is_due(const struct endpoint *endpoint, enum queue queue, int64_t now_us)
{
        size_t queued = endpoint->channel->queues[queue].count;

        if (endpoint->busy_flights[queue] >= lanes[queue].flights_max)
                return false;
        if (endpoint->busy_flights[queue] == 0)
                return queued > 0;
        return queued >= further_calls(endpoint->channel, queue) ||
               (queued > 0 && now_us - endpoint->loaded_us[queue] > FURTHER_FLIGHT_US);
}

/* An idle flight of the endpoint, taken, or NULL. */
static struct flight *take_flight(struct endpoint *endpoint, enum queue queue)
{
        struct flight *flight = endpoint->idle[queue];

        if (flight != NULL)
                endpoint->idle[queue] = flight->next_idle;
        else if (endpoint->flight_count[queue] < lanes[queue].flights_max)
                flight = flight_open(endpoint, queue);
        return flight;
}

/* A loaded flight that is to be sent, or NULL. */
static struct flight *next_flight(struct channel *channel)
{
        int64_t now_us = clock_monotonic_us();

        for (enum queue queue = 0; queue < QUEUE_COUNT && !channel->closing; queue++) {
                const struct open_call *first = channel->queues[queue].first;
                struct endpoint *endpoint =
                        first == NULL ? NULL : endpoint_choose(channel, queue, first, now_us);
                struct flight *flight = endpoint == NULL ? NULL : take_flight(endpoint, queue);

                if (flight == NULL)
                        continue;
                if (queue == QUEUE_READ)
                        channel->turn = (size_t)(endpoint - channel->endpoints) + 1;
                if (first->only == NULL && (queue != QUEUE_READ || channel->reads == READS_FIRST))
                        channel->chosen = (size_t)(endpoint - channel->endpoints);
                flight_load(flight, now_us);
                return flight;
        }
        return NULL;
}

static void flight_send(struct flight *flight)
{
        nng_msg *message;

        if (nng_msg_alloc(&message, flight->body.len) != 0)
                abort();
        memcpy(nng_msg_body(message), flight->body.data, flight->body.len);
        if (flight->body.capacity > BODY_BYTES_KEPT)
                buffer_release(&flight->body);
        nng_aio_set_msg(flight->send, message);
        nng_ctx_send(flight->context, flight->send);
}

void flights_launch(struct channel *channel)
{
        size_t sent = 0;
        struct flight *flight;

        do {
                pthread_mutex_lock(&channel->lock);
                channel->sending -= sent;
                if (channel->closing && sent > 0)
                        pthread_cond_broadcast(&channel->landed);
                flight = next_flight(channel);
                sent = flight == NULL ? 0 : 1;
                channel->sending += sent;
                pthread_mutex_unlock(&channel->lock);
                if (flight != NULL)
                        flight_send(flight);
        } while (flight != NULL);
}

/* Coming home. */

static void flight_park(struct flight *flight)
{
        struct channel *channel = flight->channel;

        pthread_mutex_lock(&channel->lock);
        flight->state = FLIGHT_IDLE;
        flight->next_idle = flight->endpoint->idle[flight->queue];
        flight->endpoint->idle[flight->queue] = flight;
        flight->endpoint->busy_flights[flight->queue]--;
        if (channel->closing)
                pthread_cond_broadcast(&channel->landed);
        pthread_mutex_unlock(&channel->lock);
        flights_launch(channel);
}

/* The flight was called back before it left: its other calls wait again, as they were, before what
 * came after them. */
static void requeue(struct flight *flight)
{
        struct channel *channel = flight->channel;

        for (size_t i = flight->count; i > 0; i--) {
                struct open_call *call = flight->calls[i - 1];

                if (call == NULL)
                        continue;
                flight_detach(flight, call);
                call->attempts--;
                call->state = CALL_QUEUED;
                calls_prepend(&channel->queues[call->queue], call);
        }
}

static void flight_failed(struct flight *flight, int result)
{
        struct channel *channel = flight->channel;

        if (result != NNG_ECANCELED) {
                flight_settle(flight, NULL, 0,
                        &(struct outcome){UNAVAILABLE, "CONNECTION_LOST", nng_strerror(result)});
                flight_park(flight);
                return;
        }
        pthread_mutex_lock(&channel->lock);
        flight->state = FLIGHT_LANDED;
        requeue(flight);
        pthread_mutex_unlock(&channel->lock);
        flight_park(flight);
}

static void flight_sent(void *context)
{
        struct flight *flight = context;
        struct channel *channel = flight->channel;
        int result = nng_aio_result(flight->send);

        if (result != 0) {
                nng_msg_free(nng_aio_get_msg(flight->send));
                nng_aio_set_msg(flight->send, NULL);
                flight_failed(flight, result);
                return;
        }
        pthread_mutex_lock(&channel->lock);
        bool wanted = flight->attached > 0;

        flight->epoch = flight->endpoint->epoch;
        flight->state = wanted ? FLIGHT_SENT : FLIGHT_LANDED;
        /* Under the lock, so that whoever takes the last call back finds a receive to cancel. */
        if (wanted)
                nng_ctx_recv(flight->context, flight->receive);
        pthread_mutex_unlock(&channel->lock);
        if (!wanted)
                flight_park(flight);
}

static void flight_received(void *context)
{
        struct flight *flight = context;
        int result = nng_aio_result(flight->receive);
        struct rpc_answer *answers = NULL;
        size_t count = 0;
        struct error error;

        task_threads_used();
        if (result != 0) {
                flight_failed(flight, result);
                return;
        }
        nng_msg *reply = nng_aio_get_msg(flight->receive);

        nng_aio_set_msg(flight->receive, NULL);
        error_init(&error, &flight->arena);
        enum status status = frame_read_replies(&flight->arena,
                bytes_of(nng_msg_body(reply), nng_msg_len(reply)), &answers, &count, &error);

        if (flight->channel->accept_zstd && !flight->endpoint->reads_zstd &&
                frame_reads_zstd(bytes_of(nng_msg_body(reply), nng_msg_len(reply))))
                endpoint_reads_zstd(flight->endpoint);
        flight_settle(flight, answers, count,
                &(struct outcome){INTERNAL, "MALFORMED_REPLY",
                        status == OK ? "the reply leaves this call out" : error.message});
        nng_msg_free(reply);
        flight_park(flight);
}
