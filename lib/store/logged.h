#pragma once
/* The logged engine from the inside: what its writer, its checkpointer and its readers share. */
#include <pthread.h>
#include <stdatomic.h>
#include "lib/store/engine_logged.h"
#include "lib/store/recent.h"

#define GENERATIONS_WAITING_MAX 2
#define GENERATIONS_MAX         (GENERATIONS_WAITING_MAX + 1)

/* The groups that will reach the inner engine in one of its transactions. */
struct generation {
        struct recent *table;
        size_t refs;          /* views that hold it; under view_mutex */
        struct log_mark last; /* of its groups */
        uint64_t log_bytes;   /* of the log that are free when it is applied */
        uint64_t room_bytes;  /* of the inner engine, at most */
        size_t writes;
        size_t bytes;
        int64_t since_us;
};

/* The generations that together with the inner engine are everything; newest first. */
struct logged_view {
        size_t refs; /* snapshots, and one while it is the current; under view_mutex */
        size_t count;
        struct generation *generations[GENERATIONS_MAX];
};

struct logged_snapshot {
        struct engine_snapshot base;
        struct engine_snapshot *inner;
        struct logged_view *view;
        uint64_t version; /* the last group that it sees */
        struct logged_snapshot *next;
};

/* A group that is not synced yet, and what it will take until it is applied. */
struct accepted {
        struct engine_write *writes; /* the writer's */
        size_t count;                /* 0: there is none */
        uint64_t log_bytes;
        uint64_t room_bytes; /* of the inner engine, at most */
};

struct logged {
        struct engine base;
        struct engine *inner;
        struct logged_options options;
        uint8_t tree;  /* its own in the inner engine */
        uint64_t seed; /* nobody can choose keys that fall into one place of a table */
        struct commit_log log;
        struct accepted accepted; /* whose sync is next */

        _Atomic uint64_t version; /* the last group that may be seen */
        _Atomic(struct logged_view *) view;
        pthread_mutex_t view_mutex; /* over the counts and the pool */
        struct logged_snapshot *pool;

        pthread_mutex_t mutex; /* over what follows */
        pthread_cond_t wanted; /* by the checkpointer */
        pthread_cond_t progress;
        struct generation *active;                           /* which is filled */
        struct generation *waiting[GENERATIONS_WAITING_MAX]; /* oldest first */
        size_t waiting_count;
        struct log_mark applied;
        uint64_t room_bytes;     /* of the inner engine after the last checkpoint */
        uint64_t promised_bytes; /* of it to the groups that are not applied */
        uint64_t attempts;       /* checkpoints that failed for want of room */
        uint64_t urgent;         /* a group that somebody waits for to be applied */
        bool retry;
        bool full; /* the last checkpoint failed for want of room */
        bool failed;
        bool stop;
        char why[128]; /* of full and failed */
        pthread_t thread;
};

/* ---- logged_read.c ---- */

struct engine_snapshot *logged_snapshot_begin(struct engine *engine);
void logged_snapshot_end(struct engine_snapshot *snapshot);
enum engine_found logged_get(
        struct engine_snapshot *snapshot, struct bytes key, struct bytes *value);
struct engine_cursor *logged_cursor_open(struct engine_snapshot *snapshot, struct bytes prefix);
/* Makes the active and the waiting generations what is seen from now on. */
void logged_view_publish(struct logged *logged);
void logged_pool_free(struct logged *logged);

/* ---- generation.c ---- */

struct generation *generation_new(uint64_t seed);
void generation_free(struct generation *generation);
/* One change of a group; last is set when the group is complete. */
void generation_put(
        struct generation *generation, uint64_t number, const struct engine_write *write);
/* How large it is; 100: large enough to be applied. */
unsigned generation_percent(const struct generation *generation);
/* Applies it to the inner engine. */
enum status generation_apply(
        struct logged *logged, const struct generation *generation, const char **why);
/* The mark that the inner engine keeps; DATA_LOSS, META_CHECKSUM when it is not what was written.
 * found is false when there is none. */
enum status applied_read(
        struct logged *logged, struct log_mark *out, bool *found, struct error *error);
/* Applies changes and the mark behind them. */
enum status applied_write(struct logged *logged, const struct engine_write *writes, size_t count,
        const struct log_mark *mark, const char **why);

/* ---- checkpoint.c; the caller holds the mutex where nothing else is said ---- */

/* The active generation waits for the checkpointer from now on. */
void checkpoint_freeze(struct logged *logged);
/* The oldest waiting generation is in the inner engine. */
void checkpoint_applied(struct logged *logged);
/* Waits until this group is applied; the reason why it cannot be. */
enum status checkpoint_wait(struct logged *logged, uint64_t number);
/* Waits a moment for the checkpointer to come further. */
void checkpoint_wait_briefly(struct logged *logged);
/* What room these changes may take in the inner engine, at most; without the mutex. */
uint64_t checkpoint_room_needed(const struct engine_write *writes, size_t count);
/* Looks what room there is. */
void checkpoint_room_look(struct logged *logged);
bool checkpoint_room_for(const struct logged *logged, uint64_t bytes);
/* Nothing goes on; why is copied. */
void checkpoint_fail(struct logged *logged, const char *why);
void *checkpointer_main(void *logged); /* without the mutex */
