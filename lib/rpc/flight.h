#pragma once
/*
 * The inside of a channel: its open calls, and flights, each of which carries one message of
 * calls to the server and its answers back. Shared by channel.c and channel_call.c, which
 * start and end calls, open_call.c, endpoint.c, flight.c and landing.c, which move them.
 *
 * One lock protects everything; it is never held while a program's callback runs or while a
 * message is handed to the transport.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <nng/nng.h>
#include "lib/rpc/channel.h"
#include "lib/rpc/retry.h"
#include "lib/rpc/wheel.h"

#define CHUNK_CALLS 256 /* of the pool of calls */

struct endpoint;
struct flight;
struct hedge;

enum call_state {
        CALL_FREE,
        CALL_QUEUED,
        CALL_FLYING,
        CALL_RESTING, /* between two attempts */
        CALL_ENDED,   /* its callback runs or is about to */
};

/* Which queue a call waits in. Reads and writes are batched, never together; the others, and
 * calls whose answer was deferred, travel one to a message. */
enum queue { QUEUE_READ, QUEUE_WRITE, QUEUE_ALONE, QUEUE_COUNT };

/* One call from its start to its end. */
struct open_call {
        struct wheel_timer timer; /* first: a timer is its call */
        struct open_call *next;   /* in a queue, the pool or a list of ended ones */
        struct open_call *prev;   /* in a queue */
        struct flight *flight;    /* CALL_FLYING */
        uint32_t position;        /* in the flight */
        uint32_t index;           /* in the pool */
        uint32_t generation;
        enum call_state state;
        enum queue queue;
        int attempts;
        int64_t deadline_us;
        int64_t unconnected_us; /* since when it has waited for a connection */
        struct buffer fixed;    /* the encoded call, and its own token behind */
        size_t fixed_len;
        bool own_token;
        struct endpoint *only; /* where it goes when that is ready, and once; NULL: any */
        struct hedge *hedge;   /* that begins a second attempt at hedge_us; NULL: none does */
        int64_t hedge_us;
        channel_done *done;
        void *context;
        uint64_t *number;                /* as in struct channel_call */
        const struct rpc_answer *answer; /* CALL_ENDED */
};

/* What is known of a server that one may go back to. */
enum health {
        HEALTH_ASSUMED,
        HEALTH_UNKNOWN, /* its connection is a new one: it is to be asked */
        HEALTH_ASKED,
};

struct call_list {
        struct open_call *first;
        struct open_call *last;
        size_t count;
};

/*
 * One server of those that a channel may call, with a socket of its own: several dialers on one
 * socket would be a blind rotation. Its flights are its own too; the queues are the channel's.
 */
struct endpoint {
        struct channel *channel;
        char *url;
        nng_socket socket;
        nng_dialer dialer;
        nng_pipe pipe; /* the newest connection, where connection_count is not 0 */
        int connection_count;
        bool reads_zstd;          /* it has said so on this connection */
        uint64_t epoch;           /* counts lost connections */
        uint64_t charged_epoch;   /* the last one that cost a token of the budget */
        uint64_t charged_number;  /* of the last message that had left when a failed one did */
        struct wheel_timer pause; /* at whose end sending goes on */
        int64_t paused_until_us;
        bool leaving; /* the server said that it stops, and still does */
        enum health health;
        int64_t probe_us;      /* HEALTH_UNKNOWN: not asked before */
        uint64_t probed_epoch; /* HEALTH_ASKED: of the connection it was asked by */
        struct flight *idle[QUEUE_COUNT];
        size_t flight_count[QUEUE_COUNT];
        size_t busy_flights[QUEUE_COUNT];
        int64_t loaded_us[QUEUE_COUNT]; /* when the last one left */
};

enum flight_state { FLIGHT_IDLE, FLIGHT_SENDING, FLIGHT_SENT, FLIGHT_LANDED };

struct channel {
        char *url;
        char *agent;
        int64_t timeout_ms_default;
        int64_t connect_timeout_us;
        size_t in_flight_max;
        int attempts_max;
        enum channel_reads reads;
        bool accept_zstd;
        bool shows_certificate; /* of its own, over TLS */
        atomic_bool sends_zstd; /* every endpoint has said that it reads it */
        int64_t hedge_us;       /* 0: no hedging */
        char *health_method;    /* or NULL */
        struct buffer health_answer;
        struct endpoint *endpoints;
        size_t endpoint_count;
        atomic_uint_fast64_t sequence;
        uint64_t id; /* what its messages are named by, so that their calls can be cancelled */

        pthread_mutex_t lock;  /* over the following */
        pthread_cond_t wake;   /* of the timer's thread */
        pthread_cond_t landed; /* while closing: a flight, a sending thread, a connection */
        pthread_t timer_thread;
        int64_t wake_us; /* when the timer's thread looks again */
        bool closing;
        size_t sending; /* threads inside the transport with a message */

        struct open_call **chunks; /* the pool, in pieces that never move */
        size_t chunk_count;
        struct open_call *free_calls;
        size_t open_count;

        struct call_list queues[QUEUE_COUNT];
        size_t flying[QUEUE_COUNT]; /* calls */
        struct flight *flights;     /* all of them */
        size_t turn;                /* of the endpoint that reads next */
        size_t chosen;        /* of the endpoint that is called while reads do not take turns */
        struct hedge *hedges; /* with two attempts open */

