/*
 * WAIT calls: a parked call is its decoded request, a time and what it waits for; no thread, no
 * snapshot. One thread reads the events that were committed, once for all who wait, and runs the
 * handlers of those whom one of them may concern, or whose time is over, on fresh snapshots; who
 * has something to say is answered. Commits that come while it looks are one more look, not one
 * look each. Refused: the writer telling what it wrote, which would be work for each order.
 *
 * It asks the index for events before it looks at calls, so a call that it puts back has seen all
 * of which the index was asked.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "governance.rows.h"
#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "server/audit.h"
#include "server/clock.h"
#include "server/watch.h"

#define MARGIN_US  INT64_C(50000) /* before the caller's own deadline */
#define IDLE_US    INT64_C(60000000)
#define REST_US    INT64_C(10000)
#define NEWS_MAX   256 /* events that are read at one time */
#define PARKED_MAX 10000

static void end(struct work *work)
{
        if (audit_owes(work)) {
                audit_submit(work);
                return;
        }
        work_finished(work);
        work->done(work);
}

static void set_limit(struct work *work)
{
        int64_t until_us = clock_monotonic_us() + work->private.wait_ms * 1000;

        if (work->rpc->deadline_us != 0 && work->rpc->deadline_us - MARGIN_US < until_us)
                until_us = work->rpc->deadline_us - MARGIN_US;
        work->park_until_us = until_us;
}

static void read_parked(struct work *work)
{
        struct txn *txn = txn_begin_read(work->private.pipeline->options.store, work->call.arena);

        read_work(work, txn);
        txn_end(txn);
        work->call.txn = NULL;
}

/* One look on a snapshot of its own. True: answered. */
static bool look(struct work *work)
{
        struct pipeline *pipeline = work->private.pipeline;
        bool first = work->park_until_us == 0;
        struct arena scratch;

        arena_init(&scratch);
        work->call.arena = &scratch;
        error_init(&work->call.error, &scratch);
        /* It may have waited long for its first look. */
        if (first && admit_deadline(work) != OK)
                work_fail(work);
        else
                read_parked(work);
        if (first && work->private.waiting)
                set_limit(work);
        bool over = work->failed || !work->private.waiting ||
                    clock_monotonic_us() >= work->park_until_us || atomic_load(&pipeline->stopping);

        if (over)
                end(work);
        arena_release(&scratch);
        return over;
}

/* ---- the lists, under the mutex ---- */

static void put(struct parked *parked, struct work **list, struct work *work)
{
        work->next = *list;
        work->parked_at = list;
        if (work->next != NULL)
                work->next->parked_at = &work->next;
        *list = work;
        parked->count++;
}

static void take(struct parked *parked, struct work *work, struct work **out)
{
        *work->parked_at = work->next;
        if (work->next != NULL)
                work->next->parked_at = work->parked_at;
        watch_index_remove(work);
        work->next = *out;
        *out = work;
        parked->count--;
}

/* It was looked at, and goes on waiting. */
static void put_back(struct parked *parked, struct work *work)
{
        put(parked, &parked->first, work);
        watch_index_add(parked, work);
        if (work->park_until_us < parked->due_us)
                parked->due_us = work->park_until_us;
}

bool watch_park(struct pipeline *pipeline, struct work *work)
{
        struct parked *parked = &pipeline->parked;

        pthread_mutex_lock(&parked->mutex);
        bool room = parked->count < PARKED_MAX && !parked->stopping;

        if (room) {
                put(parked, &parked->fresh, work);
                pthread_cond_signal(&parked->changed);
        }
        pthread_mutex_unlock(&parked->mutex);
        return room;
}

/* None of the events up to there was one that it waits for. */
static void move_mark(struct work *work, uint64_t number)
{
        if (work->wish_count > 0 && work->private.wait_mark < number)
                work->private.wait_mark = number;
}

/* Those whose time is over. A walk through all that are parked, so not too often. */
static void take_over(struct parked *parked, int64_t now_us, struct work **ready)
{
        int64_t due_us = INT64_MAX;

        for (struct work *work = parked->first, *next; work != NULL; work = next) {
                next = work->next;
                if (work->park_until_us <= now_us) {
                        move_mark(work, parked->seen);
                        take(parked, work, ready);
                } else if (work->park_until_us < due_us) {
                        due_us = work->park_until_us;
                }
        }
        parked->due_us = due_us > now_us + REST_US ? due_us : now_us + REST_US;
}

static void take_all(struct parked *parked, struct work **list, struct work **ready)
{
        while (*list != NULL)
                take(parked, *list, ready);
}

/* Those to look at now besides those that an event wakes. */
static void take_ready(struct parked *parked, struct work **ready)
{
        int64_t now_us = clock_monotonic_us();

        take_all(parked, &parked->fresh, ready);
        if (parked->all || parked->stopping)
                take_all(parked, &parked->first, ready);
        else if (now_us >= parked->due_us)
                take_over(parked, now_us, ready);
        parked->all = false;
}

/* ---- the log of events ---- */

struct news {
        struct arena arena;
        Event *events[NEWS_MAX];
        size_t count;
};

static void read_news(struct pipeline *pipeline, struct news *news)
{
        struct key_value from = key_uint(pipeline->parked.seen + 1);

        arena_init(&news->arena);
        struct txn *txn = txn_begin_read(pipeline->options.store, &news->arena);
        struct scan *scan = event_all(txn);
        Event *event;

        scan_between(scan, &from, NULL);
        while (news->count < NEWS_MAX && (event = event_next(scan)) != NULL)
                news->events[news->count++] = event;
        txn_end(txn);
}

