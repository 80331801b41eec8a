/*
 * The writer: what is queued while the last group is on its way to the disk is the next one. Calls
 * run in order of arrival, see each other's changes and those of the group before, become durable
 * together and are answered after that; nobody waits for company and nobody is answered before
 * the disk is.
 *
 * Between groups it builds missing indexes and forgets old answers, a small step at a time.
 */
#include <assert.h>
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/processor.h"
#include "server/clock_run.h"
#include "server/work.h"

#define TIDY_EVERY_US INT64_C(10000000)
#define BUILD_ROWS    1000
#define IDLE_WAIT_MS  1000
#define ENOUGH_US     1000 /* of calls, for a group that is handed over */

static void run_one(struct work *work, struct group *group, struct taken *taken)
{
        work_unqueued(work, QUEUED_WRITE);
        write_work(work, group, &work->private.pipeline->scratch);
        work_spent(work, SPENT_RAN, clock_monotonic_us());
        work->grouped = true;
        if (taken->last == NULL)
                taken->first = work;
        else
                taken->last->next = work;
        taken->last = work;
        taken->count++;
}

/* While the group before is on its way the disk cannot have this one, and it may grow. */
static bool takes_more(const struct pipeline *pipeline, const struct taken *taken, int64_t begun_us)
{
        const struct pipeline_options *options = &pipeline->options;
        int64_t ran_us = taken->count == 0 ? 0 : taken->last->since_us - begun_us;

        if (taken->count >= options->group_calls_max || ran_us > options->group_us_max)
                return false;
        return ran_us <= ENOUGH_US || taken->count < COMMITS_HANDED_OVER ||
               atomic_load(&pipeline->commits.syncing);
}

static void run_group(struct pipeline *pipeline, struct group *group, struct taken *taken)
{
        struct commits *commits = &pipeline->commits;
        int64_t begun_us = clock_monotonic_us();

        while (takes_more(pipeline, taken, begun_us)) {
                struct work *work = queue_take(&pipeline->writes);

                if (work != NULL)
                        run_one(work, group, taken);
                else if (atomic_load(&commits->syncing))
                        queue_wait_beside(&pipeline->writes, &commits->syncing);
                else
                        break;
        }
        commits_wait(commits);
}

bool writer_group(struct pipeline *pipeline, int64_t wait_ms)
{
        struct taken taken = {0};

        if (!queue_wait(&pipeline->writes, wait_ms))
                return false;
        struct group *group = group_begin(pipeline->options.store);

        run_group(pipeline, group, &taken);
        commit_group(pipeline, group, &taken);
        return true;
}

/* A transaction of the writer's own. */
static bool tidy(struct pipeline *pipeline)
{
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        commits_wait(&pipeline->commits);
        struct group *group = group_begin(pipeline->options.store);
        struct txn *txn = group_txn(group, &arena);
        bool more = dedupe_tidy(pipeline, txn);

        key_uses_keep(pipeline->key_uses, txn);
        if (txn_status(txn) == OK && txn_change_count(txn) > 0) {
                txn_keep(txn);
                if (group_commit(group, &error) != OK)
                        more = false;
        } else {
                txn_drop(txn);
                group_abandon(group);
        }
        arena_release(&arena);
        return more;
}

void writer_background(struct pipeline *pipeline)
{
        int64_t now_us = clock_monotonic_us();

        if (pipeline->building) {
                struct arena arena;
                struct error error;

                arena_init(&arena);
                error_init(&error, &arena);
                commits_wait(&pipeline->commits);
                pipeline->building = store_build_step(pipeline->options.store, BUILD_ROWS, &error);
                if (error.code != OK)
                        log_event(LOG_ERROR, "index_build", log_text("reason", error.reason),
                                log_text("message", error.message));
                arena_release(&arena);
        }
        if (now_us - pipeline->tidied_us < TIDY_EVERY_US)
                return;
        if (!tidy(pipeline))
                pipeline->tidied_us = now_us;
}

void *writer_main(void *context)
{
        struct pipeline *pipeline = context;
        struct processor_stay stay = {0};

        processor_give_way(STORE_NICE);
        for (;;) {
                int64_t now_us = clock_monotonic_us();

                atomic_store(&pipeline->round_us, now_us);
                processor_stay(&stay, now_us);
                int64_t wait_ms = pipeline->building ? 0 : IDLE_WAIT_MS;
                bool worked = writer_group(pipeline, wait_ms);

                if (!worked && queue_closed(&pipeline->writes) &&
                        queue_count(&pipeline->writes) == 0) {
                        tidy(pipeline);
                        return NULL;
                }
                writer_background(pipeline);
        }
}

void writer_submit_own(struct pipeline *pipeline, struct work *work)
{
        queue_push_own(&pipeline->writes, work, work_priority(work));
}

/* ---- waiting for work ---- */

struct waiter {
        pthread_mutex_t mutex;
        pthread_cond_t done;
        size_t left;
};

static void wake_waiter(struct work *work)
{
        struct waiter *waiter = work->done_context;

        pthread_mutex_lock(&waiter->mutex);
        waiter->left--;
        pthread_cond_signal(&waiter->done);
        pthread_mutex_unlock(&waiter->mutex);
}

void work_wait_all(struct pipeline *pipeline, struct work **works, size_t count)
{
        struct waiter waiter = {.left = count};

        pthread_mutex_init(&waiter.mutex, NULL);
        pthread_cond_init(&waiter.done, NULL);
        for (size_t i = 0; i < count; i++) {
                assert(works[i]->done == NULL);
                works[i]->done = wake_waiter;
                works[i]->done_context = &waiter;
                writer_submit_own(pipeline, works[i]);
        }
        if (!atomic_load(&pipeline->started))
                while (writer_group(pipeline, 0))
                        ;
        pthread_mutex_lock(&waiter.mutex);
        while (waiter.left > 0)
                pthread_cond_wait(&waiter.done, &waiter.mutex);
        pthread_mutex_unlock(&waiter.mutex);
        pthread_cond_destroy(&waiter.done);
        pthread_mutex_destroy(&waiter.mutex);
}
