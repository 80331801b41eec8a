/*
 * A group's way: it is accepted once there is room for it, its record is written to the log, its
 * changes are put into the active generation while the disk is at that, the record is synced, and
 * its number becomes the one that new snapshots name. The call is answered after one sync of some
 * neighbouring blocks; a transaction of the engine below costs two syncs and a page for nearly
 * every key. All but the wait for room is done by whoever syncs, so that a writer can be at its
 * next group meanwhile.
 *
 * The log is not touched for the next group before it has this one: what lies behind the first
 * record that is not whole was never synced.
 *
 * Any failure to write or sync the log is final: what a failed sync leaves on the disk is unknown,
 * and a second one that succeeds proves nothing. The group's outcome is then unknown too, and the
 * next start finds out.
 */
#include "lib/store/engine_logged.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"
#include "lib/store/logged.h"
#include "lib/base/condition.h"

/* While the checkpointer is so far behind, every group waits a moment, so that nobody ever has to
 * wait for a whole checkpoint; where that is not enough, they do. */
#define BEHIND_SLOW 50
#define BEHIND_MAX  200
#define EXPECTED    6 /* keys ahead, while one is put */

/* ---- groups ---- */

static enum status refused(const struct logged *logged, enum status status, const char **why)
{
        static _Thread_local char text[sizeof(logged->why)];

        memcpy(text, logged->why, sizeof(text));
        *why = text;
        return status;
}

/* How far the checkpointer is behind: what the active generation holds that it cannot take yet. */
static unsigned behind_percent(const struct logged *logged)
{
        return logged->waiting_count == GENERATIONS_WAITING_MAX ? generation_percent(logged->active)
                                                                : 0;
}

static bool accepted_fits(const struct logged *logged, const struct accepted *group)
{
        return group->log_bytes != 0 && behind_percent(logged) < BEHIND_MAX && !logged->full &&
               group->log_bytes <= logged->log.size - COMMIT_LOG_BLOCK - logged->log.used &&
               checkpoint_room_for(logged, group->room_bytes);
}

/*
 * Waits until a group may be logged; *directly when it never may and must be applied as it is,
 * which is when all groups before it are applied. The caller holds the mutex.
 */
static enum status room_wait(struct logged *logged, const struct accepted *group, bool *directly)
{
        uint64_t last = logged->log.last.number;

        if (behind_percent(logged) >= BEHIND_SLOW)
                checkpoint_wait_briefly(logged);
        while (!logged->failed && !accepted_fits(logged, group)) {
                *directly = logged->applied.number == last;
                if (*directly)
                        return OK;
                /* One generation further may be enough. */
                uint64_t next = logged->waiting_count > 0 ? logged->waiting[0]->last.number : last;
                enum status status = checkpoint_wait(logged, next);
                if (status != OK)
                        return status;
        }
        return logged->failed ? UNAVAILABLE : OK;
}

static enum status apply_directly(
        struct logged *logged, struct engine_write *writes, size_t count, const char **why)
{
        struct log_mark mark = logged->log.last;

        mark.number++;
        engine_sort(writes, count);
        enum status status = applied_write(logged, writes, count, &mark, why);
        pthread_mutex_lock(&logged->mutex);
        if (status == OK) {
                logged->log.last = mark;
                logged->applied = mark;
                atomic_store(&logged->version, mark.number);
        } else if (status != RESOURCE_EXHAUSTED) {
                checkpoint_fail(logged, *why);
        }
        checkpoint_room_look(logged);
        pthread_mutex_unlock(&logged->mutex);
        return status;
}

/* In the order of the keys it may be less, since what is of one tree then stands together. */
static uint64_t log_bytes_of(
        const struct logged *logged, const struct engine_write *writes, size_t count)
{
        return commit_log_cost(&logged->log, record_len(logged->options.log.trees, writes, count));
}

static enum status logged_accept(
        struct engine *engine, struct engine_write *writes, size_t count, const char **why)
{
        struct logged *logged = (struct logged *)engine;
        const struct accepted group = {
                .writes = writes,
                .count = count,
                .log_bytes = log_bytes_of(logged, writes, count),
                .room_bytes = checkpoint_room_needed(writes, count),
        };
        bool directly = false;

        assert(logged->accepted.count == 0);
        pthread_mutex_lock(&logged->mutex);
        enum status status = room_wait(logged, &group, &directly);
        if (status != OK)
                status = refused(logged, status, why);
        pthread_mutex_unlock(&logged->mutex);
        if (status == OK && directly)
                return apply_directly(logged, writes, count, why);
        if (status == OK)
                logged->accepted = group;
        return status;
}

