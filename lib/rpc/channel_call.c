/*
 * Starting and cancelling. A call is encoded by whoever starts it, before the lock is
 * taken, and then queued; the thread that starts the first one of a lane also sends it.
 *
 * Numbers are an index into a pool and a generation, so that a number which is kept too long
 * finds nothing instead of a stranger's call.
 */
#include "lib/rpc/flight.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/rpc/compress.h"

#define TIMEOUT_MS_MAX    (24 * 3600 * INT64_C(1000))
#define CANCEL_TIMEOUT_MS 1000
#define CALL_HEAD_BYTES   64 /* of a call beside its fixed part and its token */

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

/* A large request in fewer bytes, where every server that may get it reads them. */
static void shrink(const struct channel *channel, struct rpc_call *call, struct buffer *packed)
{
        size_t len = call->request.len;

        if (!atomic_load_explicit(&channel->sends_zstd, memory_order_relaxed) ||
                !compress_shrink(call->request, packed))
                return;
        call->zstd_bytes = (uint32_t)len;
        call->request = bytes_of(packed->data, packed->len);
}

/* Encodes what never changes, and the call's own token behind it. */
static void encode_call(
        struct channel *channel, const struct channel_call *call, struct buffer *fixed)
{
        char made[REQUEST_ID_LEN + 1] = "";
        struct buffer packed = {0};
        struct rpc_call encoded = {
                .method = bytes_of_text(call->method),
                .request = call->request,
                .request_id = optional(call->request_id),
                .traceparent = optional(call->traceparent),
                .accept_language = optional(call->accept_language),
                .agent = bytes_of_text(channel->agent),
                .metadata = call->metadata,
        };

        if (call->request_id == NULL && lane_writes(call->lane)) {
                make_request_id(channel, made);
                encoded.request_id = bytes_of_text(made);
        }
        shrink(channel, &encoded, &packed);
        frame_write_call_fixed(fixed, &encoded);
        buffer_release(&packed);
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
        if (!frame_metadata_ok(&call->metadata))
                return error_set(error, INVALID_ARGUMENT, "BAD_HEADER",
                        "metadata are at most %d names of lower-case letters, digits, -, _ and . "
                        "with values of at most %d printable ASCII characters",
                        RPC_METADATA_MAX, RPC_TEXT_BYTES_MAX);
        size_t extra = CALL_HEAD_BYTES + 6 * RPC_TEXT_BYTES_MAX +
                       call->metadata.count * 2 * RPC_TEXT_BYTES_MAX;

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

uint64_t call_number(const struct open_call *call)
{
        return (uint64_t)call->generation << 32 | (call->index + 1);
}

/* The number of the call, or 0 with error set. Most calls wait for a flight that is out: only one
 * that can leave sends the caller to look for a flight, which takes the lock and the time again. */
static uint64_t start_encoded(struct channel *channel, const struct open_call *prepared,
        int64_t now_us, struct error *error)
{
        bool leaves = false;
        uint64_t number = 0;

        if (now_us >= prepared->deadline_us) {
                error_set(error, DEADLINE_EXCEEDED, "NO_TIME_LEFT",
                        "the call's deadline had passed before it was started");
                return 0;
        }

        pthread_mutex_lock(&channel->lock);
        struct open_call *open = pool_take(channel, error);

        if (open != NULL) {
                open->fixed = prepared->fixed;
                open->fixed_len = prepared->fixed_len;
                open->own_token = prepared->own_token;
                open->only = prepared->only;
                open->hedge = prepared->hedge;
                open->hedge_us = prepared->hedge_us;
                open->done = prepared->done;
                open->context = prepared->context;
                open->queue = prepared->queue;
                open->deadline_us = prepared->deadline_us;
                number = call_number(open);
                if (prepared->number != NULL)
                        *prepared->number = number;
                call_queue(channel, open, now_us);
                leaves = endpoint_choose(channel, open->queue, channel->queues[open->queue].first,
                                 now_us) != NULL;
        }
        pthread_mutex_unlock(&channel->lock);
        if (leaves)
                flights_launch(channel);
        return number;
}

uint64_t call_start_prepared(struct channel *channel, struct open_call *prepared, int64_t now_us)
{
        uint64_t number = 0;
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        number = start_encoded(channel, prepared, now_us, &error);
        if (number == 0) {
                buffer_release(&prepared->fixed);
                prepared->done(prepared->context, &(struct rpc_answer){.error = &error});
        }
        arena_release(&arena);
        return number;
}

static int64_t deadline_of(
        const struct channel *channel, const struct channel_call *call, int64_t now_us)
{
        int64_t timeout_ms = call->timeout_ms > 0 ? call->timeout_ms : channel->timeout_ms_default;
        int64_t deadline_us =
                now_us + 1000 * (timeout_ms < TIMEOUT_MS_MAX ? timeout_ms : TIMEOUT_MS_MAX);

        return call->deadline_us > 0 && call->deadline_us < deadline_us ? call->deadline_us
                                                                        : deadline_us;
}

static uint64_t start_call(
        struct channel *channel, const struct channel_call *call, const struct open_call *how)
{
        struct open_call prepared = *how;
        int64_t now_us = clock_monotonic_us();
        uint64_t number = 0;
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        if (check_call(call, &error) != OK) {
                prepared.done(prepared.context, &(struct rpc_answer){.error = &error});
        } else {
                encode_call(channel, call, &prepared.fixed);
                prepared.fixed_len = prepared.fixed.len;
                prepared.own_token = call->token != NULL;
                prepared.number = call->number;
                buffer_append(&prepared.fixed, call->token, optional(call->token).len);
                prepared.queue = queue_of(call->lane);
                prepared.deadline_us = deadline_of(channel, call, now_us);
                number = call_start_prepared(channel, &prepared, now_us);
        }
        arena_release(&arena);
        return number != 0 ? number : UINT64_MAX;
}

static uint64_t start_hedged(struct channel *channel, const struct channel_call *call,
        struct hedge *hedge, int64_t delay_us)
{
        const struct open_call first = {
                .done = hedge_answered,
                .context = hedge_first(hedge),
                .hedge = hedge,
                .hedge_us = clock_monotonic_us() + delay_us,
        };

