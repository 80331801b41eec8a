/*
 * Opening and closing. Whatever has to be looked at or changed when a database is opened (format,
 * contract, chain) happens in one group like any other, so an opening that is killed has changed
 * nothing. The directory is locked for as long as the store is open: two writers would
 * hand out the same sequence and the same log numbers.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/base/clock.h"
#include "lib/store/engine_logged.h"
#include "lib/store/sealed.h"
#include "lib/store/scan.h"

#define MAP_BYTES        (UINT64_C(64) << 30)
#define LOG_BYTES        (UINT64_C(32) << 20)
#define HEAD_INTERVAL_US 1000000

/* ---- the head of the chain ---- */

static void head_write(struct store *store)
{
        struct arena arena;

        if (store->dir == NULL)
                return;
        arena_init(&arena);
        pthread_mutex_lock(&store->head_mutex);
        atomic_store(&store->head_stale, false);
        store->head_written_us = clock_monotonic_us();
        struct txn *txn = txn_begin_read(store, &arena);
        if (!chain_write(txn, store->dir))
                atomic_store(&store->head_stale, true); /* tried again in a second */
        txn_end(txn);
        pthread_mutex_unlock(&store->head_mutex);
        arena_release(&arena);
}

/* On the engine's thread: writing a file and syncing it is nothing that a call should wait for. */
static void checkpointed(void *context)
{
        struct store *store = context;

        pthread_mutex_lock(&store->head_mutex);
        bool due = clock_monotonic_us() - store->head_written_us > HEAD_INTERVAL_US;
        pthread_mutex_unlock(&store->head_mutex);
        if (due && atomic_load(&store->head_stale))
                head_write(store);
}

/* ---- opening ---- */

static enum status dir_lock(struct store *store, struct error *error)
{
        if (mkdir(store->dir, 0700) != 0 && errno != EEXIST)
                return error_set(error, UNAVAILABLE, "STORE_FAILED", "%s cannot be made: %s",
                        store->dir, strerror(errno));
        store->dir_fd = open(store->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (store->dir_fd < 0)
                return error_set(error, UNAVAILABLE, "STORE_FAILED", "%s cannot be opened: %s",
                        store->dir, strerror(errno));
        if (flock(store->dir_fd, LOCK_EX | LOCK_NB) == 0)
                return OK;
        return error_set(error, FAILED_PRECONDITION, "STORE_IN_USE",
                "the store in %s is open in another process", store->dir);
}

static void logs_find(struct store *store)
{
        for (size_t i = 0; i < store->schema->table_count; i++) {
                if (!store->schema->tables[i]->log)
                        continue;
                assert(store->log_count < SCHEMA_LOGS_MAX);
                store->logs[store->log_count++] = store->schema->tables[i];
        }
}

/* The commit log's tree is the last. Returns how many there are. */
static size_t trees_name(struct store *store)
{
        size_t count = TREE_LOG + store->log_count;

        store->trees[TREE_META] = "meta";
        store->trees[TREE_MAIN] = "main";
        for (size_t i = 0; i < store->log_count; i++) {
                snprintf(store->log_names[i], sizeof(store->log_names[i]), "log.%u",
                        store->logs[i]->number);
                store->trees[TREE_LOG + i] = store->log_names[i];
        }
        store->trees[count] = LOGGED_TREE;
        return count + 1;
}

/* The engine of a directory, brought up to the end of its commit log; the engine below it goes to
 * *inner. */
static enum status engine_open(struct store *store, const struct store_options *options,
        struct engine **inner, struct error *error)
{
        enum status status = dir_lock(store, error);
        size_t tree_count = trees_name(store);

        if (status == OK)
                status = engine_lmdb_open(inner,
                        &(struct engine_options){
                                .dir = store->dir,
                                .map_bytes =
                                        options->map_bytes != 0 ? options->map_bytes : MAP_BYTES,
                                .trees = store->trees,
                                .tree_count = tree_count,
                        },
                        error);
        if (status != OK)
                return status;
        status = engine_logged_open(&store->engine, *inner,
                &(struct logged_options){
                        .log = {.dir = store->dir,
                                .bytes = options->log_bytes != 0 ? options->log_bytes : LOG_BYTES,
                                .keyring = store->keyring,
                                .trees = store->trees,
                                .tree_count = tree_count},
                        .checkpointed = checkpointed,
                        .context = store,
                },
                error);
        if (status != OK)
                (*inner)->ops->close(*inner);
        return status;
}

static enum status format_open(struct txn *txn, struct error *error)
{
        const uint8_t ours = STORE_FORMAT;
        struct bytes format;

