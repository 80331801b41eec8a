#pragma once
/*
 * When the server's checkpointer was at work, as seen from outside: every millisecond the kernel is
 * asked what that thread does. And what it wrote.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define WATCHER_SPANS 4096 /* the last so many checkpoints */

struct watcher_span {
        atomic_int_fast64_t from_us;
        atomic_int_fast64_t until_us; /* INT64_MAX: it is at work */
};

struct watcher {
        int stat; /* the kernel's line about that thread */
        pthread_t id;
        atomic_bool stopping;
        size_t looks;
        size_t looks_busy;
        atomic_size_t count; /* spans begun */
        struct watcher_span spans[WATCHER_SPANS];
};

/* Bytes that the checkpointer of this server has written, ever. */
uint64_t watcher_written(pid_t pid);
/* Whether it is at work now. */
bool watcher_busy(pid_t pid);

void watcher_start(struct watcher *watcher, pid_t pid);
void watcher_stop(struct watcher *watcher);
/* Whether a checkpoint ran at some time between. */
bool watcher_saw(const struct watcher *watcher, int64_t start_us, int64_t end_us);
/* How many there were, and how long the longest took. */
size_t watcher_count(const struct watcher *watcher);
int64_t watcher_longest_us(const struct watcher *watcher);
/* How much of the time it was at work, of 1. */
double watcher_share(const struct watcher *watcher);
