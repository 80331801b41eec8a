/*
 * Snapshots of the logged engine. A snapshot is a view, a snapshot of the inner engine and the
 * number of a group, and the three must fit: whatever the inner snapshot lacks of the groups up to
 * that number is in the view, and no group above it is in the inner snapshot. The view is held
 * first, so that its generations stay; if it still is the current one after the other two were
 * taken, then no generation was begun or applied in between and they fit.
 *
 * A cursor merges the inner cursor with the tables; where no table has anything of its prefix, the
 * inner cursor itself is what the caller gets.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "lib/store/logged.h"

/* ---- views ---- */

/* Lets go of a view; what nobody holds any more is freed. */
static void view_release(struct logged *logged, struct logged_view *view)
{
        struct generation *dead[GENERATIONS_MAX];
        size_t dead_count = 0;

        pthread_mutex_lock(&logged->view_mutex);
        bool gone = --view->refs == 0;
        for (size_t i = 0; gone && i < view->count; i++) {
                if (--view->generations[i]->refs == 0)
                        dead[dead_count++] = view->generations[i];
        }
        pthread_mutex_unlock(&logged->view_mutex);
        for (size_t i = 0; i < dead_count; i++)
                generation_free(dead[i]);
        if (gone)
                free(view);
}

void logged_view_publish(struct logged *logged)
{
        struct logged_view *view = calloc(1, sizeof(*view));

        assert(view != NULL);
        view->refs = 1;
        if (logged->active != NULL)
                view->generations[view->count++] = logged->active;
        for (size_t i = logged->waiting_count; i > 0; i--)
                view->generations[view->count++] = logged->waiting[i - 1];
        pthread_mutex_lock(&logged->view_mutex);
        for (size_t i = 0; i < view->count; i++)
                view->generations[i]->refs++;
        struct logged_view *old = atomic_exchange(&logged->view, view);
        pthread_mutex_unlock(&logged->view_mutex);
        if (old != NULL)
                view_release(logged, old);
}

/* ---- snapshots ---- */

static struct logged_snapshot *snapshot_take(struct logged *logged)
{
        pthread_mutex_lock(&logged->view_mutex);
        struct logged_snapshot *snapshot = logged->pool;
        struct logged_view *view = atomic_load(&logged->view);
        if (snapshot != NULL)
                logged->pool = snapshot->next;
        view->refs++;
        pthread_mutex_unlock(&logged->view_mutex);
        if (snapshot == NULL) {
                snapshot = calloc(1, sizeof(*snapshot));
                assert(snapshot != NULL);
                snapshot->base.engine = &logged->base;
        }
        snapshot->view = view;
        return snapshot;
}

static void snapshot_give(struct logged *logged, struct logged_snapshot *snapshot)
{
        struct logged_view *view = snapshot->view;

        pthread_mutex_lock(&logged->view_mutex);
        bool last = view->refs == 1;
        if (!last)
                view->refs--;
        snapshot->view = NULL;
        snapshot->next = logged->pool;
        logged->pool = snapshot;
        pthread_mutex_unlock(&logged->view_mutex);
        if (last)
                view_release(logged, view);
}

struct engine_snapshot *logged_snapshot_begin(struct engine *engine)
{
        struct logged *logged = (struct logged *)engine;

        for (;;) {
                struct logged_snapshot *snapshot = snapshot_take(logged);

                snapshot->inner = logged->inner->ops->snapshot_begin(logged->inner);
                snapshot->version = atomic_load(&logged->version);
                if (snapshot->inner != NULL && atomic_load(&logged->view) == snapshot->view)
                        return &snapshot->base;
                bool failed = snapshot->inner == NULL;
                if (!failed)
                        logged->inner->ops->snapshot_end(snapshot->inner);
                snapshot_give(logged, snapshot);
                if (failed)
                        return NULL;
        }
}

