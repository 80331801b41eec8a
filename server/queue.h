#pragma once
/*
 * A bounded queue of work between threads, by priority and in each of them first in, first out.
 * The bounds are for what comes from outside; the shop's own work always gets in, or a full queue
 * could not drain.
 *
 * A lower priority waits for the higher ones, but never for ever: each fourth turn goes to it.
 * Where addresses take turns, one that asks for much delays itself, not the others.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rpc_which;
struct work;

enum priority {
        PRIORITY_FIRST,      /* the server's health, administrators */
        PRIORITY_ORDINARY,   /* everybody else */
        PRIORITY_BACKGROUND, /* the shop's own jobs and timers, imports */
};
#define PRIORITY_COUNT 3

struct queue_list {
        struct work *first;
        struct work *last;
        size_t count;
        unsigned turns; /* taken since the last turn of a lower one */
        uint64_t round; /* of the last that was taken, where addresses take turns */
};

struct queue {
        pthread_mutex_t mutex;
        pthread_cond_t filled;
        struct queue_list lists[PRIORITY_COUNT];
        size_t max;
        bool closed;
        bool by_address; /* see queue_by_address */
        /* How much of a priority may wait so that none waits for much longer than wait_us. */
        int64_t wait_us; /* 0: as much as there is room */
        size_t limit;
        int64_t busy_us;   /* since when some always waited; 0: none do */
        size_t taken;      /* since then */
        int64_t expire_us; /* when one may be there whose caller's time is over */
        int64_t rested_us; /* not before this time: looking takes a walk through all */
};

enum queue_answer {
        QUEUE_TAKEN,
        QUEUE_FULL, /* or closed */
        QUEUE_SLOW, /* what waits already would take longer than wait_us */
};

/* wait_us: 0 for no bound but max. */
void queue_init(struct queue *queue, size_t max, int64_t wait_us);
void queue_release(struct queue *queue);
/* From now on each address has one turn in a round, however many of its calls wait; programs, which
 * ask for many customers, one for each call. */
void queue_by_address(struct queue *queue);
/* Whether there is room now, and giving work to it: unless QUEUE_TAKEN it is still the caller's. */
enum queue_answer queue_room(struct queue *queue, enum priority priority);
enum queue_answer queue_push(struct queue *queue, struct work *work, enum priority priority);
/* For what was let in before, and the shop's own. */
void queue_push_own(struct queue *queue, struct work *work, enum priority priority);
/* For work that belongs in but came by another way. False: the queue is closed. */
bool queue_push_late(struct queue *queue, struct work *work, enum priority priority);
/* NULL: empty. */
struct work *queue_take(struct queue *queue);
/* Takes out those whose call is one of which: a list, by priority and in their order. What has its
 * answer and waits for its record stays. */
struct work *queue_drop(struct queue *queue, const struct rpc_which *which);
/* Takes out those whose caller's time was over by now_us, in the same way. Cheap where none is. */
struct work *queue_expire(struct queue *queue, int64_t now_us);
/* Waits at most wait_ms (below 0: for ever) until there is work. False: empty. */
bool queue_wait(struct queue *queue, int64_t wait_ms);
/* Waits until there is work or that is false; whoever makes it so wakes the one who waits. */
void queue_wait_beside(struct queue *queue, const atomic_bool *busy);
void queue_wake(struct queue *queue);
/* Nothing gets in any more but the shop's own; those who wait are woken. */
void queue_close(struct queue *queue);
bool queue_closed(struct queue *queue);
size_t queue_count(struct queue *queue);
/* How many calls of a priority that is not the first may wait now. */
size_t queue_limit(struct queue *queue);
/* How long those of ordinary priority will wait at its pace, or where it has none yet, at the one
 * at which a full queue would wait for wait_us. */
int64_t queue_expected_us(struct queue *queue);
