#pragma once
/*
 * The way of a call: find > admit > decode > check > identify > role > begin > dedupe > own > run >
 * commit > encode. One pipeline serves one store. Reads run in the calling thread; writes run on
 * one writer thread, a group per commit; SLOW calls run on a small pool; WAIT calls are parked.
 *
 * Without pipeline_start there are no threads: everything runs inside pipeline_run, in order,
 * repeatably. Tests and offline work use it so.
 */
#include <stdbool.h>
#include <stdint.h>
#include "lib/rpc/server.h"
#include "lib/seal/seal.h"
#include "server/call.h"
#include "server/payers.h"
#include "server/method.h"

struct clock;
struct follower;
struct job_kind;
struct keyring;
struct pipeline;

/* Debug builds run every handler twice, compare what it wrote, and see that writes tell events. */
enum pipeline_handlers { HANDLERS_ONCE, HANDLERS_CHECKED };

struct pipeline_options {
        const struct schema *schema;
        const struct server_method *methods; /* in the order of schema->methods */
        struct store *store;
        const struct keyring *keyring;
        struct clock *clock;              /* drives the pipeline's timers and jobs */
        const struct job_kind *jobs;      /* ended by a name of NULL */
        const struct follower *followers; /* the same; NULL: none */
        const struct row_rule *row_rules; /* the same; NULL: none */
        const struct trade_terms *terms;  /* NULL: trade_terms_default */
        enum pipeline_handlers handlers;
        size_t queue_max;       /* writes waiting; 0: 65,536 */
        size_t group_calls_max; /* 0: 512 */
        int64_t group_us_max;   /* 0: 20,000 */
        size_t slow_threads;    /* 0: 3 */
        size_t slow_queue_max;  /* 0: 1,024 */
        int64_t write_wait_us;  /* how long a write may wait in its queue; 0: any time */
        int64_t slow_wait_us;   /* the same of a SLOW call */
        struct payer_limits payer_limits;
        uint64_t log_reads_every; /* one in so many reads is logged; 0: none */
        int64_t slow_us;          /* calls that take longer are logged; 0: 50,000 */
        uint32_t password_kib;    /* of memory for a password; 0: SEAL_PASSWORD_KIB_MOST */
        struct pipeline_reload {  /* of the certificate; NULL: there is none */
                enum status (*run)(void *context, struct rpc_certificate *out, struct error *error);
                void *context;
        } reload;
        const int64_t *real_us; /* where tests keep the machine's time; NULL: its clock */
};

struct pipeline *pipeline_new(const struct pipeline_options *options);
/* Starts the writer, the slow pool and the watcher. */
void pipeline_start(struct pipeline *pipeline);
/* Answers who is parked and parks nobody any more: before a drain, which would wait for them. */
void pipeline_end_waits(struct pipeline *pipeline);
/* Refuses new calls, finishes what is queued, ends the threads. */
void pipeline_stop(struct pipeline *pipeline);
void pipeline_free(struct pipeline *pipeline);

/* For rpc_server_open; valid as long as the pipeline. */
const struct rpc_service *pipeline_service(struct pipeline *pipeline);

/* One call, whatever its lane, waited for. What reply points to is the arena's. */
void pipeline_run(struct pipeline *pipeline, const struct rpc_call *call, struct arena *arena,
        struct rpc_reply *reply);

/* Refuses new calls with SERVER_DRAINING from now on, but not those that ask for or administer
 * the server itself, and tells parked ones. The program then ends as after SIGTERM. */
void pipeline_drain(struct pipeline *pipeline);
bool pipeline_draining(const struct pipeline *pipeline);
/* Whether every call that is right would be served now, and why not. */
enum pipeline_readiness { PIPELINE_READY, PIPELINE_BUILDING, PIPELINE_DRAINING, PIPELINE_FAILED };
enum pipeline_readiness pipeline_readiness(const struct pipeline *pipeline);
/* The writer has come around within so long; false where it hangs. */
bool pipeline_alive(const struct pipeline *pipeline, int64_t within_us);

/* The storage failed for good: the program should end and be started again. */
bool pipeline_failed(const struct pipeline *pipeline);

struct pipeline_stats {
        uint64_t reads;
        uint64_t writes;
        uint64_t refused;  /* calls that ended with an error */
        uint64_t replayed; /* answers given again for a request id */
        uint64_t groups;
        uint64_t parked;
        uint64_t changes;   /* keys that writes changed */
        uint64_t passwords; /* hashed, to keep or to compare */
};
void pipeline_stats(struct pipeline *pipeline, struct pipeline_stats *out);

/* ---- for methods that work on the server itself (server/governance) ------------------------- */

struct store *call_store(struct call *call);
struct clock *call_clock(struct call *call);
const struct schema *call_schema(struct call *call);
/* Calls are taken: neither draining nor without a store. */
bool call_serving(struct call *call);
void call_drain(struct call *call);
/* FAILED_PRECONDITION with NOT_TLS or BAD_TLS: the old certificate stays. */
enum status call_reload(struct call *call, struct rpc_certificate *out);
