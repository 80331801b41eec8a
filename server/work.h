#pragma once
/*
 * One call on its way, and what the files of the pipeline share. Not for handlers.
 *
 * A piece of work lives in one thread at a time: the transport's, a queue, the writer, a slow
 * thread, the watcher. Whoever holds it may change it; handing it over is handing over all of it.
 */
#include <pthread.h>
#include <stdatomic.h>
#include "lib/base/random.h"
#include "lib/seal/seal.h"
#include "server/commit.h"
#include "server/histogram.h"
#include "server/key_uses.h"
#include "server/payers.h"
#include "server/pipeline.h"
#include "server/queue.h"

/* What is worked out once per method, so that a call need not. */
struct plan {
        const struct schema_method *method;
        const struct server_method *handler;
        bool writes;          /* runs on the writer, deduped */
        bool has_refs;        /* some field of the request names a row */
        bool asks_personal;   /* the request may */
        uint32_t clear_roles; /* who see that of others unmasked */
        bool has_masked;      /* some field of the answer must be cleared before it is answered */
        bool system_only;
        bool about_server; /* answered while the server drains */
        bool administers;  /* works on the server itself: recorded like a write */
        bool health;       /* costs nobody anything and goes first */
};

struct replay_key; /* dedupe.c */

struct call_private {
        struct pipeline *pipeline;
        struct work *work;
        struct random random;
        bool seeded;
        bool refused; /* call_refuse: changes and error are kept */
        bool waiting; /* call_wait */
        int64_t wait_ms;
        uint64_t wait_mark; /* call_wait_mark */
        int64_t real_us;    /* the machine's time when the call began */
        size_t event_count;
        size_t exempt_changes;         /* keys changed by effects, which need no event */
        int64_t due_us;                /* earliest timer or job it asked for */
        uint8_t secret[SEAL_HASH_LEN]; /* real randomness, drawn once for both runs */
        bool has_secret;
        uint32_t secret_count;
};

/* Where the time of a call went: before it ran, while it ran, and until the disk had it. */
enum spent { SPENT_QUEUED, SPENT_RAN, SPENT_COMMITTED };
#define SPENT_COUNT 3

/* Units taken for the reads of a batch. */
struct purse {
        bool open;
        struct bytes token; /* whose it is */
        struct payer payer;
        uint32_t left;
        uint32_t calls; /* that are still to come in the batch, this one counted */
};

/* Why the gate turns calls away. */
enum refusal {
        REFUSED_CALLER_RATE,
        REFUSED_STRANGER_RATE,
        REFUSED_CALLER_WAITS,
        REFUSED_STRANGER_WAITS,
        REFUSED_ADDRESS_WAITS,
        REFUSED_ADDRESS_SLOW,
        REFUSED_WRITE_WAIT,
        REFUSED_SLOW_WAIT,
        REFUSED_QUEUE,
        REFUSED_EXPANDED,
};
#define REFUSAL_COUNT 10

#define PLACES_MAX 2

