/*
 * The engine without a disk: one sorted map whose nodes carry their versions, newest first. A
 * snapshot is a number; it sees the newest version that is not above it. One mutex covers every
 * single step, and a cursor is a copy of its key that is looked up again, so that nodes can go
 * as soon as no snapshot needs them. Copying the map for each snapshot would be shorter and make
 * every read of a test's shop cost the whole shop.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include "lib/store/engine.h"
#include "lib/store/sorted.h"

struct version {
        uint64_t number;
        bool gone;
        struct version *older;
        size_t len;
        uint8_t data[];
};

struct memory_snapshot {
        struct engine_snapshot base;
        uint64_t version;
        struct memory_snapshot *next;
        struct memory_snapshot *previous;
};

struct memory_engine {
        struct engine base;
        pthread_mutex_t mutex;
        struct sorted map;
        uint64_t version;
        uint64_t bytes_used;
        struct memory_snapshot *snapshots;
        struct sorted_node **dead; /* nodes whose newest version is a deletion */
        size_t dead_count;
        size_t dead_capacity;
};

struct memory_cursor {
        struct engine_cursor base;
        struct memory_snapshot *snapshot;
        uint8_t tree;
        size_t len;
        uint8_t key[512];
};

static void memory_close(struct engine *engine)
{
        struct memory_engine *memory = (struct memory_engine *)engine;

        assert(memory->snapshots == NULL);
        for (struct sorted_node *n = sorted_first(&memory->map); n != NULL; n = sorted_next(n)) {
                for (struct version *v = n->data; v != NULL;) {
                        struct version *older = v->older;

                        free(v);
                        v = older;
                }
        }
        sorted_release(&memory->map);
        pthread_mutex_destroy(&memory->mutex);
        free(memory->dead);
        free(memory);
}

static struct engine_snapshot *memory_snapshot_begin(struct engine *engine)
{
        struct memory_engine *memory = (struct memory_engine *)engine;
        struct memory_snapshot *snapshot = calloc(1, sizeof(*snapshot));

        assert(snapshot != NULL);
        snapshot->base.engine = engine;
        pthread_mutex_lock(&memory->mutex);
        snapshot->version = memory->version;
        snapshot->next = memory->snapshots;
        if (snapshot->next != NULL)
                snapshot->next->previous = snapshot;
        memory->snapshots = snapshot;
        pthread_mutex_unlock(&memory->mutex);
        return &snapshot->base;
}

static void memory_snapshot_end(struct engine_snapshot *base)
{
        struct memory_snapshot *snapshot = (struct memory_snapshot *)base;
        struct memory_engine *memory = (struct memory_engine *)base->engine;

        pthread_mutex_lock(&memory->mutex);
        if (snapshot->next != NULL)
                snapshot->next->previous = snapshot->previous;
        if (snapshot->previous != NULL)
                snapshot->previous->next = snapshot->next;
        else
                memory->snapshots = snapshot->next;
        pthread_mutex_unlock(&memory->mutex);
        free(snapshot);
}

static const struct version *visible(const struct sorted_node *node, uint64_t number)
{
        for (const struct version *v = node->data; v != NULL; v = v->older) {
                if (v->number <= number)
                        return v->gone ? NULL : v;
        }
        return NULL;
}

static enum engine_found memory_get(
        struct engine_snapshot *base, struct bytes key, struct bytes *value)
{
        struct memory_snapshot *snapshot = (struct memory_snapshot *)base;
        struct memory_engine *memory = (struct memory_engine *)base->engine;
        const struct version *found = NULL;

        pthread_mutex_lock(&memory->mutex);
        const struct sorted_node *node = sorted_find(&memory->map, key);
        if (node != NULL)
                found = visible(node, snapshot->version);
        pthread_mutex_unlock(&memory->mutex);
        if (found == NULL)
                return ENGINE_ABSENT;
        *value = bytes_of(found->data, found->len);
        return ENGINE_FOUND;
}

static struct engine_cursor *memory_cursor_open(struct engine_snapshot *base, struct bytes prefix)
{
        struct memory_cursor *cursor = calloc(1, sizeof(*cursor));

        assert(cursor != NULL);
        cursor->base.ops = base->engine->ops;
        cursor->snapshot = (struct memory_snapshot *)base;
        cursor->tree = prefix.data[0];
        return &cursor->base;
}

static void memory_cursor_close(struct engine_cursor *cursor)
{
        free(cursor);
}

/* The first or next node in the move's direction, whether it is visible or not. */
static const struct sorted_node *step(
        const struct sorted *map, enum engine_move move, struct bytes key)
{
        const struct sorted_node *node;

        if (move == ENGINE_BEFORE || move == ENGINE_PREVIOUS)
                return sorted_before(map, key);
        node = sorted_from(map, key);
        if (move == ENGINE_NEXT && node != NULL && bytes_equal(node->key, key))
                node = sorted_next(node);
        return node;
}

static enum engine_found memory_cursor_move(struct engine_cursor *base, enum engine_move move,
        struct bytes key, struct engine_entry *out)
{
        struct memory_cursor *cursor = (struct memory_cursor *)base;
        struct memory_engine *memory = (struct memory_engine *)cursor->snapshot->base.engine;
        const struct version *found = NULL;