void logged_snapshot_end(struct engine_snapshot *base)
{
        struct logged_snapshot *snapshot = (struct logged_snapshot *)base;
        struct logged *logged = (struct logged *)base->engine;

        logged->inner->ops->snapshot_end(snapshot->inner);
        snapshot_give(logged, snapshot);
}

void logged_pool_free(struct logged *logged)
{
        while (logged->pool != NULL) {
                struct logged_snapshot *snapshot = logged->pool;

                logged->pool = snapshot->next;
                free(snapshot);
        }
        view_release(logged, atomic_load(&logged->view));
}

enum engine_found logged_get(struct engine_snapshot *base, struct bytes key, struct bytes *value)
{
        struct logged_snapshot *snapshot = (struct logged_snapshot *)base;
        const struct logged_view *view = snapshot->view;
        uint64_t hash = bytes_hash(key, ((struct logged *)base->engine)->seed);

        for (size_t i = 0; i < view->count; i++) {
                struct recent *table = view->generations[i]->table;
                const struct recent_version *version =
                        recent_has_tree(table, key.data[0])
                                ? recent_get(table, key, hash, snapshot->version)
                                : NULL;

                if (version == NULL)
                        continue;
                if (version->gone)
                        return ENGINE_ABSENT;
                *value = version->value;
                return ENGINE_FOUND;
        }
        return snapshot->inner->engine->ops->get(snapshot->inner, key, value);
}

/* ---- cursors ---- */

struct logged_cursor {
        struct engine_cursor base;
        struct engine_cursor *inner;
        uint64_t version;
        uint8_t tree;
        bool down;
        bool at_inner;                   /* it stands at the inner cursor's entry */
        bool at_front;                   /* at the tables' */
        enum engine_found found;         /* of the inner cursor */
        struct engine_entry entry;       /* where it is */
        const struct recent_node *front; /* the foremost of nodes, the newest table's; or NULL */
        size_t count;
        const struct recent *tables[GENERATIONS_MAX];     /* newest first */
        const struct recent_node *nodes[GENERATIONS_MAX]; /* where they are; NULL: at the end */
};

static struct bytes behind_tree(struct bytes key)
{
        return bytes_of(key.data + 1, key.len - 1);
}

static void inner_move(struct logged_cursor *cursor, enum engine_move move, struct bytes key)
{
        cursor->found = cursor->inner->ops->cursor_move(cursor->inner, move, key, &cursor->entry);
}

/* From this node on in the cursor's direction, the first that the snapshot sees in its tree. */
static const struct recent_node *seen_from(const struct logged_cursor *cursor,
        const struct recent *table, const struct recent_node *node)
{
        while (node != NULL && node->key.data[0] == cursor->tree &&
                recent_seen(node, cursor->version) == NULL)
                node = cursor->down ? recent_before(table, node->key) : recent_next(node);
        return node != NULL && node->key.data[0] == cursor->tree ? node : NULL;
}

/* Below zero when a comes first in the cursor's direction. */
static int ordered(const struct logged_cursor *cursor, struct bytes a, struct bytes b)
{
        int order = bytes_compare(a, b);

        return cursor->down ? -order : order;
}

static void front_find(struct logged_cursor *cursor)
{
        cursor->front = NULL;
        for (size_t i = 0; i < cursor->count; i++) {
                const struct recent_node *node = cursor->nodes[i];

                if (node != NULL && (cursor->front == NULL ||
                                            ordered(cursor, node->key, cursor->front->key) < 0))
                        cursor->front = node;
        }
}

static void seek(struct logged_cursor *cursor, enum engine_move move, struct bytes key)
{
        const uint8_t behind = cursor->tree + 1;

        cursor->down = move == ENGINE_BEFORE;
        inner_move(cursor, move, key);
        if (cursor->down && key.data[0] > cursor->tree)
                key = bytes_of(&behind, 1);
        for (size_t i = 0; i < cursor->count; i++) {
                const struct recent *table = cursor->tables[i];

                cursor->nodes[i] = seen_from(cursor, table,
                        cursor->down ? recent_before(table, key) : recent_from(table, key));
        }
        front_find(cursor);
}

