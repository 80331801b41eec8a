/*
 * WAIT calls: a parked call is its decoded request and a time, nothing else; no thread, no
 * snapshot. After a commit, and when a call's time is over, one thread runs the parked handlers
 * on fresh snapshots and answers those that have something to say. Commits that come while it
 * looks are one more look, not one look each.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "server/audit.h"
#include "server/clock.h"
#include "server/work.h"

#define MARGIN_US  INT64_C(50000) /* before the caller's own deadline */
#define IDLE_US    INT64_C(60000000)
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

/* Under the mutex. */
static void push(struct parked *parked, struct work *work)
{
        work->next = parked->first;
        parked->first = work;
        parked->count++;
}

bool watch_park(struct pipeline *pipeline, struct work *work)
{
        struct parked *parked = &pipeline->parked;

        pthread_mutex_lock(&parked->mutex);
        bool room = parked->count < PARKED_MAX && !parked->stopping;

        if (room) {
                push(parked, work);
                pthread_cond_signal(&parked->changed);
        }
        pthread_mutex_unlock(&parked->mutex);
        return room;
}

/* Takes those to look at now: all after a commit, else those that are new or whose time is over.
 * The earliest limit of the others goes to *next_us. Under the mutex. */
static struct work *take_ready(struct parked *parked, int64_t *next_us)
{
        int64_t now_us = clock_monotonic_us();
        bool all = parked->news || parked->stopping;
        struct work *ready = NULL, **at = &parked->first;

        *next_us = now_us + IDLE_US;
        parked->news = false;
        while (*at != NULL) {
                struct work *work = *at;

                if (all || work->park_until_us <= now_us) {
                        *at = work->next;
                        work->next = ready;
                        ready = work;
                        parked->count--;
                        continue;
                }
                if (work->park_until_us < *next_us)
                        *next_us = work->park_until_us;
                at = &work->next;
        }
        return ready;
}

/* Looks for all of a list; those that go on waiting are given back. */
static void look_all(struct pipeline *pipeline, struct work *work)
{
        struct work *next;

        for (; work != NULL; work = next) {
                next = work->next;
                if (look(work))
                        continue;
                pthread_mutex_lock(&pipeline->parked.mutex);
                push(&pipeline->parked, work);
                pthread_mutex_unlock(&pipeline->parked.mutex);
        }
}

void watch_poll(struct pipeline *pipeline)
{
        int64_t ignored;

        pthread_mutex_lock(&pipeline->parked.mutex);
        struct work *ready = take_ready(&pipeline->parked, &ignored);

        pthread_mutex_unlock(&pipeline->parked.mutex);
        look_all(pipeline, ready);
}

void watch_notify(struct pipeline *pipeline)
{
        struct parked *parked = &pipeline->parked;

        pthread_mutex_lock(&parked->mutex);
        parked->news = parked->first != NULL || parked->looking;
        if (parked->news)
                pthread_cond_signal(&parked->changed);
        pthread_mutex_unlock(&parked->mutex);
}

/* Under the mutex. */
static struct work *take_dropped(struct parked *parked, const struct rpc_which *which)
{
        struct work *dropped = NULL, **at = &parked->first;

        while (*at != NULL) {
                struct work *work = *at;

                if (!rpc_which_has(which, work->rpc)) {
                        at = &work->next;
                        continue;
                }
                *at = work->next;
                work->next = dropped;
                dropped = work;
                parked->count--;
        }
        return dropped;
}

struct work *watch_drop(struct pipeline *pipeline, const struct rpc_which *which)
{
        struct parked *parked = &pipeline->parked;

        pthread_mutex_lock(&parked->mutex);
        struct work *dropped = take_dropped(parked, which);

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

        for (size_t i = 0; i < parked->drop_count; i++) {
                struct work *some = take_dropped(parked, &parked->drops[i]);

                while (some != NULL) {
                        struct work *next = some->next;

                        some->next = dropped;
                        dropped = some;
                        some = next;
                }
        }
        free(parked->drops);
        parked->drops = NULL;
        parked->drop_count = 0;
        pthread_mutex_unlock(&parked->mutex);
        drop_works(dropped);
        pthread_mutex_lock(&parked->mutex);
}

void *watch_main(void *context)
{
        struct pipeline *pipeline = context;
        struct parked *parked = &pipeline->parked;

        pthread_mutex_lock(&parked->mutex);
        for (;;) {
                int64_t next_us;
                struct work *ready = take_ready(parked, &next_us);

                if (ready == NULL && parked->stopping)
                        break;
                if (ready == NULL) {
                        condition_wait_until(&parked->changed, &parked->mutex, next_us);
                        continue;
                }
                parked->looking = true;
                pthread_mutex_unlock(&parked->mutex);
                look_all(pipeline, ready);
                pthread_mutex_lock(&parked->mutex);
                parked->looking = false;
                drop_late(parked);
        }
        pthread_mutex_unlock(&parked->mutex);
        return NULL;
}
