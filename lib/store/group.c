/*
 * Groups: calls run over one snapshot and one overlay, whose changes then become durable as one.
 * That ends in two steps, since to write and publish them takes as long as some calls: the next
 * group runs over the overlay of the one before while another thread hands that to the engine,
 * which has all it needs in the group's own memory. Only one is ever on its way: with more, a
 * crash could leave a later one on the disk without an earlier.
 */
#include <assert.h>
#include <stdlib.h>
#include "lib/store/internal.h"

static struct group *group_new(struct store *store)
{
        struct group *group = store->spare;

        store->spare = NULL;
        if (group == NULL) {
                group = calloc(1, sizeof(*group));
                assert(group != NULL);
        }
        return group;
}

/* Over that of the group before, while no snapshot has it yet. */
static struct overlay *changes_begin(struct store *store)
{
        struct overlay *before = atomic_load(&store->unsynced) ? store->before : NULL;
        size_t own = before == &store->overlays[0];

        arena_reset(&store->arenas[own]);
        overlay_init(&store->overlays[own], &store->arenas[own], before);
        return &store->overlays[own];
}

struct group *group_begin(struct store *store)
{
        struct group *group = group_new(store);

        assert(store->open_group == NULL);
        store->open_group = group;
        group->store = store;
        group->running = NULL;
        group->fresh_keys = NULL;
        group->overlay = changes_begin(store);
        group->sequence = store->written;
        group->looked.group++;
        shared_trim(store->shared);
        group->snapshot = store->engine->ops->snapshot_begin(store->engine);
        return group;
}

/* Its changes are somebody else's, or nobody's. */
static void group_end(struct group *group)
{
        struct store *store = group->store;

        if (group->running != NULL)
                txn_drop(group->running);
        if (group->snapshot != NULL)
                store->engine->ops->snapshot_end(group->snapshot);
        group->snapshot = NULL;
        store->open_group = NULL;
        assert(store->spare == NULL);
        store->spare = group;
}

void group_abandon(struct group *group)
{
        const struct sorted_node **nodes = overlay_nodes(group->overlay);

        /* What it changed becomes again what it was. */
        for (size_t i = 0; i < group->overlay->count; i++)
                shared_changed(group->store->shared, nodes[i]->key);
        group_end(group);
        arena_reset(group->overlay->arena);
}

static void sequence_put(struct group *group)
{
        uint8_t value[8];
        struct arena arena;

        arena_init(&arena);
        struct txn *txn = group_txn(group, &arena);
        layout_put_u64(value, group->sequence);
        meta_write(txn, "sequence", bytes_of(value, sizeof(value)));
        txn_keep_quietly(txn);
        arena_release(&arena);
}

static size_t group_writes(struct group *group, struct engine_write *writes)
{
        const struct sorted_node **nodes = overlay_nodes(group->overlay);
        size_t count = 0;

        for (size_t i = 0; i < group->overlay->count; i++) {
                const struct sorted_node *n = nodes[i];

                if (n->state == OVERLAY_NONE)
                        continue;
                writes[count++] = (struct engine_write){
                        .key = n->key,
                        .value = n->value,
                        .gone = n->state == OVERLAY_GONE,
                        .append = n->state == OVERLAY_VALUE && n->key.data[0] >= TREE_LOG,
                };
        }
        return count;
}

static enum status store_fail(struct store *store, struct error *error, const char *why)
{
        atomic_store(&store->failed, true);
        return error_set(error, UNAVAILABLE, "STORE_FAILED",
                "the database failed and takes no more writes: %s", why);
}

static enum status changes_write(struct group *group, struct error *error)
{
        struct store *store = group->store;
        const struct engine_ops *ops = store->engine->ops;
        struct overlay *overlay = group->overlay;
        struct engine_write *writes =
                arena_array(overlay->arena, struct engine_write, overlay->count);
        const char *why = "";
        enum status status = OK;

        size_t count = group_writes(group, writes);
        /* The snapshot would keep the engine from using freed pages again. */
        ops->snapshot_end(group->snapshot);
        group->snapshot = NULL;
        if (count > 0 && ops->accept != NULL) {
                status = ops->accept(store->engine, writes, count, &why);
        } else if (count > 0) {
                engine_sort(writes, count);
                status = ops->apply(store->engine, writes, count, &why);
        }
        if (status == OK)
                return OK;
        if (status == RESOURCE_EXHAUSTED)
                return error_set(error, status, "STORE_FULL", "the store is full: %s", why);
        return store_fail(store, error, why);
}

enum status group_write(struct group *group, struct error *error)
{
        struct store *store = group->store;
        enum status status;

        assert(group->running == NULL);
        if (group->snapshot == NULL || atomic_load(&store->failed)) {
                group_abandon(group);
                return error_set(error, UNAVAILABLE, "STORE_FAILED",
                        "the database failed and takes no more writes");
        }
        assert(!atomic_load(&store->unsynced));
        if (group->sequence != store->written)
                sequence_put(group);
        bool changed = group->overlay->count > 0;
        status = changes_write(group, error);
        if (status != OK) {
                group_abandon(group);
                return status;
        }
        if (changed) {
                store->written = group->sequence;
                store->before = group->overlay;
                atomic_store(&store->unsynced, true);
        }
        group_end(group);
        return OK;
}

enum status store_sync(struct store *store, struct error *error)
{
        const struct engine_ops *ops = store->engine->ops;
        const char *why = "";

        if (!atomic_load(&store->unsynced))
                return OK;
        if (ops->sync != NULL && ops->sync(store->engine, &why) != OK)
                return store_fail(store, error, why);
        atomic_store(&store->sequence, store->written);
        atomic_fetch_add(&store->commits, 1);
        atomic_store(&store->head_stale, true);
        atomic_store(&store->unsynced, false);
        return OK;
}

enum status group_commit(struct group *group, struct error *error)
{
        struct store *store = group->store;
        enum status status = group_write(group, error);

        return status == OK ? store_sync(store, error) : status;
}