/* Moves everything that stands at the entry last returned. */
static void step(struct logged_cursor *cursor)
{
        const struct recent_node *front = cursor->front;

        if (cursor->at_inner)
                inner_move(cursor, cursor->down ? ENGINE_PREVIOUS : ENGINE_NEXT, bytes_of(NULL, 0));
        if (!cursor->at_front)
                return;
        for (size_t i = 0; i < cursor->count; i++) {
                const struct recent_node *node = cursor->nodes[i];

                if (node == NULL || !bytes_equal(node->key, front->key))
                        continue;
                node = cursor->down ? recent_before(cursor->tables[i], node->key)
                                    : recent_next(node);
                cursor->nodes[i] = seen_from(cursor, cursor->tables[i], node);
        }
        front_find(cursor);
}

/* Which of the two is next; false: neither. */
static bool stand(struct logged_cursor *cursor)
{
        int order = cursor->found == ENGINE_FOUND ? -1 : 1;

        if (cursor->found == ENGINE_FOUND && cursor->front != NULL)
                order = ordered(cursor, cursor->entry.key, behind_tree(cursor->front->key));
        cursor->at_inner = cursor->found == ENGINE_FOUND && order <= 0;
        cursor->at_front = cursor->front != NULL && order >= 0;
        return cursor->at_inner || cursor->at_front;
}

static enum engine_found logged_cursor_move(struct engine_cursor *base, enum engine_move move,
        struct bytes key, struct engine_entry *out)
{
        struct logged_cursor *cursor = (struct logged_cursor *)base;

        assert(move == ENGINE_FROM || move == ENGINE_BEFORE ||
                cursor->down == (move == ENGINE_PREVIOUS));
        if (move == ENGINE_FROM || move == ENGINE_BEFORE)
                seek(cursor, move, key);
        else
                step(cursor);
        while (cursor->found != ENGINE_FAILED && stand(cursor)) {
                const struct recent_version *version = NULL;

                if (cursor->at_front)
                        version = recent_seen(cursor->front, cursor->version);
                if (version == NULL) {
                        *out = cursor->entry;
                        return ENGINE_FOUND;
                }
                if (!version->gone) {
                        *out = (struct engine_entry){
                                behind_tree(cursor->front->key), version->value};
                        return ENGINE_FOUND;
                }
                step(cursor);
        }
        return cursor->found == ENGINE_FAILED ? ENGINE_FAILED : ENGINE_ABSENT;
}

static void logged_cursor_close(struct engine_cursor *base)
{
        struct logged_cursor *cursor = (struct logged_cursor *)base;

        cursor->inner->ops->cursor_close(cursor->inner);
        free(cursor);
}

static const struct engine_ops cursor_ops = {
        .cursor_move = logged_cursor_move,
        .cursor_close = logged_cursor_close,
};

struct engine_cursor *logged_cursor_open(struct engine_snapshot *base, struct bytes prefix)
{
        struct logged_snapshot *snapshot = (struct logged_snapshot *)base;
        struct engine *engine = snapshot->inner->engine;
        struct engine_cursor *inner = engine->ops->cursor_open(snapshot->inner, prefix);
        const struct logged_view *view = snapshot->view;
        struct logged_cursor cursor = {
                .base.ops = &cursor_ops,
                .inner = inner,
                .version = snapshot->version,
                .tree = prefix.data[0],
        };

        for (size_t i = 0; i < view->count; i++) {
                if (recent_may_begin(view->generations[i]->table, prefix))
                        cursor.tables[cursor.count++] = view->generations[i]->table;
        }
        if (inner == NULL || cursor.count == 0)
                return inner;
        struct logged_cursor *copy = malloc(sizeof(*copy));
        assert(copy != NULL);
        *copy = cursor;
        return &copy->base;
}
