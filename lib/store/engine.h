#pragma once
/*
 * What the store needs of whatever keeps its bytes: snapshots that are read by key and in order,
 * and a sorted set of changes that becomes durable as one. Several named trees; a key begins with
 * its tree's number, which is this process's own and never stored. One thread applies, any number
 * read. What a snapshot or a cursor returned is valid until that snapshot ends.
 *
 * There are three: engine_lmdb.c, engine_memory.c for tests, and engine_logged.c, which puts a
 * commit log before another one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/base/bytes.h"
#include "lib/base/status.h"

#define ENGINE_TREES_MAX 16

enum engine_found { ENGINE_FOUND, ENGINE_ABSENT, ENGINE_FAILED };

/* A cursor goes one way, the one in which it was placed. */
enum engine_move {
        ENGINE_FROM,     /* first entry with key >= key */
        ENGINE_BEFORE,   /* last entry of the cursor's tree with key < key */
        ENGINE_NEXT,     /* after the cursor; key is not looked at */
        ENGINE_PREVIOUS, /* before the cursor */
};

struct engine_entry {
        struct bytes key; /* without the tree's byte */
        struct bytes value;
};

struct engine_write {
        struct bytes key;
        struct bytes value;
        bool gone;
        bool append; /* above every key of its tree */
};

struct engine_stats {
        uint64_t bytes_used;
        uint64_t bytes_map;
};

struct engine {
        const struct engine_ops *ops;
};

struct engine_snapshot {
        struct engine *engine;
};

struct engine_cursor {
        const struct engine_ops *ops;
};

struct engine_ops {
        void (*close)(struct engine *engine);
        /* NULL when the engine failed. */
        struct engine_snapshot *(*snapshot_begin)(struct engine *engine);
        void (*snapshot_end)(struct engine_snapshot *snapshot);
        enum engine_found (*get)(
                struct engine_snapshot *snapshot, struct bytes key, struct bytes *value);
        /* Over the keys that begin with prefix, of which the tree's byte is the first; others of
         * the tree may be found, too. NULL when the engine failed. Close before the snapshot ends.
         */
        struct engine_cursor *(*cursor_open)(struct engine_snapshot *snapshot, struct bytes prefix);
        enum engine_found (*cursor_move)(struct engine_cursor *cursor, enum engine_move move,
                struct bytes key, struct engine_entry *out);
        void (*cursor_close)(struct engine_cursor *cursor);
        /*
         * All of it durable, or none; in the order of the keys. RESOURCE_EXHAUSTED: no room, ask
         * again later.
         * UNAVAILABLE: the engine failed. *why is a constant or a thread's own text.
         */
        enum status (*apply)(
                struct engine *engine, struct engine_write *writes, size_t count, const char **why);
        /*
         * The same in two steps, of an engine that can (the others have NULL): what is accepted
         * will not want for room any more, and is durable and seen when it is synced. Until then
         * writes, in any order, and what they name belong to the engine. One is synced before the
         * next is accepted; any thread may sync.
         */
        enum status (*accept)(
                struct engine *engine, struct engine_write *writes, size_t count, const char **why);
        enum status (*sync)(struct engine *engine, const char **why);
        void (*stats)(struct engine *engine, struct engine_stats *out);
        /* A copy as dir/data.mdb, synced. 0, an errno, or an engine's own number. */
        enum status (*copy)(struct engine *engine, const char *dir, const char **why);
};

struct engine_options {
        const char *dir;
        uint64_t map_bytes;
        const char *const *trees; /* names in the order of their numbers */
        size_t tree_count;
};

/* By their keys, no two of which are the same. */
void engine_sort(struct engine_write *writes, size_t count);

struct engine *engine_memory_open(void);
enum status engine_lmdb_open(
        struct engine **out, const struct engine_options *options, struct error *error);