/* Under the mutex. */
static void wake(struct parked *parked, const Event *event, struct work **ready)
{
        struct work *work;

        while ((work = watch_index_find(parked, event->owner, event->type)) != NULL) {
                move_mark(work, event->number - 1);
                take(parked, work, ready);
        }
        parked->seen = event->number;
}

/* Takes those that wait for what was committed. Under the mutex, which it lets go. */
static void take_woken(struct pipeline *pipeline, struct work **ready)
{
        struct parked *parked = &pipeline->parked;

        while (parked->news && parked->first != NULL) {
                struct news news = {.count = 0};

                parked->news = false;
                pthread_mutex_unlock(&parked->mutex);
                read_news(pipeline, &news);
                pthread_mutex_lock(&parked->mutex);
                for (size_t i = 0; i < news.count; i++)
                        wake(parked, news.events[i], ready);
                parked->news = parked->news || news.count == NEWS_MAX;
                arena_release(&news.arena);
        }
        parked->news = false;
}

/* What is there by now will be seen by those that are about to be looked at. While others are
 * parked the index was asked for it. */
static void find_end(struct pipeline *pipeline)
{
        struct arena arena;

        arena_init(&arena);
        struct txn *txn = txn_begin_read(pipeline->options.store, &arena);
        const Event *last = event_next(event_all_latest(txn));

        pipeline->parked.seen = last == NULL ? 0 : last->number;
        txn_end(txn);
        arena_release(&arena);
}

/* Looks for all of a list; those that go on waiting are put back. */
static void look_all(struct pipeline *pipeline, struct work *work)
{
        struct work *next;

        for (; work != NULL; work = next) {
                next = work->next;
                if (look(work))
                        continue;
                pthread_mutex_lock(&pipeline->parked.mutex);
                put_back(&pipeline->parked, work);
                pthread_mutex_unlock(&pipeline->parked.mutex);
        }
}

void watch_poll(struct pipeline *pipeline)
{
        struct parked *parked = &pipeline->parked;
        struct work *ready = NULL;

        pthread_mutex_lock(&parked->mutex);
        take_woken(pipeline, &ready);
        take_ready(parked, &ready);
        bool alone = parked->first == NULL;

        pthread_mutex_unlock(&parked->mutex);
        if (alone)
                find_end(pipeline);
        look_all(pipeline, ready);
}

void watch_notify(struct pipeline *pipeline)
{
        struct parked *parked = &pipeline->parked;

        pthread_mutex_lock(&parked->mutex);
        parked->news = parked->count > 0 || parked->looking;
        parked->all = parked->news && (pipeline_draining(pipeline) || pipeline_failed(pipeline));
        if (parked->news)
                pthread_cond_signal(&parked->changed);
        pthread_mutex_unlock(&parked->mutex);
}

/* Under the mutex. */
static void take_dropped(struct parked *parked, const struct rpc_which *which, struct work **out)
{
        struct work *const lists[] = {parked->fresh, parked->first};

        for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
                for (struct work *work = lists[i], *next; work != NULL; work = next) {
                        next = work->next;
                        if (rpc_which_has(which, work->rpc))
                                take(parked, work, out);
                }
}

struct work *watch_drop(struct pipeline *pipeline, const struct rpc_which *which)
{
        struct parked *parked = &pipeline->parked;

        struct work *dropped = NULL;

        pthread_mutex_lock(&parked->mutex);
        take_dropped(parked, which, &dropped);
        if (parked->looking) {
                parked->drops =
                        realloc(parked->drops, (parked->drop_count + 1) * sizeof(*parked->drops));
                assert(parked->drops != NULL);
                parked->drops[parked->drop_count++] = *which;
        }
        pthread_mutex_unlock(&parked->mutex);
        return dropped;
}

/* What was to be dropped while it was looked at. Under the mutex, which it lets go. */
static void drop_late(struct parked *parked)
{
        struct work *dropped = NULL;

        for (size_t i = 0; i < parked->drop_count; i++)
                take_dropped(parked, &parked->drops[i], &dropped);
        free(parked->drops);
        parked->drops = NULL;
        parked->drop_count = 0;
        pthread_mutex_unlock(&parked->mutex);
        drop_works(dropped);
        pthread_mutex_lock(&parked->mutex);
}

/* Under the mutex. */
static void wait_for_something(struct parked *parked)
{
        int64_t idle_us = clock_monotonic_us() + IDLE_US;

        if (!parked->news && !parked->all)
                condition_wait_until(&parked->changed, &parked->mutex,
                        parked->due_us < idle_us ? parked->due_us : idle_us);
}

void *watch_main(void *context)
{
        struct pipeline *pipeline = context;
        struct parked *parked = &pipeline->parked;

        pthread_mutex_lock(&parked->mutex);
        for (;;) {
                struct work *ready = NULL;

                take_woken(pipeline, &ready);
                take_ready(parked, &ready);
                if (ready == NULL && parked->stopping)
                        break;
                if (ready == NULL) {
                        wait_for_something(parked);
                        continue;
                }
                bool alone = parked->first == NULL;

                parked->looking = true;
                pthread_mutex_unlock(&parked->mutex);
                if (alone)
                        find_end(pipeline);
                look_all(pipeline, ready);
                pthread_mutex_lock(&parked->mutex);
                parked->looking = false;
                drop_late(parked);
        }
        pthread_mutex_unlock(&parked->mutex);
        return NULL;
}
