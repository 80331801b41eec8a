#pragma once
/* One attempt at one job, from its row to its settled row. */
#include "server/jobs.h"
#include "server/work.h"

#define ANSWERS_MAX 16

enum job_end { JOB_DONE, JOB_AGAIN, JOB_FAILED };

struct performer_context {
        struct pipeline *pipeline;
        struct arena arena;
        struct txn *txn;
        int64_t now_us;
        const Job *job; /* the arena's */
        struct random random;
        struct work *answers[ANSWERS_MAX];
        size_t answer_count;
        enum job_end end;
        int64_t again_us;
        uint32_t again_step;
        const char *reason;
};

/* Performs each, gives their answers, settles their rows. Contexts are released. False: the store
 * refused. */
bool performer_run(struct pipeline *pipeline, struct performer_context *contexts, size_t count);
