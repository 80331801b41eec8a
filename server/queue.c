/*
 * Lists under a mutex. Tried against: a lock-free ring. The writer takes what is queued once per
 * commit, a commit takes a millisecond, and a mutex that is held for ten instructions is not what
 * anybody waits for; a list has no fixed size to pay for when 65,536 is only the bound.
 *
 * A queue that is too long for its pace makes every call late and helps none ("Controlling Queue
 * Delay", K. Nichols and V. Jacobson, ACM Queue 10(5), 2012). As there, what tells a bad queue
 * from a burst is that it has not been empty for a while. Then its own pace is known, and by
 * Little's law how many may wait so that the last waits for wait_us. What comes beyond that is
 * refused at the door, before anything was done for it, rather than dropped after it has waited.
 */
#include "server/queue.h"

#include <assert.h>
#include <string.h>
#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "server/work.h"

#define TURNS_MAX      4
#define LIMIT_MIN      16
#define WAIT_INTERVALS 5 /* the pace is measured over a fifth of wait_us */
#define EXPIRE_REST_US 1000

void queue_init(struct queue *queue, size_t max, int64_t wait_us)
{
        *queue = (struct queue){
                .max = max, .limit = max, .wait_us = wait_us, .expire_us = INT64_MAX};
        pthread_mutex_init(&queue->mutex, NULL);
        condition_init(&queue->filled);
}

static size_t count_all(const struct queue *queue)
{
        size_t count = 0;

        for (int i = 0; i < PRIORITY_COUNT; i++)
                count += queue->lists[i].count;
        return count;
}

void queue_release(struct queue *queue)
{
        assert(count_all(queue) == 0);
        pthread_cond_destroy(&queue->filled);
        pthread_mutex_destroy(&queue->mutex);
}

void queue_by_address(struct queue *queue)
{
        queue->by_address = true;
}

/* Behind one of the list, or NULL: as the first. */
static void put_behind(struct queue_list *list, struct work *before, struct work *work)
{
        struct work **at = before == NULL ? &list->first : &before->next;

        work->next = *at;
        *at = work;
        if (work->next == NULL)
                list->last = work;
        list->count++;
}

static bool share_turns(const struct work *one, const struct work *other)
{
        return one->rpc != NULL && other->rpc != NULL && one->payer.kind != PAYER_EXEMPT &&
               other->payer.kind != PAYER_EXEMPT && strcmp(one->rpc->peer, other->rpc->peer) == 0;
}

/* In the round after the last of its address, or in the next one: behind those that wait for that
 * already, or a crowd that comes once each would keep them for ever. The list is by rounds. A walk
 * through those that wait, who are few where each takes long (server/slow.c). */
static void put_by_round(struct queue_list *list, struct work *work)
{
        struct work *before = NULL;

        work->round = list->round + 1;
        for (const struct work *at = list->first; at != NULL; at = at->next)
                if (share_turns(at, work))
                        work->round = at->round + 1;
        for (struct work *at = list->first; at != NULL && at->round <= work->round; at = at->next)
                before = at;
        put_behind(list, before, work);
}

/* Under the mutex, as all that follows. */
static void append(struct queue *queue, struct work *work, enum priority priority)
{
        struct queue_list *list = &queue->lists[priority];

        if (queue->by_address)
                put_by_round(list, work);
        else
                put_behind(list, list->last, work);
        if (work->rpc == NULL || work->rpc->deadline_us == 0)
                return;
        int64_t expire_us = work->rpc->deadline_us + 1;

        if (expire_us < queue->rested_us)
                expire_us = queue->rested_us;
        if (expire_us < queue->expire_us)
                queue->expire_us = expire_us;
}

static enum queue_answer room_for(const struct queue *queue, enum priority priority)
{
        if (queue->closed || queue->lists[priority].count >= queue->max)
                return QUEUE_FULL;
        if (priority != PRIORITY_FIRST && queue->lists[priority].count >= queue->limit)
                return QUEUE_SLOW;
        return QUEUE_TAKEN;
}

enum queue_answer queue_room(struct queue *queue, enum priority priority)
{
        pthread_mutex_lock(&queue->mutex);
        enum queue_answer answer = room_for(queue, priority);

        pthread_mutex_unlock(&queue->mutex);
        return answer;
}

enum queue_answer queue_push(struct queue *queue, struct work *work, enum priority priority)
{
        pthread_mutex_lock(&queue->mutex);
        enum queue_answer answer = room_for(queue, priority);

        if (answer == QUEUE_TAKEN)
                append(queue, work, priority);
        pthread_mutex_unlock(&queue->mutex);
        /* Not under the mutex: who wakes would find it taken and sleep once more. */
        if (answer == QUEUE_TAKEN)
                pthread_cond_signal(&queue->filled);
        return answer;
}

void queue_push_own(struct queue *queue, struct work *work, enum priority priority)
{
        pthread_mutex_lock(&queue->mutex);
        append(queue, work, priority);
        pthread_mutex_unlock(&queue->mutex);
        pthread_cond_signal(&queue->filled);
}

bool queue_push_late(struct queue *queue, struct work *work, enum priority priority)
{
        pthread_mutex_lock(&queue->mutex);
        bool open = !queue->closed;

        if (open)
                append(queue, work, priority);
        pthread_mutex_unlock(&queue->mutex);
        pthread_cond_signal(&queue->filled);
        return open;
}

/* The list whose turn it is, or NULL. */
static struct queue_list *next_list(struct queue *queue)
{
        struct queue_list *chosen = NULL;