struct work {
        struct work *next; /* in a queue */
        struct call call;
        struct caller caller;
        struct call_private private;
        const struct plan *plan; /* NULL: a step without a method */
        const struct rpc_call *rpc;
        struct rpc_call rpc_own; /* of work that did not come over the wire */
        struct bytes sent;       /* the request's bytes, no longer compressed */
        const void *request;
        const void *response; /* decoded, where there is one */
        struct bytes answer;  /* encoded */
        bool stored;          /* it is a document's stored bytes; of response there is the key */
        uint64_t sequence;
        bool system;                   /* called by the shop itself */
        bool once;                     /* deduped by its request id */
        struct replay_key *replay_key; /* under which its outcome is kept; from dedupe_early() */
        const uint8_t *token_hash;     /* of a write; from identify_early() */
        bool replayed;
        const char **members; /* whose personal data staff are shown clear */
        size_t member_count;
        size_t member_room;
        bool shows_clear; /* there is such data, also where it is nobody's by name */
        bool answered;    /* it has its answer; only its step is to be done */
        bool stepped;     /* its step was done: kept even where the method fails */
        bool failed;      /* call.error is the answer */
        int64_t start_us; /* monotonic */
        int64_t since_us; /* monotonic; up to here it is known where the time went */
        int64_t spent_us[SPENT_COUNT];
        bool grouped;     /* it ran on the writer, in a group */
        bool turned_away; /* by the gate: counted, not logged one by one */
        uint8_t place_count;
        struct payer places[PLACES_MAX]; /* with whom it counts as one that waits or is slow */
        uint32_t expanded; /* bytes that its compressed request holds, while they count */
        struct payer payer;
        uint64_t round;          /* in a queue in which addresses take turns */
        struct purse *purse;     /* of its batch, or NULL */
        int64_t park_until_us;   /* monotonic; WAIT */
        struct work **parked_at; /* what points to it while it is parked */
        struct wish *wishes;
        size_t wish_count;
        size_t wish_room;
        /* Before the method and in its transaction, or alone. False: nothing to do any more. */
        bool (*step)(struct work *work, struct txn *txn);
        void *step_context;
        /* Runs once when the outcome is durable (or refused); the last to touch the work. */
        void (*done)(struct work *work);
        void *done_context;
        struct arena arena; /* of queued work; call.arena points here or to a batch's */
};

#define WATCH_LISTS 4096

/* Something that a parked call waits for: a place in the index of all that is waited for. */
struct wish {
        struct wish *next;
        struct wish **at; /* what points to it; NULL: it is not there */
        struct work *work;
        uint64_t key;
};

struct parked {
        pthread_mutex_t mutex;
        pthread_cond_t changed;
        struct work *fresh; /* not looked at yet */
        struct work *first;
        size_t count; /* of both */
        struct wish *index[WATCH_LISTS];
        uint64_t seen;           /* the last event that the index was asked for; the watcher's */
        int64_t due_us;          /* monotonic: no earlier is the time of one of them over */
        bool news;               /* a commit since the index was asked */
        bool all;                /* all are to be looked at */
        bool looking;            /* the watcher has some of them in its hands */
        struct rpc_which *drops; /* what it is to drop of these when they come back */
        size_t drop_count;
        bool stopping;
};

/* The queues that calls wait in. */
enum { QUEUED_WRITE, QUEUED_SLOW };
#define QUEUE_COUNT 2

struct counters {
        atomic_uint_fast64_t reads, writes, refused, replayed, groups;
        atomic_uint_fast64_t changes;   /* keys changed by writes */
        atomic_uint_fast64_t passwords; /* hashed */
        atomic_uint_fast64_t *calls;    /* by method, then code; behind the last method: of none */
        struct histogram took[LANE_WAIT + 1]; /* by lane, in microseconds */
        atomic_uint_fast64_t refusals[REFUSAL_COUNT];
        struct histogram queued[QUEUE_COUNT]; /* microseconds that a call waited */
        struct histogram commits;             /* microseconds of each */
        struct histogram group_calls;         /* calls of each commit */
};

#define SLOW_THREADS_MAX 16
#define READERS_KEPT     16

struct pipeline {
        struct pipeline_options options;
        struct plan *plans; /* in the order of schema->methods */
        struct rpc_service service;
        struct queue writes;
        struct queue slow;
        struct commits commits;
        struct payers *payers;
        struct key_uses *key_uses;
        atomic_int_fast64_t refusal_logged_us;
        atomic_uint_fast64_t expanded; /* bytes of compressed requests that are not answered */
        struct parked parked;
        struct follow *follow;
        struct counters counters;
        atomic_bool started;
        atomic_bool stopping;
        atomic_bool failed;
        atomic_bool draining;         /* no new calls */
        atomic_bool building;         /* indexes are still to be built; set by the writer */
        atomic_int_fast64_t round_us; /* monotonic; when the writer last came around */
        int64_t tidied_us;            /* when old answers were last looked for; the writer's */
        struct arena scratch;         /* of the call that runs; the writer's */
        void *scratch_room;           /* its first block */
        pthread_t writer_thread;
        pthread_t watch_thread;
        pthread_t slow_thread[SLOW_THREADS_MAX];
        size_t slow_count;
        pthread_mutex_t readers_mutex;
        struct reader *readers; /* free ones */
        size_t readers_free;
};