/* It is durable: everybody may see it. */
static void group_publish(struct logged *logged, const struct accepted *group)
{
        struct generation *active = logged->active;

        logged->log.used += group->log_bytes;
        logged->promised_bytes += group->room_bytes;
        active->log_bytes += group->log_bytes;
        active->room_bytes += group->room_bytes;
        active->last = logged->log.last;
        atomic_store(&logged->version, active->last.number);
        if (generation_percent(active) >= 100 && logged->waiting_count < GENERATIONS_WAITING_MAX)
                checkpoint_freeze(logged);
        else if (active->last.number == logged->applied.number + 1)
                pthread_cond_signal(&logged->wanted);
}

/* Nobody sees what is put before it is published. The checkpointer would apply it, so all of it
 * happens under the mutex. 0 or an errno. */
static int group_sync(struct logged *logged, const struct accepted *group)
{
        struct log_mark behind;
        int rc = commit_log_write(&logged->log, group->writes, group->count, &behind);

        if (rc != 0)
                return rc;
        for (size_t i = 0; i < group->count; i++) {
                if (i + EXPECTED < group->count)
                        recent_expect(logged->active->table, group->writes[i + EXPECTED].key);
                generation_put(logged->active, behind.number, &group->writes[i]);
        }
        rc = commit_log_sync(&logged->log, &behind);
        if (rc == 0)
                group_publish(logged, group);
        return rc;
}

static enum status logged_sync(struct engine *engine, const char **why)
{
        struct logged *logged = (struct logged *)engine;
        struct accepted group = logged->accepted;

        if (group.count == 0)
                return OK;
        logged->accepted = (struct accepted){0};
        /* Not by the writer, who has less time. */
        engine_sort(group.writes, group.count);
        group.log_bytes = log_bytes_of(logged, group.writes, group.count);
        pthread_mutex_lock(&logged->mutex);
        enum status status = OK;
        int rc = group_sync(logged, &group);
        if (rc != 0) {
                checkpoint_fail(logged, strerror(rc));
                status = refused(logged, UNAVAILABLE, why);
        }
        pthread_mutex_unlock(&logged->mutex);
        return status;
}

static enum status logged_apply(
        struct engine *engine, struct engine_write *writes, size_t count, const char **why)
{
        enum status status = logged_accept(engine, writes, count, why);

        return status == OK ? logged_sync(engine, why) : status;
}

/* ---- the rest ---- */

static void logged_stats(struct engine *engine, struct engine_stats *out)
{
        struct logged *logged = (struct logged *)engine;

        logged->inner->ops->stats(logged->inner, out);
}

static enum status logged_copy(struct engine *engine, const char *dir, const char **why)
{
        struct logged *logged = (struct logged *)engine;

        pthread_mutex_lock(&logged->mutex);
        enum status status = checkpoint_wait(logged, atomic_load(&logged->version));
        if (status != OK)
                status = refused(logged, status, why);
        pthread_mutex_unlock(&logged->mutex);
        if (status == OK)
                status = logged->inner->ops->copy(logged->inner, dir, why);
        int rc = status == OK ? commit_log_copy_empty(&logged->log, dir) : 0;
        if (rc == 0)
                return status;
        *why = strerror(rc);
        return UNAVAILABLE;
}

/* Without the inner engine. */
static void logged_free(struct logged *logged)
{
        logged_pool_free(logged);
        commit_log_close(&logged->log);
        pthread_cond_destroy(&logged->progress);
        pthread_cond_destroy(&logged->wanted);
        pthread_mutex_destroy(&logged->mutex);
        pthread_mutex_destroy(&logged->view_mutex);
        free(logged);
}

static void logged_close(struct engine *engine)
{
        struct logged *logged = (struct logged *)engine;
        struct engine *inner = logged->inner;

        pthread_mutex_lock(&logged->mutex);
        logged->stop = true;
        pthread_cond_signal(&logged->wanted);
        pthread_mutex_unlock(&logged->mutex);
        pthread_join(logged->thread, NULL);
        logged_free(logged);
        inner->ops->close(inner);
}

static const struct engine_ops logged_ops = {
        .close = logged_close,
        .snapshot_begin = logged_snapshot_begin,
        .snapshot_end = logged_snapshot_end,
        .get = logged_get,
        .cursor_open = logged_cursor_open,
        .apply = logged_apply,
        .accept = logged_accept,
        .sync = logged_sync,
        .stats = logged_stats,
        .copy = logged_copy,
};