        bool there = meta_read(txn, FORMAT_RECORD, &format);
        if (there && (format.len != 1 || format.data[0] == 0 || format.data[0] > ours))
                return error_set(error, FAILED_PRECONDITION, "FORMAT_MISMATCH",
                        "the database has format %d, this program writes %d",
                        format.len > 0 ? format.data[0] : 0, ours);
        if (txn_ok(txn) && (!there || format.data[0] < ours))
                meta_write(txn, FORMAT_RECORD, bytes_of(&ours, 1));
        return OK;
}

static void error_copy(struct error *to, const struct error *from)
{
        error_set(to, from->code, from->reason, "%s", from->message);
}

static enum status contents_open(struct store *store, struct txn *txn, struct error *error)
{
        struct bytes sequence;
        enum status status = format_open(txn, error);

        if (status == OK)
                status = contract_open(txn, error);
        if (status == OK)
                status = owner_keys_open(txn, error);
        if (status == OK && store->dir != NULL)
                status = chain_check(txn, store->dir, error);
        if (status == OK && meta_read(txn, "sequence", &sequence) && sequence.len == 8) {
                store->written = layout_get_u64(sequence.data);
                atomic_store(&store->sequence, store->written);
        }
        if (status == OK)
                atomic_store(&store->unfinished, build_count(txn));
        if (status == OK && !txn_ok(txn)) {
                error_copy(error, &txn->error);
                status = error->code;
        }
        return status;
}

static enum status contents_commit(struct store *store, struct error *error)
{
        struct group *group = group_begin(store);
        struct arena arena;
        enum status status;

        arena_init(&arena);
        struct txn *txn = group_txn(group, &arena);
        struct error inner;
        error_init(&inner, &arena);
        status = contents_open(store, txn, &inner);
        if (status == OK) {
                txn_keep_quietly(txn);
                group->sequence = store->written;
                status = group_commit(group, error);
        } else {
                error_copy(error, &inner);
                group_abandon(group);
        }
        arena_release(&arena);
        return status;
}

/*
 * Directly into the engine below the log: an older program, which knows nothing of logs, must
 * find out from the database's format before there is anything in one.
 */
static enum status group_open(struct store *store, struct engine *inner, struct error *error)
{
        struct engine *engine = store->engine;
        enum status status;

        store->engine = inner;
        status = contents_commit(store, error);
        store->engine = engine;
        return status;
}

static void store_free(struct store *store)
{
        if (store->engine != NULL)
                store->engine->ops->close(store->engine);
        free(store->spare);
        arena_release(&store->arenas[0]);
        arena_release(&store->arenas[1]);
        if (store->dir_fd >= 0)
                close(store->dir_fd);
        pthread_mutex_destroy(&store->head_mutex);
        shared_free(store->shared);
        free(store->proved);
        free(store->dir);
        free(store);
}

enum status store_open(struct store **out, const struct store_options *options, struct error *error)
{
        struct store *store = calloc(1, sizeof(*store));
        struct engine *inner = NULL;
        enum status status = OK;

        assert(store != NULL && options->keyring != NULL);
        store->schema = options->schema;
        store->keyring = options->keyring;
        store->dir_fd = -1;
        arena_init(&store->arenas[0]);
        arena_init(&store->arenas[1]);
        store->dir = options->dir != NULL ? strdup(options->dir) : NULL;
        store->shared = shared_new();
        store->proved = store->dir != NULL ? calloc(1, sizeof(*store->proved)) : NULL;
        pthread_mutex_init(&store->head_mutex, NULL);
        logs_find(store);
        if (store->dir != NULL)
                status = engine_open(store, options, &inner, error);
        else
                store->engine = inner = engine_memory_open();
        if (status == OK)
                status = group_open(store, inner, error);
        if (status != OK) {
                store_free(store);
                return status;
        }
        *out = store;
        return OK;
}

void store_close(struct store *store)
{
        assert(store->open_group == NULL);
        if (atomic_load(&store->head_stale) && !atomic_load(&store->failed))
                head_write(store);
        store_free(store);
}

const char *store_dir(const struct store *store)
{
        return store->dir;
}

uint64_t store_sequence(const struct store *store)
{
        return atomic_load(&store->sequence);
}

void store_stats(struct store *store, struct store_stats *out)
{
        struct engine_stats stats;

        store->engine->ops->stats(store->engine, &stats);
        *out = (struct store_stats){
                .sequence = atomic_load(&store->sequence),
                .bytes_used = stats.bytes_used,
                .bytes_map = stats.bytes_map,
                .commits = atomic_load(&store->commits),
        };
}
