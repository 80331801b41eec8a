#pragma once
/*
 * One message of a server from its receipt to its reply, on one REP context. Between server.c,
 * which has the socket, exchange.c, which receives and sends, exchange_calls.c, which hands the
 * calls over, and exchange_replies.c, which gathers what they answer.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <nng/nng.h>
#include "lib/rpc/connections.h"
#include "lib/rpc/server.h"
#include "lib/rpc/tls.h"

#define TLS_KEPT 8 /* configurations, the present one included */

struct server_tls {
        struct tls_files files; /* all NULL: no TLS */
        pthread_mutex_t lock;   /* over the following */
        struct rpc_certificate certificate;
        nng_tls_config *kept[TLS_KEPT];
        size_t changes;
};

struct rpc_server {
        struct rpc_service service;
        nng_socket socket;
        nng_listener listener;
        struct connections *connections;
        char *url;
        nng_duration send_timeout_ms;
        int64_t idle_timeout_ms; /* 0: none */
        int64_t handshake_timeout_ms;
        struct handshakes *handshakes;
        struct unfinished *unfinished;
        nng_aio *sweep; /* sleeps until connections that nobody uses are looked for again */
        struct server_tls tls;
        bool compresses;

        pthread_mutex_t lock; /* over the following */
        pthread_cond_t changed;
        struct exchange *exchanges; /* all of them */
        size_t exchange_count;
        size_t ended_count; /* exchanges that will never receive again */
        size_t running;     /* exchanges whose calls were handed to the service */

        atomic_size_t inside; /* threads inside the transport, by server_enter */
        atomic_bool draining;
        atomic_bool closing;
        atomic_size_t unread;     /* replies that their peers have not taken yet */
        atomic_size_t receiving;  /* exchanges that wait for a message */
        atomic_size_t waiting;    /* calls of LANE_WAIT that are not answered */
        atomic_size_t bytes_held; /* of requests whose calls are not all answered */
        atomic_uint_fast64_t messages;
        atomic_uint_fast64_t calls;
        atomic_uint_fast64_t refused;
        atomic_uint_fast64_t deferred;
        atomic_uint_fast64_t slow_peers;
        atomic_uint_fast64_t reaped;
};

struct exchange {
        struct exchange *next;
        struct rpc_server *server;
        nng_ctx context;
        nng_aio *receive;
        nng_aio *send;
        nng_aio *turn; /* carries nothing: brings the next cut of reads */
        nng_msg *request;
        nng_pipe pipe;
        struct arena arena; /* of the batch */
        struct rpc_call *calls;
        size_t call_count;
        struct rpc_call **reads; /* calls of LANE_READ */
        size_t read_count;
        size_t read_done;
        /* Bytes of answers that were, or were tried to be, compressed. */
        atomic_size_t compressible;
        bool running;
        char peer[PEER_LEN_MAX + 1];

        pthread_mutex_t lock; /* over the following, and call->message of every call */
        struct buffer replies;
        size_t reply_bytes_max;
        size_t left;     /* calls not answered, and one for the callback */
        size_t deferred; /* replies that had no room */
};

/*
 * Around every use of a context. False: the server closes, and nothing of its socket may be
 * touched. The transport frees a socket under a thread that is the last to let go of one of its
 * contexts.
 */
bool server_enter(struct rpc_server *server);
void server_leave(struct rpc_server *server);

/* Adds an exchange to the server and starts its first receive. 0 or an NNG error. */
int exchange_open(struct rpc_server *server);
/* After exchange_end was reached. */
void exchange_free(struct exchange *exchange);
struct exchange *exchange_next(const struct exchange *exchange);

/* The certificate, in server_tls.c: the first for a listener that has not started. */
void server_tls_init(struct rpc_server *server);
enum status server_tls_open(
        struct rpc_server *server, const struct rpc_server_options *options, struct error *error);
void server_tls_release(struct rpc_server *server);

/* exchange_calls.c: a message has come; every call of it is handed over or answered. */
void exchange_begin(struct exchange *exchange);
/* Hands in reads for one budget's time. The callback of exchange->turn, too. */
void exchange_run_reads(void *exchange);

/* exchange_replies.c */
extern const struct error exchange_reply_deferred;
/* One count less; the last one answers. */
void exchange_count_down(struct exchange *exchange);

/* exchange.c: all calls are answered. The request goes, the reply is sent. */
void exchange_answer(struct exchange *exchange);
