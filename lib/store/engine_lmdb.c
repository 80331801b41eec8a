/*
 * The engine on LMDB with its default, fully durable flags and MDB_NOTLS. A group is one write
 * transaction; its changes come in order, so one cursor per tree walks forward over the pages it
 * dirties instead of descending from the root for every key. Read transactions are kept in a
 * pool and renewed: a renewal costs a tenth of a beginning, and a READ batch begins one each.
 * Rows are looked up, and scans begin, where the last one was found or ended, in the same page as a
 * rule where they lie together: descending from the root for each was two fifths of a page of
 * products. MDB_NOSYNC, MDB_NOMETASYNC and MDB_WRITEMAP were refused: power cuts lose acknowledged
 * writes with the first two, and a full disk is a SIGBUS with the third.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/store/engine.h"
#include "lib/store/engine_lmdb.h"

#define READERS_MAX 510
#define PROBE_BYTES (1 << 20)
#define FILE_MODE   0600
#define FINDERS     64 /* of each tree */
#define PAGE_BYTES  4096
#define LINE_BYTES  64

struct lmdb_cursor;

/* Where a key was last looked up. */
struct finder {
        MDB_cursor *cursor; /* NULL: never yet */
        uint64_t turn;      /* of the snapshot that it was placed in */
        uintptr_t page;     /* of memory, where the last key was found; 0: unknown */
        uintptr_t asked;    /* the page that was asked for ahead */
        bool near;          /* the last key was near the one before */
};

struct lmdb_snapshot {
        struct engine_snapshot base;
        MDB_txn *txn;
        struct lmdb_cursor *spare; /* a closed one for the next that is opened, or NULL */
        bool spare_placed;         /* it is this transaction's */
        struct finder finders[ENGINE_TREES_MAX][FINDERS];
        uint64_t turn;              /* counts its transactions */
        struct lmdb_snapshot *next; /* in the pool */
};

struct lmdb_engine {
        struct engine base;
        MDB_env *env;
        MDB_dbi trees[ENGINE_TREES_MAX];
        size_t tree_count;
        char *dir;
        pthread_mutex_t mutex; /* over the pool */
        struct lmdb_snapshot *pool;
        _Atomic size_t committing; /* number of the transaction last begun to be committed */
};

struct lmdb_cursor {
        struct engine_cursor base;
        struct lmdb_snapshot *snapshot;
        MDB_cursor *cursor;
        uint8_t tree;
};

static void cursor_free(struct lmdb_cursor *cursor)
{
        if (cursor != NULL)
                mdb_cursor_close(cursor->cursor);
        free(cursor);
}

/* Cursors of a read transaction are not its own: they outlive it. */
static void snapshot_free(struct lmdb_snapshot *snapshot)
{
        cursor_free(snapshot->spare);
        for (size_t i = 0; i < ENGINE_TREES_MAX * FINDERS; i++) {
                MDB_cursor *cursor = snapshot->finders[i / FINDERS][i % FINDERS].cursor;

                if (cursor != NULL)
                        mdb_cursor_close(cursor);
        }
        if (snapshot->txn != NULL)
                mdb_txn_abort(snapshot->txn);
        free(snapshot);
}

static void lmdb_close(struct engine *engine)
{
        struct lmdb_engine *lmdb = (struct lmdb_engine *)engine;

        while (lmdb->pool != NULL) {
                struct lmdb_snapshot *snapshot = lmdb->pool;

                lmdb->pool = snapshot->next;
                snapshot_free(snapshot);
        }
        mdb_env_close(lmdb->env);
        pthread_mutex_destroy(&lmdb->mutex);
        free(lmdb->dir);
        free(lmdb);
}

static struct lmdb_snapshot *snapshot_take(struct lmdb_engine *lmdb)
{
        pthread_mutex_lock(&lmdb->mutex);
        struct lmdb_snapshot *snapshot = lmdb->pool;
        if (snapshot != NULL)
                lmdb->pool = snapshot->next;
        pthread_mutex_unlock(&lmdb->mutex);
        if (snapshot == NULL) {
                snapshot = calloc(1, sizeof(*snapshot));
                assert(snapshot != NULL);
                snapshot->base.engine = &lmdb->base;
        }
        return snapshot;
}