        struct wheel wheel;
        struct random random;
        struct retry_budget budget;
        struct buffer token;
        int connection_count;   /* of all endpoints */
        int64_t unconnected_us; /* since when, where connection_count is 0 */
        struct channel_stats stats;
};

/* One message on its way, and the context that carries one after the other. */
struct flight {
        struct flight *next;      /* of all */
        struct flight *next_idle; /* of the idle ones of its queue */
        struct channel *channel;
        struct endpoint *endpoint;
        enum queue queue;
        enum flight_state state;
        nng_ctx context;
        nng_aio *send;
        nng_aio *receive;
        struct arena arena; /* of the answers */
        struct open_call **calls;
        size_t call_capacity;
        size_t count;    /* of calls as sent */
        size_t attached; /* that still wait for their answer */
        uint64_t epoch;
        uint64_t number; /* of its message */
        struct buffer body;
};

/* What happened to a message as a whole, for the calls that no reply answers. */
struct outcome {
        enum status code;
        const char *reason;
        const char *text;
};

/* All with the lock held. */
void calls_append(struct call_list *list, struct open_call *call);
void calls_prepend(struct call_list *list, struct open_call *call);
void calls_remove(struct call_list *list, struct open_call *call);
/* Puts a call into its queue and sets its timer. */
void call_queue(struct channel *channel, struct open_call *call, int64_t now_us);
/* Takes a call out of queue, flight and wheel: it is over, and its callback is to run. */
void call_end(struct channel *channel, struct open_call *call);
void timer_set(struct channel *channel, struct wheel_timer *timer, int64_t due_us);
/* Whether what waits in a queue is worth a message to the endpoint now. */
bool flight_is_due(const struct endpoint *endpoint, enum queue queue, int64_t now_us);
/* A call leaves its flight. */
void flight_detach(struct flight *flight, struct open_call *call);

/* Its server has said that it reads compressed requests. */
void endpoint_reads_zstd(struct endpoint *endpoint);

/* endpoint.c: the endpoint that takes the next message of a queue, whose first call this is, or
 * NULL while none does. */
struct endpoint *endpoint_choose(
        struct channel *channel, enum queue queue, const struct open_call *first, int64_t now_us);
/* Another one that would take calls at once, or NULL. */
struct endpoint *endpoint_other(const struct endpoint *endpoint, int64_t now_us);
/* One that is to be asked how it is, or NULL. */
struct endpoint *endpoint_to_probe(struct channel *channel, int64_t now_us);

/* hedge.c: of a call that is about to be started. */
struct hedge *hedge_new(struct channel *channel, channel_done *done, void *context);
/* The callback of its attempts, whose context hedge_first gives. */
void hedge_answered(void *attempt, const struct rpc_answer *answer);
void *hedge_first(struct hedge *hedge);
/* Its time has come while the call flies: takes what the second attempt needs. The hedge, to be
 * given to hedge_begin without the lock; NULL when there will be no second attempt. */
struct hedge *hedge_take(struct channel *channel, struct open_call *call, int64_t now_us);
/* The number under which a call is to be cancelled: the second attempt's when the first is over. */
uint64_t hedge_number(const struct channel *channel, uint64_t number);

/* What channel_cancel knows a call by. */
uint64_t call_number(const struct open_call *call);
/* A call from the pool by its index, or NULL. */
struct open_call *call_at(const struct channel *channel, size_t index);

/* Without the lock. */
void hedge_begin(struct hedge *hedge);
/* channel_call.c: starts a call that is encoded and knows its queue and deadline. 0, and the
 * callback has run, when it cannot be started. */
uint64_t call_start_prepared(struct channel *channel, struct open_call *prepared, int64_t now_us);
/* Starts a call to one endpoint, whose callback gets the endpoint. */
void call_start_at(struct channel *channel, const struct channel_call *call,
        struct endpoint *endpoint, channel_done *done);
/* probe.c: asks a server how it is. */
void endpoint_probe(struct endpoint *endpoint);
/* Connects to every endpoint of the options' URL. */
enum status endpoints_open(
        struct channel *channel, const struct channel_options *options, struct error *error);
/* Why none of them is connected: a sentence that the URL ends. */
const char *unconnected_why(const struct channel *channel);
/* Ends their connections and closes their sockets: no thread is inside afterwards. */
void endpoints_close(struct channel *channel);
/* After flights_free. */
void endpoints_free(struct channel *channel);
/* Ends calls with an error of the channel's own: text and the URL. */
void calls_finish_with(struct channel *channel, struct open_call *ended, enum status code,
        const char *reason, const char *text);
/* Runs the callbacks of ended calls and gives the calls back to the pool. Those without an
 * answer of their own get this one. */
void calls_finish(
        struct channel *channel, struct open_call *ended, const struct rpc_answer *answer);
/* Sends what is queued as far as flights are free. */
void flights_launch(struct channel *channel);
/* All flights idle and the socket closed. */
void flights_free(struct channel *channel);
/* Hands the answers out, and the outcome to calls that have none, and runs the callbacks. */
void flight_settle(struct flight *flight, const struct rpc_answer *answers, size_t count,
        const struct outcome *rest);