/* ---- work ---- */

/* Queued work with an arena of its own. */
struct work *work_new(struct pipeline *pipeline);
void work_free(struct work *work);
/* What the clocks say. Reads of a batch share a look at them: each costs as much as a lookup. */
struct moment {
        int64_t real_us;
        int64_t monotonic_us;
};
struct moment moment_now(const struct pipeline *pipeline);
/* Makes call, caller and error ready in the arena. */
void work_init(struct work *work, struct pipeline *pipeline, struct arena *arena,
        const struct moment *now);
/* What the wire gets, once the work is finished. */
void work_reply(const struct work *work, struct rpc_reply *reply);
/* The sentence in the caller's language for what the transport refuses; a server's localize, see
 * lib/rpc/server.h. */
void work_localize(void *pipeline, const struct rpc_call *rpc, struct error *error);
/* Sends it and frees the work: the done of what came over the wire. */
void work_reply_and_free(struct work *work);
/* Ends as failed with call.error. */
void work_fail(struct work *work);
/* The time since the last such moment went there. */
void work_spent(struct work *work, enum spent spent, int64_t monotonic_us);
/* It waited until now in that queue. */
void work_unqueued(struct work *work, int queue);
/* The call answered: counters, log. */
void work_finished(struct work *work);
/* The line of the log, where there is one, goes to lines; they are the caller's to write. */
void work_finished_at(struct work *work, int64_t monotonic_us, struct buffer *lines);
/* Numbers for call_random and call_new_id begin anew. */
void work_begin_run(struct work *work);

/* ---- the steps of the way, in order; each returns OK or sets call.error ---- */

const struct plan *plan_of(const struct pipeline *pipeline, const struct schema_method *method);
struct plan *plans_new(const struct schema *schema, const struct server_method *methods);

/* find > gate > decode > check */
enum status admit_call(struct work *work, const struct rpc_call *rpc);
enum status admit_deadline(struct work *work);
enum status admit_deadline_at(struct work *work, int64_t monotonic_us);
/* Has the call paid for and finds room, before anything is done for it. */
enum status gate_enter(struct work *work);
/* Its queue was full after all. */
enum status gate_refuse_queue(struct work *work, enum queue_answer answer);
/* The call is over. */
void gate_leave(struct work *work);
/* Has what a compressed request holds paid for before it is expanded, health too, and counts it
 * until gate_leave: 64 MiB of all calls that wait. */
enum status gate_expand(struct work *work);
/* Gives back what the batch did not use. */
void gate_close_purse(struct pipeline *pipeline, struct purse *purse);
const char *gate_refusal_name(enum refusal refusal);
enum priority work_priority(const struct work *work);
/* What identify_caller() has to reckon and can be reckoned before the writer has the call. */
void identify_early(struct work *work);
enum status identify_caller(struct work *work);
enum status identify_role(struct work *work);
enum status own_request(struct work *work);
/* One row by its key: there and, for OWN, the caller's. path is the request's field with the row,
 * "" where the request has its key. */
enum status own_row(struct call *call, const struct schema_table *table,
        const struct key_value *key, const char *path);
bool table_is_owned(const struct schema_table *table);

enum replay { REPLAY_NONE, REPLAY_FOUND, REPLAY_REFUSED };
/* What dedupe_find() has to reckon and can be reckoned before the writer has the call. */
void dedupe_early(struct work *work);
/* The keyed hash of caller, method and request id, where dedupe_find() was asked, or NULL. */
const uint8_t *dedupe_hash(const struct work *work);
enum replay dedupe_find(struct work *work);
void dedupe_keep(struct work *work);
/* Forgets answers past their time, a few at a time. True while there may be more. */
bool dedupe_tidy(struct pipeline *pipeline, struct txn *txn);