/*
 * LMDB 0.9 reads the number of the last transaction, then that one's meta page, of which there
 * are two. A reader that is held up between the two steps finds the page of the next but one,
 * perhaps half written, and sees a commit before it is one. So whoever began while the next but
 * one was being committed begins again.
 */
static int snapshot_renew(struct lmdb_engine *lmdb, struct lmdb_snapshot *snapshot)
{
        for (;;) {
                int rc = snapshot->txn != NULL
                                 ? mdb_txn_renew(snapshot->txn)
                                 : mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &snapshot->txn);

                if (rc != 0)
                        return rc;
                if (atomic_load(&lmdb->committing) < mdb_txn_id(snapshot->txn) + 2)
                        return 0;
                mdb_txn_reset(snapshot->txn);
        }
}

static struct engine_snapshot *lmdb_snapshot_begin(struct engine *engine)
{
        struct lmdb_engine *lmdb = (struct lmdb_engine *)engine;
        struct lmdb_snapshot *snapshot = snapshot_take(lmdb);
        int rc = snapshot_renew(lmdb, snapshot);

        if (rc == 0)
                return &snapshot->base;
        snapshot_free(snapshot);
        return NULL;
}

static void lmdb_snapshot_end(struct engine_snapshot *base)
{
        struct lmdb_snapshot *snapshot = (struct lmdb_snapshot *)base;
        struct lmdb_engine *lmdb = (struct lmdb_engine *)base->engine;

        mdb_txn_reset(snapshot->txn);
        snapshot->turn++;
        snapshot->spare_placed = false;
        pthread_mutex_lock(&lmdb->mutex);
        snapshot->next = lmdb->pool;
        lmdb->pool = snapshot;
        pthread_mutex_unlock(&lmdb->mutex);
}

static MDB_val val_of(struct bytes bytes)
{
        return (MDB_val){.mv_size = bytes.len, .mv_data = (void *)(uintptr_t)bytes.data};
}

static struct bytes bytes_of_val(MDB_val val)
{
        return bytes_of(val.mv_data, val.mv_size);
}

static struct bytes behind_tree(struct bytes key)
{
        return bytes_of(key.data + 1, key.len - 1);
}

static enum engine_found found_of(int rc)
{
        if (rc == 0)
                return ENGINE_FOUND;
        return rc == MDB_NOTFOUND ? ENGINE_ABSENT : ENGINE_FAILED;
}

/* A search begins where the last one ended, which is often on the same page. Keys of different
 * tables, which lie far apart, are asked for in turns, so most have a finder of their own; what
 * lies under owners, where all of one lies together, has one. */
static struct finder *finder_of(struct lmdb_snapshot *snapshot, struct bytes key)
{
        size_t table = key.len > 3 ? key.data[1] + key.data[3] : 0;

        return &snapshot->finders[key.data[0]][table % FINDERS];
}

static int finder_place(struct lmdb_snapshot *snapshot, struct finder *finder, uint8_t tree)
{
        struct lmdb_engine *lmdb = (struct lmdb_engine *)snapshot->base.engine;
        int rc;

        if (finder->cursor != NULL && finder->turn == snapshot->turn)
                return 0;
        if (finder->cursor != NULL)
                rc = mdb_cursor_renew(snapshot->txn, finder->cursor);
        else
                rc = mdb_cursor_open(snapshot->txn, lmdb->trees[tree], &finder->cursor);
        if (rc == 0)
                finder->turn = snapshot->turn;
        finder->page = 0;
        finder->near = false;
        return rc;
}

/* Keys that lie together are often asked for in their order, as for a page of a list: the entry
 * behind the last one is tried before a search. False: it is not the key's. */
static bool finder_next(struct finder *finder, struct bytes key, MDB_val *value)
{
        MDB_val next;

        if (!finder->near)
                return false;
        finder->near = mdb_cursor_get(finder->cursor, &next, value, MDB_NEXT) == 0 &&
                       bytes_equal(bytes_of_val(next), key);
        if (!finder->near)
                finder->page = 0;
        return finder->near;
}

