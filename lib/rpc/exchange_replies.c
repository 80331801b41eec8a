/*
 * Replies are encoded as they arrive, into one body. What does not fit beside the others is put
 * off: its caller asks for it again, alone. An answer that no message can hold is an error that
 * says how large it is.
 */
#include "lib/rpc/exchange.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>

#include "lib/rpc/compress.h"

#define DEFERRED_BYTES 160 /* what a deferred reply takes at most */

const struct error exchange_reply_deferred = {
        .code = UNAVAILABLE,
        .reason = "REPLY_DEFERRED",
        .message = "the answer did not fit beside the others: repeat the call alone",
};

void exchange_count_down(struct exchange *exchange)
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
                &(struct rpc_reply){
                        .error = &exchange_reply_deferred, .sequence = reply->sequence});
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
        if (call->waits)
                atomic_fetch_sub(&exchange->server->waiting, 1);
        append_reply(exchange, call->id, reply);
        bool last = --exchange->left == 0;
        pthread_mutex_unlock(&exchange->lock);
        buffer_release(&packed);
        if (last)
                exchange_answer(exchange);
}
