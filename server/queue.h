#pragma once
/*
 * A bounded first-in first-out queue of work between threads. The bound is for what comes from
 * outside; the shop's own work always gets in, or a full queue could not drain.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rpc_which;
struct work;

struct queue {
        pthread_mutex_t mutex;
        pthread_cond_t filled;
        struct work *first;
        struct work *last;
        size_t count;
        size_t max;
        bool closed;
};

void queue_init(struct queue *queue, size_t max);
void queue_release(struct queue *queue);
/* False: full or closed; the work is still the caller's. */
bool queue_push(struct queue *queue, struct work *work);
void queue_push_own(struct queue *queue, struct work *work);
/* NULL: empty. */
struct work *queue_take(struct queue *queue);
/* Takes out those whose call is one of which: a list, in their order. */
struct work *queue_drop(struct queue *queue, const struct rpc_which *which);
/* Waits at most wait_ms (below 0: for ever) until there is work. False: empty. */
bool queue_wait(struct queue *queue, int64_t wait_ms);
/* Nothing gets in any more but the shop's own; those who wait are woken. */
void queue_close(struct queue *queue);
bool queue_closed(struct queue *queue);
size_t queue_count(struct queue *queue);