        for (int i = 0; i < PRIORITY_COUNT; i++) {
                struct queue_list *list = &queue->lists[i];

                if (list->first == NULL)
                        continue;
                chosen = list;
                if (++list->turns < TURNS_MAX)
                        break;
                list->turns = 0;
        }
        return chosen;
}

static void forget_pace(struct queue *queue)
{
        queue->busy_us = 0;
        queue->limit = queue->max;
}

/* One was taken. A queue that was empty is in no trouble; a busy one has a pace. */
static void mind_pace(struct queue *queue, const struct queue_list *list)
{
        const struct queue_list *ordinary = &queue->lists[PRIORITY_ORDINARY];

        if (queue->wait_us == 0)
                return;
        if (ordinary->count == 0) {
                forget_pace(queue);
                return;
        }
        int64_t now_us = clock_monotonic_us();

        if (queue->busy_us == 0) {
                queue->busy_us = now_us;
                queue->taken = 0;
                return;
        }
        if (list == ordinary)
                queue->taken++;
        int64_t busy_us = now_us - queue->busy_us;

        if (busy_us < queue->wait_us / WAIT_INTERVALS)
                return;
        double limit = (double)queue->taken * (double)queue->wait_us / (double)busy_us;

        queue->limit = limit < LIMIT_MIN            ? LIMIT_MIN
                       : limit < (double)queue->max ? (size_t)limit
                                                    : queue->max;
        queue->busy_us = now_us;
        queue->taken = 0;
}

struct work *queue_take(struct queue *queue)
{
        struct work *work = NULL;

        pthread_mutex_lock(&queue->mutex);
        struct queue_list *list = next_list(queue);

        if (list != NULL) {
                work = list->first;
                list->first = work->next;
                if (list->first == NULL)
                        list->last = NULL;
                list->count--;
                list->round = work->round;
                work->next = NULL;
                mind_pace(queue, list);
        }
        pthread_mutex_unlock(&queue->mutex);
        return work;
}

/* Whether a call leaves the queue before its turn. */
typedef bool queue_leaves(const struct rpc_call *call, const void *context);

static bool is_named(const struct rpc_call *call, const void *which)
{
        return rpc_which_has(which, call);
}

static bool is_late(const struct rpc_call *call, const void *now_us)
{
        return call->deadline_us != 0 && *(const int64_t *)now_us > call->deadline_us;
}

/* A list of those that leave; the rest stays in its place. */
static struct work *take_out(struct queue *queue, queue_leaves *leaves, const void *context)
{
        struct work *out = NULL, **end = &out;

        for (enum priority priority = 0; priority < PRIORITY_COUNT; priority++) {
                struct work *work = queue->lists[priority].first;

                queue->lists[priority].first = queue->lists[priority].last = NULL;
                queue->lists[priority].count = 0;
                for (struct work *next; work != NULL; work = next) {
                        next = work->next;
                        if (work->rpc == NULL || work->answered || !leaves(work->rpc, context)) {
                                append(queue, work, priority);
                                continue;
                        }
                        work->next = NULL;
                        *end = work;
                        end = &work->next;
                }
        }
        if (queue->lists[PRIORITY_ORDINARY].count == 0)
                forget_pace(queue);
        return out;
}

struct work *queue_drop(struct queue *queue, const struct rpc_which *which)
{
        pthread_mutex_lock(&queue->mutex);
        struct work *dropped = take_out(queue, is_named, which);

        pthread_mutex_unlock(&queue->mutex);
        return dropped;
}

struct work *queue_expire(struct queue *queue, int64_t now_us)
{
        struct work *late = NULL;

        pthread_mutex_lock(&queue->mutex);
        if (now_us >= queue->expire_us) {
                queue->rested_us = now_us + EXPIRE_REST_US;
                queue->expire_us = INT64_MAX;
                late = take_out(queue, is_late, &now_us);
        }
        pthread_mutex_unlock(&queue->mutex);
        return late;
}

bool queue_wait(struct queue *queue, int64_t wait_ms)
{
        int64_t until_us = clock_monotonic_us() + wait_ms * 1000;

        pthread_mutex_lock(&queue->mutex);
        while (count_all(queue) == 0 && !queue->closed && wait_ms != 0) {
                if (wait_ms < 0)
                        pthread_cond_wait(&queue->filled, &queue->mutex);
                else if (!condition_wait_until(&queue->filled, &queue->mutex, until_us))
                        break;
        }
        bool filled = count_all(queue) > 0;

        pthread_mutex_unlock(&queue->mutex);
        return filled;
}

void queue_wait_beside(struct queue *queue, const atomic_bool *busy)
{
        pthread_mutex_lock(&queue->mutex);
        while (count_all(queue) == 0 && atomic_load(busy))
                pthread_cond_wait(&queue->filled, &queue->mutex);
        pthread_mutex_unlock(&queue->mutex);
}

void queue_wake(struct queue *queue)
{
        pthread_mutex_lock(&queue->mutex);
        pthread_mutex_unlock(&queue->mutex);
        pthread_cond_signal(&queue->filled);
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
        size_t count = count_all(queue);

        pthread_mutex_unlock(&queue->mutex);
        return count;
}

size_t queue_limit(struct queue *queue)
{
        pthread_mutex_lock(&queue->mutex);
        size_t limit = queue->limit;

        pthread_mutex_unlock(&queue->mutex);
        return limit;
}

int64_t queue_expected_us(struct queue *queue)
{
        pthread_mutex_lock(&queue->mutex);
        size_t count = queue->lists[PRIORITY_ORDINARY].count;
        int64_t expected_us = (int64_t)count * queue->wait_us / (int64_t)queue->limit;

        pthread_mutex_unlock(&queue->mutex);
        return expected_us;
}
