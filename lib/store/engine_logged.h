#pragma once
/*
 * The commit log before another engine: a group is durable when its record in the log is, can be
 * read at once from the tables of recent groups, and reaches the engine below within about a
 * second, whole groups at a time.
 */
#include "lib/store/commit_log.h"

struct logged_options {
        struct commit_log_options log; /* its trees are the inner engine's */
        /* After every checkpoint, on the checkpointer's thread; may be NULL. */
        void (*checkpointed)(void *context);
        void *context;
};

/*
 * Takes the inner engine over, whose last tree it needs for itself (LOGGED_TREE by name). What the
 * log holds is in the inner engine when this returns. The errors of commit_log_open and
 * commit_log_replay; CONTRACT_MISMATCH when the log names a tree that there is not. On failure
 * the inner engine stays the caller's.
 */
#define LOGGED_TREE "commit"
enum status engine_logged_open(struct engine **out, struct engine *inner,
        const struct logged_options *options, struct error *error);
