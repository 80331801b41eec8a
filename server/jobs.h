#pragma once
/*
 * Effects outside the shop. A handler says call_job; after its commit a performer is run here,
 * at least once, with a snapshot to read from and no transaction to write in. What it finds out
 * goes back through ordinary methods, called as SYSTEM.
 *
 * Kinds are the rows of the table in server/job_kinds.c.
 */
#include <stddef.h>
#include <stdint.h>
#include "internal.rows.h"
#include "server/call.h"

struct performer_context;

/*
 * Performs a job. OK: its answers (performer_answer) are given to their methods in order and the
 * job is done, unless performer_again was called. Anything else: tried again later, each time
 * twice as late, and given up as dead after JOB_ATTEMPTS_MAX. May block when the clock is the
 * system's. Run twice with equal outcome after a crash: use job->id for the other side's
 * idempotency key.
 */
typedef enum status performer(struct performer_context *context, const Job *job);

struct job_kind {
        const char *name; /* "payment.submit"; NULL ends the table */
        performer *perform;
};
extern const struct job_kind job_kinds[];

#define JOB_ATTEMPTS_MAX 10

/* A snapshot to read rows from. Ends when the performer returns or calls performer_leave; rows
 * stay valid until the performer returns. */
struct txn *performer_txn(struct performer_context *context);
void performer_leave(struct performer_context *context);
/* For the files of keys. */
struct keyring;
const struct keyring *performer_keyring(const struct performer_context *context);
struct arena *performer_arena(struct performer_context *context);
int64_t performer_now_us(const struct performer_context *context); /* shop time */
const struct trade_terms *performer_terms(const struct performer_context *context);
/* The same numbers for the same job, attempt and step. */
uint64_t performer_random(struct performer_context *context);

/*
 * After the performer returned OK: calls a method as SYSTEM. The request id follows from job,
 * step, attempt and number of the answer, so a job performed again after a crash is answered once.
 * An answer that is refused is logged and does not fail the job; one that is UNAVAILABLE, ABORTED
 * or RESOURCE_EXHAUSTED does. request is copied.
 */
void performer_answer(struct performer_context *context, const char *method, const void *request);
/* Instead of being done: performed again at shop time due_us with job->step = step. */
void performer_again(struct performer_context *context, int64_t due_us, uint32_t step);
/* Why it failed, for the log and the job's row. Returns status. */
enum status performer_fail(
        struct performer_context *context, enum status status, const char *reason);
