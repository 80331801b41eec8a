/*
 * A list under a mutex. Tried against: a lock-free ring. The writer takes what is queued once per
 * commit, a commit takes a millisecond, and a mutex that is held for ten instructions is not what
 * anybody waits for; a list has no fixed size to pay for when 65,536 is only the bound.
 */
#include "server/queue.h"

#include <assert.h>
#include <time.h>
#include "server/work.h"

void queue_init(struct queue *queue, size_t max)
{
        *queue = (struct queue){.max = max};
        pthread_condattr_t attributes;

        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_mutex_init(&queue->mutex, NULL);
        pthread_cond_init(&queue->filled, &attributes);
        pthread_condattr_destroy(&attributes);
}

void queue_release(struct queue *queue)
{
        assert(queue->first == NULL);
        pthread_cond_destroy(&queue->filled);
        pthread_mutex_destroy(&queue->mutex);
}

static void append(struct queue *queue, struct work *work)
{
        work->next = NULL;
        if (queue->last == NULL)
                queue->first = work;
        else
                queue->last->next = work;
        queue->last = work;
        queue->count++;
}

bool queue_push(struct queue *queue, struct work *work)
{
        pthread_mutex_lock(&queue->mutex);
        bool room = !queue->closed && queue->count < queue->max;

        if (room)
                append(queue, work);
        pthread_mutex_unlock(&queue->mutex);
        /* Not under the mutex: who wakes would find it taken and sleep once more. */
        if (room)
                pthread_cond_signal(&queue->filled);
        return room;
}

void queue_push_own(struct queue *queue, struct work *work)
{
        pthread_mutex_lock(&queue->mutex);
        append(queue, work);
        pthread_mutex_unlock(&queue->mutex);
        pthread_cond_signal(&queue->filled);
}

struct work *queue_take(struct queue *queue)
{
        pthread_mutex_lock(&queue->mutex);
        struct work *work = queue->first;

        if (work != NULL) {
                queue->first = work->next;
                if (queue->first == NULL)
                        queue->last = NULL;
                queue->count--;
                work->next = NULL;
        }
        pthread_mutex_unlock(&queue->mutex);
        return work;
}

struct work *queue_drop(struct queue *queue, const struct rpc_which *which)
{
        struct work *dropped = NULL, **end = &dropped;

        pthread_mutex_lock(&queue->mutex);
        struct work *work = queue->first;

        queue->first = queue->last = NULL;
        queue->count = 0;
        for (struct work *next; work != NULL; work = next) {
                next = work->next;
                if (work->rpc == NULL || !rpc_which_has(which, work->rpc)) {
                        append(queue, work);
                        continue;
                }
                work->next = NULL;
                *end = work;
                end = &work->next;
        }
        pthread_mutex_unlock(&queue->mutex);
        return dropped;
}

static struct timespec after_ms(int64_t ms)
{
        struct timespec at;

        clock_gettime(CLOCK_MONOTONIC, &at);
        at.tv_sec += ms / 1000;
        at.tv_nsec += ms % 1000 * 1000000;
        if (at.tv_nsec >= 1000000000) {
                at.tv_sec++;
                at.tv_nsec -= 1000000000;
        }
        return at;
}

bool queue_wait(struct queue *queue, int64_t wait_ms)
{
        struct timespec until = after_ms(wait_ms < 0 ? 0 : wait_ms);

        pthread_mutex_lock(&queue->mutex);
        while (queue->first == NULL && !queue->closed && wait_ms != 0) {
                if (wait_ms < 0)
                        pthread_cond_wait(&queue->filled, &queue->mutex);
                else if (pthread_cond_timedwait(&queue->filled, &queue->mutex, &until) != 0)
                        break;
        }
        bool filled = queue->first != NULL;

        pthread_mutex_unlock(&queue->mutex);
        return filled;
}

void queue_close(struct queue *queue)
{
        pthread_mutex_lock(&queue->mutex);
        queue->closed = true;
        pthread_cond_broadcast(&queue->filled);
        pthread_mutex_unlock(&queue->mutex);
}

bool queue_closed(struct queue *queue)
{
        pthread_mutex_lock(&queue->mutex);
        bool closed = queue->closed;

        pthread_mutex_unlock(&queue->mutex);
        return closed;
}

size_t queue_count(struct queue *queue)
{
        pthread_mutex_lock(&queue->mutex);
        size_t count = queue->count;

        pthread_mutex_unlock(&queue->mutex);
        return count;
}