        if (move == ENGINE_NEXT || move == ENGINE_PREVIOUS)
                key = bytes_of(cursor->key, cursor->len);
        pthread_mutex_lock(&memory->mutex);
        const struct sorted_node *node = step(&memory->map, move, key);
        while (node != NULL && node->key.data[0] == cursor->tree) {
                found = visible(node, cursor->snapshot->version);
                if (found != NULL)
                        break;
                node = move == ENGINE_BEFORE || move == ENGINE_PREVIOUS
                               ? sorted_before(&memory->map, node->key)
                               : sorted_next(node);
        }
        if (found != NULL) {
                assert(node->key.len <= sizeof(cursor->key));
                cursor->len = node->key.len;
                memcpy(cursor->key, node->key.data, node->key.len);
        }
        pthread_mutex_unlock(&memory->mutex);
        if (found == NULL)
                return ENGINE_ABSENT;
        out->key = bytes_of(cursor->key + 1, cursor->len - 1);
        out->value = bytes_of(found->data, found->len);
        return ENGINE_FOUND;
}

static uint64_t oldest_needed(const struct memory_engine *memory)
{
        uint64_t oldest = memory->version;

        for (const struct memory_snapshot *s = memory->snapshots; s != NULL; s = s->next) {
                if (s->version < oldest)
                        oldest = s->version;
        }
        return oldest;
}

/* Frees the versions that no snapshot from oldest on can see. */
static void prune(struct sorted_node *node, uint64_t oldest)
{
        struct version *keep = node->data;

        while (keep != NULL && keep->number > oldest)
                keep = keep->older;
        if (keep == NULL)
                return;
        struct version *v = keep->older;
        keep->older = NULL;
        while (v != NULL) {
                struct version *older = v->older;

                free(v);
                v = older;
        }
}

static void dead_add(struct memory_engine *memory, struct sorted_node *node)
{
        if (memory->dead_count == memory->dead_capacity) {
                memory->dead_capacity = memory->dead_capacity * 2 + 64;
                memory->dead = realloc(memory->dead, memory->dead_capacity * sizeof(*memory->dead));
                assert(memory->dead != NULL);
        }
        memory->dead[memory->dead_count++] = node;
        node->state = 1;
}

static void bury_dead(struct memory_engine *memory, uint64_t oldest)
{
        size_t left = 0;

        for (size_t i = 0; i < memory->dead_count; i++) {
                struct sorted_node *node = memory->dead[i];
                struct version *newest = node->data;

                if (newest->gone && newest->number > oldest) {
                        memory->dead[left++] = node;
                        continue;
                }
                node->state = 0;
                if (!newest->gone)
                        continue;
                prune(node, oldest);
                free(newest);
                sorted_remove(&memory->map, node->key);
        }
        memory->dead_count = left;
}

static enum status memory_apply(
        struct engine *engine, struct engine_write *writes, size_t count, const char **why)
{
        struct memory_engine *memory = (struct memory_engine *)engine;

        pthread_mutex_lock(&memory->mutex);
        uint64_t oldest = oldest_needed(memory);
        uint64_t number = memory->version + 1;
        for (size_t i = 0; i < count; i++) {
                struct sorted_node *node = sorted_put(&memory->map, writes[i].key);
                struct version *version = calloc(1, sizeof(*version) + writes[i].value.len);

                assert(version != NULL);
                version->number = number;
                version->gone = writes[i].gone;
                version->older = node->data;
                version->len = writes[i].value.len;
                if (version->len > 0)
                        memcpy(version->data, writes[i].value.data, version->len);
                memory->bytes_used += writes[i].key.len + version->len;
                node->data = version;
                prune(node, oldest);
                if (version->gone && node->state == 0)
                        dead_add(memory, node);
        }
        memory->version = number;
        if (memory->dead_count > 0)
                bury_dead(memory, oldest_needed(memory));
        pthread_mutex_unlock(&memory->mutex);
        return OK;
}

static void memory_stats(struct engine *engine, struct engine_stats *out)
{
        struct memory_engine *memory = (struct memory_engine *)engine;

        pthread_mutex_lock(&memory->mutex);
        *out = (struct engine_stats){.bytes_used = memory->bytes_used};
        pthread_mutex_unlock(&memory->mutex);
}

static enum status memory_copy(struct engine *engine, const char *dir, const char **why)
{
        *why = "a store in memory has nothing to copy";
        return FAILED_PRECONDITION;
}

static const struct engine_ops memory_ops = {
        .close = memory_close,
        .snapshot_begin = memory_snapshot_begin,
        .snapshot_end = memory_snapshot_end,
        .get = memory_get,
        .cursor_open = memory_cursor_open,
        .cursor_move = memory_cursor_move,
        .cursor_close = memory_cursor_close,
        .apply = memory_apply,
        .stats = memory_stats,
        .copy = memory_copy,
};

struct engine *engine_memory_open(void)
{
        struct memory_engine *memory = calloc(1, sizeof(*memory));

        assert(memory != NULL);
        memory->base.ops = &memory_ops;
        pthread_mutex_init(&memory->mutex, NULL);
        sorted_init(&memory->map, NULL);
        return &memory->base;
}