/* ---- opening ---- */

static struct logged *logged_new(struct engine *inner, const struct logged_options *options)
{
        struct logged *logged = calloc(1, sizeof(*logged));

        assert(logged != NULL && options->log.tree_count > 0);
        logged->base.ops = &logged_ops;
        logged->inner = inner;
        logged->options = *options;
        logged->tree = (uint8_t)(options->log.tree_count - 1);
        logged->log.file = -1;
        pthread_mutex_init(&logged->view_mutex, NULL);
        pthread_mutex_init(&logged->mutex, NULL);
        condition_init(&logged->wanted);
        condition_init(&logged->progress);
        logged->seed = (uint64_t)clock_monotonic_us() ^ (uint64_t)(uintptr_t)logged;
        logged->active = generation_new(logged->seed);
        logged_view_publish(logged);
        return logged;
}

static enum status checkpoint_now(struct logged *logged, struct error *error)
{
        const char *why = "";

        if (logged->active->writes == 0)
                return OK;
        checkpoint_freeze(logged);
        enum status status = generation_apply(logged, logged->waiting[0], &why);
        if (status == OK) {
                checkpoint_applied(logged);
                return OK;
        }
        if (status == RESOURCE_EXHAUSTED)
                return error_set(error, status, "STORE_FULL",
                        "no room in the database for what the commit log holds: %s", why);
        return error_set(error, status, "STORE_FAILED",
                "what the commit log holds cannot be applied: %s", why);
}

static enum status replay_group(void *context, const struct record *record,
        const struct log_mark *behind, struct error *error)
{
        struct logged *logged = context;
        struct record_reader reader;
        struct engine_write write;
        enum record_step step;

        record_read(&reader, record, logged->options.log.trees, logged->options.log.tree_count);
        while ((step = record_next(&reader, &write)) == RECORD_WRITE)
                generation_put(logged->active, record->number, &write);
        if (step == RECORD_STRANGE)
                return error_set(error, FAILED_PRECONDITION, "CONTRACT_MISMATCH",
                        "the commit log has changes of the tree %.*s, which this program lacks",
                        (int)reader.strange.len, (const char *)reader.strange.data);
        assert(step == RECORD_END); /* the checksum has spoken for it */
        logged->active->last = *behind;
        return generation_percent(logged->active) >= 100 ? checkpoint_now(logged, error) : OK;
}

static enum status replay_nothing(void *context, const struct record *record,
        const struct log_mark *behind, struct error *error)
{
        const struct logged *logged = context;

        return error_set(error, DATA_LOSS, "LOG_MISMATCH",
                "%s/" COMMIT_LOG_FILE " belongs to a database that is not there",
                logged->options.log.dir);
}

/* Brings the inner engine up to the end of the log. */
static enum status recover(struct logged *logged, struct error *error)
{
        const char *why = "";
        bool found;
        enum status status = applied_read(logged, &logged->applied, &found, error);

        if (status == OK)
                status = commit_log_open(&logged->log, &logged->options.log,
                        found ? LOG_EXISTING : LOG_FRESH, error);
        if (status != OK)
                return status;
        if (found) {
                status = commit_log_replay(
                        &logged->log, &logged->applied, replay_group, logged, error);
                return status == OK ? checkpoint_now(logged, error) : status;
        }
        logged->applied = LOG_MARK_FIRST;
        status = commit_log_replay(&logged->log, &logged->applied, replay_nothing, logged, error);
        if (status != OK)
                return status;
        status = applied_write(logged, NULL, 0, &logged->applied, &why);
        if (status == OK)
                return OK;
        return error_set(error, status,
                status == RESOURCE_EXHAUSTED ? "STORE_FULL" : "STORE_FAILED",
                "the database cannot be prepared for a commit log: %s", why);
}

enum status engine_logged_open(struct engine **out, struct engine *inner,
        const struct logged_options *options, struct error *error)
{
        struct logged *logged = logged_new(inner, options);
        enum status status = recover(logged, error);

        if (status == OK) {
                atomic_store(&logged->version, logged->applied.number);
                checkpoint_room_look(logged);
                if (pthread_create(&logged->thread, NULL, checkpointer_main, logged) != 0)
                        status = error_set(error, UNAVAILABLE, "STORE_FAILED",
                                "no thread for the checkpointer");
        }
        if (status != OK) {
                logged_free(logged);
                return status;
        }
        *out = &logged->base;
        return OK;
}
