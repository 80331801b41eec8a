#pragma once
/*
 * Listens, splits batches into calls, hands each to the program above by its lane, and sends the
 * message's reply when all its calls are answered. Reads run at once in the receiving thread;
 * everything else is handed over to the program's queues.
 */
#include <stdbool.h>
#include "lib/rpc/frame.h"
#include "lib/schema/schema.h"

struct rpc_server;

/* What the server asks of the program above it. All are called from the transport's threads, of
 * which there are few: none may wait. */
struct rpc_service {
        void *context;
        /* The lane of a call; LANE_READ also for methods that do not exist. May set call->route;
         * calls of the same method that follow in the message are not asked for but get both. */
        enum lane (*lane)(void *context, struct rpc_call *call);
        /* Answers calls in order, at least one, and begins none after budget_us. Calls that were
         * not begun stay unanswered and their number is returned: the server hands them in again
         * behind what other messages wait for. */
        size_t (*read)(
                void *context, struct rpc_call *const *calls, size_t count, int64_t budget_us);
        /* Takes the call until rpc_reply. False: its queue is full. */
        bool (*submit)(void *context, enum lane lane, struct rpc_call *call);
        /* Calls that were submitted and nobody waits for: their caller cancelled them or has gone.
         * Those that did not begin are answered CANCELLED; the others go on. */
        void (*drop)(void *context, const struct rpc_which *which);
        /* Adds the sentence in the caller's language to an error of the server's own; NULL: there
         * are none. */
        void (*localize)(void *context, const struct rpc_call *call, struct error *error);
};

struct rpc_server_options {
        /* "tcp://127.0.0.1:0" picks a free port; the file of "ipc:///PATH" is its owner's alone */
        const char *url;
        size_t connections_max;         /* 0: 10,000 */
        size_t address_connections_max; /* of them, from one address; 0: half */
        size_t receivers;               /* contexts that receive; 0: 64, grows to 4,096 */
        const char *tls_cert_file;      /* tls+tcp://; the three names outlive the server */
        const char *tls_key_file;
        const char *tls_client_ca_file; /* who must have signed a client's; NULL: needs none */
        bool plain;                     /* compresses no answer */
        int64_t send_timeout_ms;        /* for a peer that does not read its replies; 0: 10,000 */
        int64_t idle_timeout_ms; /* connections on which nothing comes for so long end; 0: never */
        size_t unfinished_bytes_max;  /* of messages that are not whole yet, together; 0: 64 MiB */
        int64_t handshake_timeout_ms; /* for a peer that connects to shake hands; 0: 10,000 */
};

/* INVALID_ARGUMENT with BAD_URL or BAD_TLS, UNAVAILABLE with CANNOT_LISTEN. */
enum status rpc_server_open(struct rpc_server **out, const struct rpc_server_options *options,
        const struct rpc_service *service, struct error *error);
/* The URL with the port that was chosen. */
const char *rpc_server_url(const struct rpc_server *server);
/* Refuses new calls with UNAVAILABLE, waits until what runs is answered, at most timeout_ms. */
void rpc_server_drain(struct rpc_server *server, int64_t timeout_ms);
/* Closes every connection, waits until every call that was submitted is answered (the program
 * above must still be able to), and frees the server. NULL is fine. */
void rpc_server_close(struct rpc_server *server);

/* Answers a call, once, from any thread. The reply is copied; the call is gone when this returns.
 * A reply that has no room left in its message is answered REPLY_DEFERRED, and the channel asks
 * for it again alone. */
void rpc_reply(struct rpc_call *call, const struct rpc_reply *reply);

/* What the server shows of itself. */
struct rpc_certificate {
        char fingerprint[65]; /* SHA-256, in hexadecimal */
        int64_t expire_s;     /* since 1970 */
};
/* False: there is no TLS. */
bool rpc_server_certificate(struct rpc_server *server, struct rpc_certificate *out);
/* Reads its files again: connections from now on see what is in them, and are asked for what is in
 * them; those that are open stay. FAILED_PRECONDITION with NOT_TLS, or BAD_TLS, and all is as it
 * was. */
enum status rpc_server_reload(
        struct rpc_server *server, struct rpc_certificate *out, struct error *error);

struct rpc_server_stats {
        uint64_t messages;
        uint64_t calls;
        uint64_t connections; /* open now */
        uint64_t rejected;    /* connections turned away and calls refused before they ran */
        uint64_t deferred;    /* replies that had no room */
        uint64_t slow_peers;  /* connections closed because nobody read */
        uint64_t reaped;      /* because nothing came */
        uint64_t unfinished;  /* because too much of unfinished messages had come */
};
void rpc_server_stats(const struct rpc_server *server, struct rpc_server_stats *out);
