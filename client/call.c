/*
 * One call over bytes. Without a token source a call costs nothing here but a small record; with
 * one, everything needed to repeat it is kept until it is answered, because the channel below
 * forgets a call when its answer comes.
 */
#include "client/client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"

static const struct shop_call_options no_options;

static struct channel_call channel_call_of(
        const struct shop_channel *channel, const struct client_call *call)
{
        const struct shop_call_options *options =
                call->options == NULL ? &no_options : call->options;

        return (struct channel_call){
                .method = call->method,
                .lane = call->lane,
                .request = call->request,
                .request_id = options->request_id,
                .timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : channel->timeout_ms,
                .accept_language =
                        options->language == NULL ? channel->language : options->language,
                .traceparent = options->traceparent,
                .token = options->token,
                .deadline_us = options->deadline_us,
                .hedge_delay_ms = options->hedge_delay_ms,
        };
}

void pending_free(struct pending *pending)
{
        arena_release(&pending->arena);
        free(pending);
}

static void answered(void *context, const struct rpc_answer *answer)
{
        struct pending *pending = context;

        if (renewal_take(pending, answer))
                return;
        if (pending->sequence != NULL)
                *pending->sequence = answer->sequence;
        if (pending->answer_metadata != NULL)
                metadata_fill(pending->answer_metadata, &answer->metadata);
        pending->done(pending->context, answer);
        pending_free(pending);
}

void pending_repeat(struct pending *pending)
{
        int64_t left_ms = (pending->deadline_us - clock_monotonic_us()) / 1000;

        pending->repeatable = false;
        pending->call.timeout_ms = left_ms < 1 ? 1 : left_ms;
        channel_start(pending->channel->channel, &pending->call, answered, pending);
}

static const char *keep_text(struct arena *arena, const char *text)
{
        return text == NULL ? NULL : arena_text(arena, text);
}

/* Keeps what a repetition needs, where there can be one: not for a call with a token of its own,
 * which a fresh one of the channel does not help. */
static void keep_call(struct pending *pending, const struct channel_call *call)
{
        struct shop_channel *channel = pending->channel;
        struct arena *arena = &pending->arena;

        if (channel->token_source == NULL || call->token != NULL || renewal_is_self(channel))
                return;
        pending->call = *call;
        pending->call.method = keep_text(arena, call->method);
        pending->call.request.data = arena_copy(arena, call->request.data, call->request.len);
        pending->call.request_id = keep_text(arena, call->request_id);
        pending->call.accept_language = keep_text(arena, call->accept_language);
        pending->call.traceparent = keep_text(arena, call->traceparent);
        pending->call.metadata = metadata_copy(arena, &call->metadata);
        pending->call.number = NULL;
        pending->deadline_us = clock_monotonic_us() + call->timeout_ms * 1000;
        pending->repeatable = true;
        pthread_mutex_lock(&channel->lock);
        pending->token_generation = channel->token_generation;
        pthread_mutex_unlock(&channel->lock);
}

uint64_t client_start(struct shop_channel *channel, const struct client_call *call,
        channel_done *done, void *context)
{
        struct pending *pending = malloc(sizeof(*pending));
        struct channel_call started = channel_call_of(channel, call);
        const struct shop_call_options *options =
                call->options == NULL ? &no_options : call->options;

        assert(pending != NULL);
        *pending = (struct pending){.channel = channel, .done = done, .context = context};
        arena_init(&pending->arena);
        started.metadata = metadata_of(&pending->arena, options);
        pending->sequence = options->sequence;
        pending->answer_metadata = options->answer_metadata;
        if (pending->sequence != NULL)
                *pending->sequence = 0;
        keep_call(pending, &started);
        started.number = &pending->number;
        return channel_start(channel->channel, &started, answered, pending);
}

struct waiter {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        bool answered;
        enum shop_status status;
        uint8_t *response;
        size_t response_len;
        struct shop_error *error;
};

static void wake_waiter(void *context, const struct rpc_answer *answer)
{
        struct waiter *waiter = context;

        if (answer->error != NULL) {
                waiter->status = (enum shop_status)answer->error->code;
                error_fill(waiter->error, answer->error);
        } else {
                waiter->response = malloc(answer->response.len + 1);
                assert(waiter->response != NULL);
                if (answer->response.len > 0)
                        memcpy(waiter->response, answer->response.data, answer->response.len);
                waiter->response_len = answer->response.len;
        }
        pthread_mutex_lock(&waiter->lock);
        waiter->answered = true;
        pthread_cond_signal(&waiter->changed);
        pthread_mutex_unlock(&waiter->lock);
}

enum shop_status client_call(struct shop_channel *channel, const struct client_call *call,
        uint8_t **response, size_t *response_len, struct shop_error *error)
{
        struct waiter waiter = {.error = error};

        pthread_mutex_init(&waiter.lock, NULL);
        pthread_cond_init(&waiter.changed, NULL);
        client_start(channel, call, wake_waiter, &waiter);
        pthread_mutex_lock(&waiter.lock);
        while (!waiter.answered)
                pthread_cond_wait(&waiter.changed, &waiter.lock);
        pthread_mutex_unlock(&waiter.lock);
        pthread_cond_destroy(&waiter.changed);
        pthread_mutex_destroy(&waiter.lock);
        if (waiter.status == SHOP_OK) {
                *response = waiter.response;
                *response_len = waiter.response_len;
        }
        return waiter.status;
}

enum shop_status shop_invoke_bytes(struct shop_channel *channel, const char *method, int lane,
        const uint8_t *request, size_t request_len, const struct shop_call_options *options,
        uint8_t **response, size_t *response_len, struct shop_error *error)
{
        const struct client_call call = {
                .method = method,
                .lane = (enum lane)lane,
                .request = bytes_of(request, request_len),
                .options = options,
        };

        return client_call(channel, &call, response, response_len, error);
}

struct bytes_done {
        shop_done_bytes *done;
        void *context;
};

static void bytes_answered(void *context, const struct rpc_answer *answer)
{
        struct bytes_done *bytes = context;
        struct shop_error error = {0};

        if (answer->error == NULL) {
                bytes->done(
                        bytes->context, SHOP_OK, answer->response.data, answer->response.len, NULL);
        } else {
                error_fill(&error, answer->error);
                bytes->done(bytes->context, error.code, NULL, 0, &error);
                shop_error_release(&error);
        }
        free(bytes);
}

uint64_t shop_start_bytes(struct shop_channel *channel, const char *method, int lane,
        const uint8_t *request, size_t request_len, const struct shop_call_options *options,
        shop_done_bytes *done, void *context)
{
        const struct client_call call = {
                .method = method,
                .lane = (enum lane)lane,
                .request = bytes_of(request, request_len),
                .options = options,
        };
        struct bytes_done *bytes = malloc(sizeof(*bytes));

        assert(bytes != NULL);
        *bytes = (struct bytes_done){.done = done, .context = context};
        return client_start(channel, &call, bytes_answered, bytes);
}
