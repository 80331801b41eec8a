#pragma once
/*
 * Calls and replies as values, and their form on the wire (proto/rpc.proto). Pure functions over
 * bytes: no sockets here.
 */
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/status.h"

#define RPC_BATCH_CALLS_MAX    1024
#define RPC_MESSAGE_BYTES_MAX  (4u << 20) /* of one transport message, both ways */
#define RPC_REPLY_BYTES_MAX    (3u << 20) /* of one answer */
#define RPC_TEXT_BYTES_MAX     1024       /* of a method, token, request id, agent and so on */
#define RPC_TIMEOUT_MS_DEFAULT 10000      /* of a call that names none */
#define RPC_LIST_MAX           1000       /* violations and facts of one error that are read */
#define RPC_METADATA_MAX       16         /* of one call or answer */
#define RPC_METADATA_NAME_MAX  64

/* Something else about a call or its answer. */
struct rpc_metadatum {
        struct bytes name;
        struct bytes value;
};

struct rpc_metadata {
        const struct rpc_metadatum *at;
        size_t count;
};

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
        struct rpc_metadata metadata;
        uint64_t min_sequence;
        int64_t deadline_us; /* on the monotonic clock */
        uint64_t channel;    /* whose call it is; 0: nobody's */
        uint64_t number;     /* of its message in the channel */
        bool accept_zstd;    /* its answer may be compressed */
        uint32_t zstd_bytes; /* 0, or what the request holds: see compress_request */
        uint32_t connection; /* that it came by; 0: the server's own */
        bool waits;          /* the server's own: it has one of the places to wait in */
        const char *peer;    /* address of the caller, for limits; "" in tests */
        void *message;       /* the server's own; NULL in tests */
        const void *route;   /* the program's own: what it found when it was asked for the lane */
};

/* Which calls: those of a connection, or those that a Cancel names. */
struct rpc_which {
        uint32_t connection; /* 0: see the others */
        uint64_t channel;
        uint64_t number;
        uint32_t id; /* 0: every call of the message */
};
bool rpc_which_has(const struct rpc_which *which, const struct rpc_call *call);

/* One answer. */
struct rpc_reply {
        const struct error *error; /* NULL: success */
        struct bytes response;
        uint64_t sequence;
        struct rpc_metadata metadata;
        bool secret;         /* never compressed */
        uint32_t zstd_bytes; /* the transport's own: what a compressed response holds */
};

/*
 * Splits a batch without copying; at most RPC_BATCH_CALLS_MAX calls, at least one.
 * INVALID_ARGUMENT with MALFORMED_BATCH otherwise, also for a method, request id, trace context,
 * language, agent or metadata that is not printable ASCII or is longer than RPC_TEXT_BYTES_MAX.
 * calls is the arena's.
 */
enum status frame_read_batch(struct arena *arena, struct bytes body, int64_t now_us,
        struct rpc_call **calls, size_t *count, uint32_t *reply_bytes_max, struct error *error);

/* Names a message, before or between its calls. */
void frame_write_name(struct buffer *out, uint64_t channel, uint64_t number);

/* The sender reads compressed answers. */
void frame_write_accept_zstd(struct buffer *out);
/* The server reads compressed requests: before its replies. Whether a reply's body says so. */
void frame_write_reads_zstd(struct buffer *out);
bool frame_reads_zstd(struct bytes body);

#define RPC_CANCEL "rpc.Cancel" /* its request names calls; the server answers it by itself */
void frame_write_cancel(struct buffer *out, const struct rpc_which *which);
/* False: the request is no Cancel. */
bool frame_read_cancel(struct bytes request, struct rpc_which *which);

/* Whether a text may stand in a Call: printable ASCII, not longer than RPC_TEXT_BYTES_MAX. */
bool frame_header_ok(struct bytes text);
bool frame_metadata_ok(const struct rpc_metadata *metadata);
/* The value of a name, or NULL. */
const struct bytes *frame_metadata_get(const struct rpc_metadata *metadata, const char *name);

/* Appends one encoded Call, Reply to a body. Of a call, deadline_us, peer and message are not
 * written; timeout_ms is. */
void frame_write_call(struct buffer *out, const struct rpc_call *call, uint32_t timeout_ms);
void frame_write_reply(struct buffer *out, uint32_t id, const struct rpc_reply *reply);

/*
 * A call in two parts, for a sender that repeats it: the fields that never change are encoded
 * once, and each sending adds those that do. frame_write_call_fixed appends bare fields;
 * frame_write_call_sent appends a whole Call made of them and of id, token, min_sequence and
 * timeout_ms.
 */
void frame_write_call_fixed(struct buffer *out, const struct rpc_call *call);
void frame_write_call_sent(
        struct buffer *out, struct bytes fixed, const struct rpc_call *call, uint32_t timeout_ms);

/* Splits replies; response points into body, or was compressed and is the arena's, as is the error
 * (if any). */
struct rpc_answer {
        uint32_t id;
        struct error *error; /* NULL: success */
        struct bytes response;
        uint64_t sequence;
        struct rpc_metadata metadata;
};
enum status frame_read_replies(struct arena *arena, struct bytes body, struct rpc_answer **answers,
        size_t *count, struct error *error);