static void page_ask(uintptr_t page)
{
        for (size_t at = 0; at < PAGE_BYTES; at += LINE_BYTES)
                __builtin_prefetch((const void *)(page * PAGE_BYTES + at));
}

static void finder_found(struct finder *finder, const void *value)
{
        uintptr_t page = (uintptr_t)value / PAGE_BYTES;

        finder->near = finder->near || page == finder->page;
        finder->page = page;
        if (!finder->near || page == finder->asked)
                return;
        page_ask(page);
        finder->asked = page;
}

static enum engine_found lmdb_get(
        struct engine_snapshot *base, struct bytes key, struct bytes *value)
{
        struct lmdb_snapshot *snapshot = (struct lmdb_snapshot *)base;
        struct finder *finder = finder_of(snapshot, key);
        MDB_val k = val_of(behind_tree(key));
        MDB_val v;
        int rc = finder_place(snapshot, finder, key.data[0]);

        if (rc == 0 && !finder_next(finder, behind_tree(key), &v))
                rc = mdb_cursor_get(finder->cursor, &k, &v, MDB_SET);
        if (rc == 0) {
                finder_found(finder, v.mv_data);
                *value = bytes_of_val(v);
        }
        return found_of(rc);
}

static struct engine_cursor *lmdb_cursor_open(struct engine_snapshot *base, struct bytes prefix)
{
        const uint8_t tree = prefix.data[0];
        struct lmdb_snapshot *snapshot = (struct lmdb_snapshot *)base;
        struct lmdb_engine *lmdb = (struct lmdb_engine *)base->engine;
        struct lmdb_cursor *cursor = snapshot->spare;

        assert(tree < lmdb->tree_count);
        if (cursor != NULL && cursor->tree == tree &&
                (snapshot->spare_placed || mdb_cursor_renew(snapshot->txn, cursor->cursor) == 0)) {
                snapshot->spare = NULL;
                return &cursor->base;
        }
        cursor = calloc(1, sizeof(*cursor));
        assert(cursor != NULL);
        cursor->base.ops = base->engine->ops;
        cursor->snapshot = snapshot;
        cursor->tree = tree;
        if (mdb_cursor_open(snapshot->txn, lmdb->trees[tree], &cursor->cursor) == 0)
                return &cursor->base;
        free(cursor);
        return NULL;
}

static void lmdb_cursor_close(struct engine_cursor *base)
{
        struct lmdb_cursor *cursor = (struct lmdb_cursor *)base;

        cursor_free(cursor->snapshot->spare);
        cursor->snapshot->spare = cursor;
        cursor->snapshot->spare_placed = true;
}

static int move_from(struct lmdb_cursor *cursor, struct bytes key, MDB_val *k, MDB_val *v)
{
        if (key.len <= 1)
                return mdb_cursor_get(cursor->cursor, k, v, MDB_FIRST);
        *k = val_of(behind_tree(key));
        return mdb_cursor_get(cursor->cursor, k, v, MDB_SET_RANGE);
}

/* A key of a later tree, or of this tree but above its last entry, means the last entry. */
static int move_before(struct lmdb_cursor *cursor, struct bytes key, MDB_val *k, MDB_val *v)
{
        int rc = MDB_NOTFOUND;

        assert(key.data[0] >= cursor->tree);
        if (key.data[0] == cursor->tree)
                rc = move_from(cursor, key, k, v);
        if (rc == 0)
                return mdb_cursor_get(cursor->cursor, k, v, MDB_PREV);
        if (rc != MDB_NOTFOUND)
                return rc;
        return mdb_cursor_get(cursor->cursor, k, v, MDB_LAST);
}

static enum engine_found lmdb_cursor_move(struct engine_cursor *base, enum engine_move move,
        struct bytes key, struct engine_entry *out)
{
        struct lmdb_cursor *cursor = (struct lmdb_cursor *)base;
        MDB_val k = {0};
        MDB_val v = {0};
        int rc = 0;

