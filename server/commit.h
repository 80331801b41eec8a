#pragma once
/*
 * Groups on their way to the disk. A group that others wait behind is synced, and its calls are
 * answered, by a thread of its own while the writer runs the next one; of a few calls the writer
 * does both itself, since waking a thread takes as long as a call.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMMITS_HANDED_OVER 10 /* calls of a group, at least */

struct group;
struct pipeline;
struct work;

/* The calls of a group, in the order in which they ran. */
struct taken {
        struct work *first;
        struct work *last;
        size_t count;
        int64_t written_us; /* monotonic; when the last of them had run */
};

struct commits {
        pthread_mutex_t mutex;
        pthread_cond_t changed;
        struct taken taken;  /* the group that the thread is to sync */
        atomic_bool syncing; /* it was handed over and is not durable yet */
        bool stopping;
        pthread_t thread;
};

void commits_init(struct commits *commits);
void commits_release(struct commits *commits);
void commits_start(struct pipeline *pipeline);
/* After the writer has ended: what it handed over is answered. */
void commits_stop(struct pipeline *pipeline);

/* Waits until the group before is durable, or failed. */
void commits_wait(struct commits *commits);
/* Makes the group durable and answers its calls, now or while the next one runs. The group before
 * has been waited for. */
void commit_group(struct pipeline *pipeline, struct group *group, struct taken *taken);
