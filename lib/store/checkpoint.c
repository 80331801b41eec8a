/*
 * The checkpointer: a thread that applies the oldest generation, then the next. A generation
 * begins to wait when it is large or a second old, so the inner engine's transactions are bounded
 * and their number is small where little happens.
 *
 * Nothing is logged that the inner engine may have no room for. What groups may take there is
 * counted generously, what room there is, is looked at after every checkpoint; when the one
 * exceeds the other the writer waits until all is applied and, if that did not help, applies
 * groups directly, so that a full database refuses the group that does not fit, as it would
 * without a log. Should the room disappear all the same (another program filled the disk),
 * groups are refused, what was acknowledged stays in the log and in memory, and the checkpoint is
 * tried again every second and with every group.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "lib/base/processor.h"
#include "lib/store/logged.h"
#include "lib/store/store.h"

#define INTERVAL_US 1000000
#define BRIEFLY_US  20000
#define PAGE_BYTES  4096
#define WRITE_PAGES 4         /* a leaf and what is above it, split */
#define ROOM_MARGIN (1 << 20) /* the engine's own trees */

/* ---- room ---- */

uint64_t checkpoint_room_needed(const struct engine_write *writes, size_t count)
{
        uint64_t pages = 0;

        for (size_t i = 0; i < count; i++)
                pages += WRITE_PAGES + writes[i].value.len / (PAGE_BYTES / 2);
        return pages * PAGE_BYTES;
}

void checkpoint_room_look(struct logged *logged)
{
        struct engine_stats stats = {0};
        struct statvfs disk;

        logged->inner->ops->stats(logged->inner, &stats);
        logged->room_bytes =
                stats.bytes_map > stats.bytes_used ? stats.bytes_map - stats.bytes_used : 0;
        if (statvfs(logged->options.log.dir, &disk) != 0)
                logged->room_bytes = 0;
        else if ((uint64_t)disk.f_bavail * disk.f_frsize < logged->room_bytes)
                logged->room_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
}

bool checkpoint_room_for(const struct logged *logged, uint64_t bytes)
{
        return logged->promised_bytes + bytes + ROOM_MARGIN <= logged->room_bytes;
}

/* ---- what the writer and the checkpointer do ---- */

void checkpoint_freeze(struct logged *logged)
{
        assert(logged->waiting_count < GENERATIONS_WAITING_MAX);
        logged->waiting[logged->waiting_count++] = logged->active;
        logged->active = generation_new(logged->seed);
        logged_view_publish(logged);
        pthread_cond_signal(&logged->wanted);
}

void checkpoint_applied(struct logged *logged)
{
        struct generation *generation = logged->waiting[0];

        logged->applied = generation->last;
        logged->log.used -= generation->log_bytes;
        logged->promised_bytes -= generation->room_bytes;
        logged->full = false;
        logged->waiting_count--;
        memmove(logged->waiting, logged->waiting + 1,
                logged->waiting_count * sizeof(logged->waiting[0]));
        checkpoint_room_look(logged);
        logged_view_publish(logged);
}

void checkpoint_fail(struct logged *logged, const char *why)
{
        logged->failed = true;
        snprintf(logged->why, sizeof(logged->why), "%s", why);
        pthread_cond_broadcast(&logged->progress);
}

enum status checkpoint_wait(struct logged *logged, uint64_t number)
{
        uint64_t attempts = logged->attempts;

        if (logged->urgent < number)
                logged->urgent = number;
        logged->retry = true;
        pthread_cond_signal(&logged->wanted);
        while (logged->applied.number < number && !logged->failed && attempts == logged->attempts)
                pthread_cond_wait(&logged->progress, &logged->mutex);
        if (logged->applied.number >= number)
                return OK;
        return logged->failed ? UNAVAILABLE : RESOURCE_EXHAUSTED;
}

void checkpoint_wait_briefly(struct logged *logged)
{
        int64_t until_us = clock_monotonic_us() + BRIEFLY_US;
        uint64_t applied = logged->applied.number;

        while (logged->applied.number == applied && !logged->failed && !logged->full &&
                clock_monotonic_us() < until_us)
                condition_wait_until(&logged->progress, &logged->mutex, until_us);
}

/* ---- the thread ---- */

/* After a failure for want of room: until somebody asks, or a second has gone by. */
static void wait_for_room(struct logged *logged)
{
        int64_t until_us = clock_monotonic_us() + INTERVAL_US;

        while (!logged->retry && !logged->stop && clock_monotonic_us() < until_us)
                condition_wait_until(&logged->wanted, &logged->mutex, until_us);
        logged->retry = false;
}

/* Until there is a generation to be applied; false when there will be none. */
static bool wait_for_work(struct logged *logged)
{
        if (logged->full)
                wait_for_room(logged);
        for (;;) {
                const struct generation *active = logged->active;
                int64_t due_us = active->since_us + INTERVAL_US;

                if (logged->failed || (logged->stop && logged->full))
                        return false;
                if (logged->waiting_count > 0)
                        return true;
                bool urgent = logged->stop || logged->urgent > logged->applied.number;
                bool due = active->writes > 0 && (urgent || clock_monotonic_us() >= due_us);

                if (due)
                        checkpoint_freeze(logged);
                else if (logged->stop)
                        return false;
                else if (active->writes > 0)
                        condition_wait_until(&logged->wanted, &logged->mutex, due_us);
                else
                        pthread_cond_wait(&logged->wanted, &logged->mutex);
        }
}

static void checkpoint_refused(struct logged *logged, const char *why)
{
        logged->full = true;
        logged->retry = false; /* who asked meanwhile is answered by this */
        logged->attempts++;
        snprintf(logged->why, sizeof(logged->why), "%s", why);
}

void *checkpointer_main(void *context)
{
        struct logged *logged = context;

        processor_give_way(STORE_NICE);
        prctl(PR_SET_NAME, "checkpoint"); /* so that top and the benches tell it from others */
        pthread_mutex_lock(&logged->mutex);
        while (wait_for_work(logged)) {
                const struct generation *generation = logged->waiting[0];
                const char *why = "";

                pthread_mutex_unlock(&logged->mutex);
                enum status status = generation_apply(logged, generation, &why);
                pthread_mutex_lock(&logged->mutex);
                if (status == OK)
                        checkpoint_applied(logged);
                else if (status == RESOURCE_EXHAUSTED)
                        checkpoint_refused(logged, why);
                else
                        checkpoint_fail(logged, why);
                pthread_cond_broadcast(&logged->progress);
                if (status != OK || logged->options.checkpointed == NULL)
                        continue;
                pthread_mutex_unlock(&logged->mutex);
                logged->options.checkpointed(logged->options.context);
                pthread_mutex_lock(&logged->mutex);
        }
        pthread_mutex_unlock(&logged->mutex);
        return NULL;
}