        return start_call(channel, call, &first);
}

uint64_t channel_start(
        struct channel *channel, const struct channel_call *call, channel_done *done, void *context)
{
        int64_t delay_us =
                call->hedge_delay_ms == 0 ? channel->hedge_us : call->hedge_delay_ms * 1000;

        if (call->lane == LANE_READ && delay_us > 0)
                return start_hedged(channel, call, hedge_new(channel, done, context), delay_us);
        return start_call(channel, call, &(struct open_call){.done = done, .context = context});
}

void call_start_at(struct channel *channel, const struct channel_call *call,
        struct endpoint *endpoint, channel_done *done)
{
        start_call(channel, call,
                &(struct open_call){.done = done, .context = endpoint, .only = endpoint});
}

static void ignore_answer(void *context, const struct rpc_answer *answer)
{
}

/* The transport tells the server nothing of a receive that is called back. */
static void tell_server(
        struct channel *channel, const struct rpc_which *which, struct endpoint *endpoint)
{
        struct buffer request = {0};

        frame_write_cancel(&request, which);
        const struct channel_call call = {
                .method = RPC_CANCEL,
                .lane = LANE_WAIT, /* in a message of its own, behind nobody */
                .request = bytes_of(request.data, request.len),
                .timeout_ms = CANCEL_TIMEOUT_MS,
                .token = "",
        };

        call_start_at(channel, &call, endpoint, ignore_answer);
        buffer_release(&request);
}

void channel_cancel(struct channel *channel, uint64_t number)
{
        struct open_call *ended = NULL;
        struct endpoint *endpoint = NULL;
        struct rpc_which which = {0};

        pthread_mutex_lock(&channel->lock);
        number = hedge_number(channel, number);
        struct open_call *call = call_at(channel, (size_t)(number & UINT32_MAX) - 1);

        if (call != NULL && call->generation == number >> 32 && call->state != CALL_FREE &&
                call->state != CALL_ENDED) {
                if (call->state == CALL_FLYING) {
                        endpoint = call->flight->endpoint;
                        which = (struct rpc_which){.channel = channel->id,
                                .number = call->flight->number,
                                .id = call->position + 1};
                }
                call_end(channel, call);
                ended = call;
        }
        pthread_mutex_unlock(&channel->lock);
        if (which.channel != 0)
                tell_server(channel, &which, endpoint);
        calls_finish_with(channel, ended, CANCELLED, "CALL_CANCELLED", "cancelled the call to");
}