/* Runs handler or standard method; answer and response are set. */
enum status dispatch_method(struct work *work);
/* Runs the method's prepare step. */
enum status dispatch_prepare(struct work *work);
/* Clears in an answer of stored bytes what the contract hides. */
void answer_hide(struct work *work);
enum status standard_run(struct work *work);
enum status standard_list(struct work *work);
enum status standard_create(struct work *work);
enum status standard_update(struct work *work);
enum status standard_delete(struct work *work);
/* What an Update asks for; false with the error set. */
struct change;
bool standard_change(struct work *work, struct change *change);

/* ---- lanes ---- */

/* identify .. encode of a call that does not write, in a snapshot that is begun. */
void read_work(struct work *work, struct txn *txn);
void readers_release(struct pipeline *pipeline);
size_t read_batch(void *context, struct rpc_call *const *calls, size_t count, int64_t budget_us);

/* One group: takes what is queued (waiting at most wait_ms for the first), runs it and has it
 * committed and answered. False: there was nothing. */
bool writer_group(struct pipeline *pipeline, int64_t wait_ms);
/* Index building and tidying, a step of each. */
void writer_background(struct pipeline *pipeline);
void *writer_main(void *pipeline);
/* Gives work to the writer that was let in before, or is the shop's own. */
void writer_submit_own(struct pipeline *pipeline, struct work *work);
/* In scratch, where nobody keeps more of it than its answer: memory that stays in the writer's
 * cache, while a call's own was last in that of the thread that received it. */
void write_work(struct work *work, struct group *group, struct arena *scratch);

/* A SLOW call: its read, or its prepare step and then on to the writer. */
void slow_work(struct work *work);
void *slow_main(void *pipeline);

/* False: too many wait already. */
bool watch_park(struct pipeline *pipeline, struct work *work);
/* Takes out those whose call is one of which: a list. What the watcher is looking at is dropped
 * when it comes back. */
struct work *watch_drop(struct pipeline *pipeline, const struct rpc_which *which);
/* Drops calls wherever they wait; a server's drop, see lib/rpc/server.h. */
void pipeline_drop(void *pipeline, const struct rpc_which *which);
/* Answers each of a list that its caller has given up. */
void drop_works(struct work *works);
/* Answers those in a queue whose caller's time is over. False: there are none. */
bool drop_expired(struct queue *queue);
/* Runs the parked calls once; for pipelines without threads. */
void watch_poll(struct pipeline *pipeline);
void watch_notify(struct pipeline *pipeline);
void *watch_main(void *pipeline);

/* ---- the shop's own work ---- */

/* A method called by the shop itself, to be submitted with a step, a done or both. request_id: what
 * its ids and chance follow from, of request_id_from; deduped only where once is set. traceparent
 * "": in nobody's trace. */
struct work *work_system(struct pipeline *pipeline, const char *method, const void *request,
        const char *request_id, const char *traceparent);
/* The store has no room or is not to be written: nobody's fault, to be tried again. */
bool work_store_refused(const struct work *work);
/* Waits until work's outcome is there; runs the writer where there is no thread. The work's done
 * and done_context must be unused. The caller frees the work. */
void work_wait_all(struct pipeline *pipeline, struct work **works, size_t count);
/* The 36 characters of a UUIDv7 that follows from the parts. */
char *request_id_from(struct pipeline *pipeline, struct arena *arena, uint64_t time_ms,
        const struct bytes *parts, size_t count);

/* Appends an event by no call. */
struct event_what {
        const char *type;
        const char *subject;
        const char *owner;
        const char *actor;
        const char *method;
        int64_t time_us;
};
int64_t pipeline_real_us(const struct pipeline *pipeline);
void event_tell(struct txn *txn, const struct event_what *what);