        switch (move) {
        case ENGINE_FROM:
                rc = move_from(cursor, key, &k, &v);
                break;
        case ENGINE_BEFORE:
                rc = move_before(cursor, key, &k, &v);
                break;
        case ENGINE_NEXT:
                rc = mdb_cursor_get(cursor->cursor, &k, &v, MDB_NEXT);
                break;
        case ENGINE_PREVIOUS:
                rc = mdb_cursor_get(cursor->cursor, &k, &v, MDB_PREV);
                break;
        }
        if (rc == 0)
                *out = (struct engine_entry){bytes_of_val(k), bytes_of_val(v)};
        return found_of(rc);
}

/*
 * LMDB calls a write that the full disk cut short an EIO. Whether that was the reason is asked of
 * the disk: can the file grow? It may, pages behind the last one mean nothing.
 */
static bool disk_is_full(const struct lmdb_engine *lmdb)
{
        struct stat st;
        char path[4096];
        int fd, rc = 0;

        snprintf(path, sizeof(path), "%s/data.mdb", lmdb->dir);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return false;
        if (fstat(fd, &st) == 0)
                rc = posix_fallocate(fd, st.st_size, PROBE_BYTES);
        close(fd);
        return rc == ENOSPC || rc == EFBIG || rc == EDQUOT;
}

static enum status status_of(const struct lmdb_engine *lmdb, int rc, const char **why)
{
        if (rc == 0)
                return OK;
        *why = mdb_strerror(rc);
        if (rc == MDB_MAP_FULL || rc == ENOSPC || rc == EDQUOT || rc == EFBIG)
                return RESOURCE_EXHAUSTED;
        if (rc == MDB_TXN_FULL)
                return RESOURCE_EXHAUSTED;
        if (rc == EIO && disk_is_full(lmdb))
                return RESOURCE_EXHAUSTED;
        return UNAVAILABLE;
}

static int write_one(MDB_txn *txn, MDB_cursor *cursor, const struct engine_write *write)
{
        MDB_val k = val_of(behind_tree(write->key));
        MDB_val v = val_of(write->value);
        int rc;

        if (!write->gone)
                return mdb_cursor_put(cursor, &k, &v, write->append ? MDB_APPEND : 0);
        rc = mdb_del(txn, mdb_cursor_dbi(cursor), &k, NULL);
        return rc == MDB_NOTFOUND ? 0 : rc;
}

static int write_all(
        struct lmdb_engine *lmdb, MDB_txn *txn, const struct engine_write *writes, size_t count)
{
        MDB_cursor *cursor = NULL;
        int rc = 0;

        for (size_t i = 0; i < count && rc == 0; i++) {
                uint8_t tree = writes[i].key.data[0];

                if (cursor == NULL || mdb_cursor_dbi(cursor) != lmdb->trees[tree]) {
                        if (cursor != NULL)
                                mdb_cursor_close(cursor);
                        cursor = NULL;
                        rc = mdb_cursor_open(txn, lmdb->trees[tree], &cursor);
                }
                if (rc == 0)
                        rc = write_one(txn, cursor, &writes[i]);
        }
        if (cursor != NULL)
                mdb_cursor_close(cursor);
        return rc;
}

static enum status lmdb_apply(
        struct engine *engine, struct engine_write *writes, size_t count, const char **why)
{
        struct lmdb_engine *lmdb = (struct lmdb_engine *)engine;
        MDB_txn *txn = NULL;
        int rc = mdb_txn_begin(lmdb->env, NULL, 0, &txn);

        if (rc != 0)
                return status_of(lmdb, rc, why);
        rc = write_all(lmdb, txn, writes, count);
        atomic_store(&lmdb->committing, mdb_txn_id(txn));
        if (rc == 0)
                rc = mdb_txn_commit(txn);
        else
                mdb_txn_abort(txn);
        return status_of(lmdb, rc, why);
}

static void lmdb_stats(struct engine *engine, struct engine_stats *out)
{
        struct lmdb_engine *lmdb = (struct lmdb_engine *)engine;
        MDB_envinfo info;
        MDB_stat stat;

        mdb_env_info(lmdb->env, &info);
        mdb_env_stat(lmdb->env, &stat);
        out->bytes_used = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
        out->bytes_map = info.me_mapsize;
}

