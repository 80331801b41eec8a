#pragma once
/*
 * Calls and replies as values, and their form on the wire (proto/rpc.proto). Pure functions over
 * bytes: no sockets here.
 */
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/status.h"

#define RPC_BATCH_CALLS_MAX   1024
#define RPC_MESSAGE_BYTES_MAX (4u << 20) /* of one transport message, both ways */
#define RPC_REPLY_BYTES_MAX   (3u << 20) /* of one answer */

/* One call as received; everything points into the message it came in. */
struct rpc_call {
        uint32_t id;
        struct bytes method;
        struct bytes request;
        struct bytes token;
        struct bytes request_id;
        struct bytes traceparent;
        struct bytes accept_language;
        struct bytes agent;
        uint64_t min_sequence;
        int64_t deadline_us; /* on the monotonic clock */
        const char *peer;    /* address of the caller, for limits; "" in tests */
        void *message;       /* the server's own; NULL in tests */
};

/* One answer. */
struct rpc_reply {
        const struct error *error; /* NULL: success */
        struct bytes response;
        uint64_t sequence;
};

/* Splits a batch without copying; at most RPC_BATCH_CALLS_MAX calls. INVALID_ARGUMENT with
 * MALFORMED_BATCH otherwise. calls is the arena's. */
enum status frame_read_batch(struct arena *arena, struct bytes body, int64_t now_us,
        struct rpc_call **calls, size_t *count, uint32_t *reply_bytes_max, struct error *error);

/* Appends one encoded Call, Reply to a body. */
void frame_write_call(struct buffer *out, const struct rpc_call *call, uint32_t timeout_ms);
void frame_write_reply(struct buffer *out, uint32_t id, const struct rpc_reply *reply);

/* Splits replies; strings and bytes point into body, the error (if any) is the arena's. */
struct rpc_answer {
        uint32_t id;
        struct error *error; /* NULL: success */
        struct bytes response;
        uint64_t sequence;
};
enum status frame_read_replies(struct arena *arena, struct bytes body, struct rpc_answer **answers,
        size_t *count, struct error *error);
