#pragma once
/*
 * The client's half: one channel is one shop, at one address or several, and any number of threads.
 * Calls of one lane that are started while its messages are in flight gather and travel
 * together (flight.c); a lone call is sent at once. The channel reconnects, retries what is safe
 * (every write carries a request id, so writes are) with exponential backoff and a budget, and
 * keeps one deadline over the chain. Works on bytes: messages and stubs are built above it.
 *
 * What the channel itself answers: UNAVAILABLE with NOT_CONNECTED or CONNECTION_LOST,
 * DEADLINE_EXCEEDED with NO_ANSWER or NO_TIME_LEFT, CANCELLED with CALL_CANCELLED or
 * CHANNEL_CLOSED, RESOURCE_EXHAUSTED with TOO_MANY_CALLS or REQUEST_TOO_LARGE, INVALID_ARGUMENT
 * with BAD_HEADER, INTERNAL with MALFORMED_REPLY.
 */
#include "lib/rpc/frame.h"
#include "lib/schema/schema.h"

struct channel;

enum channel_reads { READS_FIRST, READS_IN_TURN };

/* Whether large answers may come compressed. On this machine it costs more than it saves. */
enum channel_compression { COMPRESSION_REMOTE, COMPRESSION_ALWAYS, COMPRESSION_NEVER };

struct channel_options {
        /* Of one server, or of several for the same shop, separated by commas: calls go to the
         * first that is connected and does not stop, reads also to all of them in turn. */
        const char *url;
        enum channel_reads reads;
        enum channel_compression compression;
        int64_t hedge_delay_ms;     /* of reads; 0: none, see struct channel_call */
        const char *health_method;  /* asked of a server of several that is back; NULL: nothing */
        struct bytes health_answer; /* with an empty request: only this one means that it is well */
        const char *agent;          /* "shopctl/1.0" */
        int64_t timeout_ms_default; /* 0: 10,000 */
        size_t in_flight_max;       /* calls started and not answered; 0: 65,536 */
        int attempts_max;           /* 0: 5 */
        int64_t connect_timeout_ms; /* a call that finds no connection for so long fails; 0: 5,000
                                     */
        const char *tls_ca_file;    /* of tls+tcp:// */
        const char *tls_cert_file;  /* of this end, for servers that want one; NULL: none */
        const char *tls_key_file;
};

enum status channel_open(
        struct channel **out, const struct channel_options *options, struct error *error);
/* Calls still open end with CANCELLED. Waits for their callbacks; never from one of them. */
void channel_close(struct channel *channel);

/* The token every later call carries; copied. Empty: none. INVALID_ARGUMENT, and the old one
 * stays, when it is not at most RPC_TEXT_BYTES_MAX printable ASCII characters: a server would
 * refuse every batch with it. */
enum status channel_set_token(struct channel *channel, struct bytes token);

struct channel_call {
        const char *method;
        enum lane lane;
        struct bytes request;   /* copied */
        const char *request_id; /* NULL: the channel makes one for lanes that write */
        int64_t timeout_ms;     /* 0: default */
        int64_t deadline_us;    /* no later than this, on the monotonic clock; 0: no such limit */
        /* A read that is not answered by then is asked a second time, of another server where one
         * is connected, and the first answer is taken. 0: the channel's; below: none. */
        int64_t hedge_delay_ms;
        const char *accept_language;
        const char *traceparent;
        const char *token; /* instead of the channel's; NULL: the channel's, "": none */
        struct rpc_metadata metadata;
        uint64_t *number; /* where its number is put before it can end; NULL: nowhere */
};

/* The answer; valid only inside the callback. */
typedef void channel_done(void *context, const struct rpc_answer *answer);

/*
 * Starts a call; done runs exactly once, on a thread of the channel, of who cancels or closes, or
 * on this one before the function returns when the call cannot be started. It must not block and
 * may start calls. Returns a number for channel_cancel, never 0.
 */
uint64_t channel_start(struct channel *channel, const struct channel_call *call, channel_done *done,
        void *context);
/* The call ends with CANCELLED unless it ended already, and a server with which it waits is told
 * to forget it. What the server began, it finishes. */
void channel_cancel(struct channel *channel, uint64_t number);

/* Starts and waits. The answer's memory is the arena's. */
enum status channel_call(struct channel *channel, const struct channel_call *call,
        struct arena *arena, struct rpc_answer *answer);

/* The highest sequence seen. */
uint64_t channel_sequence(const struct channel *channel);

struct channel_stats {
        uint64_t calls;
        uint64_t messages; /* sent; calls / messages is what coalescing gives */
        uint64_t retries;
        uint64_t hedges; /* second attempts */
        uint64_t probes; /* of servers that were back */
        uint64_t connects;
};
void channel_stats(struct channel *channel, struct channel_stats *out);