static int sync_path(const char *path)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        int rc;

        if (fd < 0)
                return errno;
        rc = fsync(fd) == 0 ? 0 : errno;
        close(fd);
        return rc;
}

static enum status lmdb_copy(struct engine *engine, const char *dir, const char **why)
{
        struct lmdb_engine *lmdb = (struct lmdb_engine *)engine;
        char path[4096];
        int rc;

        if (snprintf(path, sizeof(path), "%s/data.mdb", dir) >= (int)sizeof(path))
                return status_of(lmdb, ENAMETOOLONG, why);
        /* Compacted: deleted rows stay readable in the free pages of the original. */
        rc = mdb_env_copy2(lmdb->env, dir, MDB_CP_COMPACT);
        if (rc == 0)
                rc = sync_path(path);
        if (rc == 0)
                rc = sync_path(dir);
        return status_of(lmdb, rc, why);
}

static const struct engine_ops lmdb_ops = {
        .close = lmdb_close,
        .snapshot_begin = lmdb_snapshot_begin,
        .snapshot_end = lmdb_snapshot_end,
        .get = lmdb_get,
        .cursor_open = lmdb_cursor_open,
        .cursor_move = lmdb_cursor_move,
        .cursor_close = lmdb_cursor_close,
        .apply = lmdb_apply,
        .stats = lmdb_stats,
        .copy = lmdb_copy,
};

static int trees_open(struct lmdb_engine *lmdb, const struct engine_options *options)
{
        MDB_txn *txn = NULL;
        int rc = mdb_txn_begin(lmdb->env, NULL, 0, &txn);

        for (size_t i = 0; i < options->tree_count && rc == 0; i++)
                rc = mdb_dbi_open(txn, options->trees[i], MDB_CREATE, &lmdb->trees[i]);
        if (txn != NULL && rc != 0)
                mdb_txn_abort(txn);
        return rc == 0 ? mdb_txn_commit(txn) : rc;
}

static int env_open(struct lmdb_engine *lmdb, const struct engine_options *options)
{
        int dead = 0;
        int rc = mdb_env_create(&lmdb->env);

        if (rc != 0)
                return rc;
        if (rc == 0)
                rc = mdb_env_set_mapsize(lmdb->env, options->map_bytes);
        if (rc == 0)
                rc = mdb_env_set_maxdbs(lmdb->env, ENGINE_TREES_MAX);
        if (rc == 0)
                rc = mdb_env_set_maxreaders(lmdb->env, READERS_MAX);
        if (rc == 0)
                rc = mdb_env_open(lmdb->env, options->dir, MDB_NOTLS, FILE_MODE);
        if (rc == 0)
                rc = mdb_reader_check(lmdb->env, &dead);
        return rc;
}

enum status engine_lmdb_open(
        struct engine **out, const struct engine_options *options, struct error *error)
{
        enum status status = lmdb_check_file(options->dir, error);
        int rc;

        if (status != OK)
                return status;
        struct lmdb_engine *lmdb = calloc(1, sizeof(*lmdb));
        assert(lmdb != NULL && options->tree_count <= ENGINE_TREES_MAX);
        lmdb->base.ops = &lmdb_ops;
        lmdb->tree_count = options->tree_count;
        lmdb->dir = strdup(options->dir);
        pthread_mutex_init(&lmdb->mutex, NULL);
        rc = env_open(lmdb, options);
        if (rc == 0 && (status = lmdb_check_pages(lmdb->env, options->dir, error)) != OK) {
                lmdb_close(&lmdb->base);
                return status;
        }
        if (rc == 0)
                rc = trees_open(lmdb, options);
        if (rc == 0) {
                *out = &lmdb->base;
                return OK;
        }
        if (rc == MDB_CORRUPTED || rc == MDB_INVALID || rc == MDB_PAGE_NOTFOUND)
                status = DATA_LOSS;
        else
                status = UNAVAILABLE;
        error_set(error, status, "STORE_FAILED", "the database in %s cannot be opened: %s",
                options->dir, mdb_strerror(rc));
        lmdb_close(&lmdb->base);
        return status;
}
