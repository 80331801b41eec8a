/*
 * A hash table for single keys beside a skip list for order: a search of the list misses the cache
 * a dozen times. Stems tell of most scans that the list has nothing for them, and most groups end
 * without a scan that it has something for, so nodes are put into it when the first one comes.
 * Refused: a bit for each stem, as for keys. One scan in six was wrongly told that there may be
 * something, and one in a group is enough to have all of its nodes put in order.
 *
 * One map for the whole group with an undo journal, rather than a map per call laid over a map
 * per group: a read looks in fewer places, and what a dropped call costs is paid by the dropped
 * call. A node stays in the map after it was undone (state OVERLAY_NONE); it is skipped by
 * everybody and disappears with the group.
 */
#include "lib/store/overlay.h"
#include <assert.h>
#include <stdlib.h>

void overlay_init(struct overlay *overlay, struct arena *arena, struct overlay *below)
{
        *overlay = (struct overlay){.arena = arena, .below = below, .epoch = 1};
        sorted_init(&overlay->map, arena);
}

static void journal_add(struct overlay *overlay, struct sorted_node *node)
{
        const size_t size = sizeof(struct overlay_undo);

        if (overlay->journal_len == overlay->journal_capacity) {
                size_t wider = overlay->journal_capacity == 0 ? 64 : overlay->journal_capacity * 2;

                overlay->journal = arena_grow(overlay->arena, overlay->journal,
                        overlay->journal_len * size, wider * size);
                overlay->journal_capacity = wider;
        }
        overlay->journal[overlay->journal_len++] = (struct overlay_undo){
                .node = node,
                .value = node->value,
                .epoch = node->epoch,
                .state = node->state,
        };
}

static void mark(struct overlay *overlay, uint64_t hash)
{
        size_t at = hash >> 32 & (OVERLAY_MARKS - 1);

        overlay->marks[at / 64] |= UINT64_C(1) << at % 64;
}

static bool marked(const struct overlay *overlay, uint64_t hash)
{
        size_t at = hash >> 32 & (OVERLAY_MARKS - 1);

        return (overlay->marks[at / 64] >> at % 64 & 1) != 0;
}

static struct sorted_node *find(const struct overlay *overlay, struct bytes key, uint64_t hash)
{
        /* Of most keys that a call asks for its group has changed none. */
        if (!marked(overlay, hash))
                return NULL;
        struct sorted_node *node = overlay->buckets[hash % OVERLAY_BUCKETS];

        while (node != NULL && (node->hash != hash || !bytes_equal(node->key, key)))
                node = node->data;
        return node;
}

static bool has_stem(const struct overlay *overlay, uint64_t hash)
{
        const struct overlay_stem *stem = overlay->stems[hash >> 32 & (OVERLAY_STEMS - 1)];

        while (stem != NULL && stem->hash != hash)
                stem = stem->next;
        return stem != NULL;
}

static void note_stem(struct overlay *overlay, uint64_t hash)
{
        struct overlay_stem **bucket = &overlay->stems[hash >> 32 & (OVERLAY_STEMS - 1)];

        if (hash == 0 || has_stem(overlay, hash))
                return;
        struct overlay_stem *stem = arena_room(overlay->arena, sizeof(*stem));

        *stem = (struct overlay_stem){.hash = hash, .next = *bucket};
        *bucket = stem;
}

static struct sorted_node *add(struct overlay *overlay, struct bytes key, uint64_t hash)
{
        struct sorted_node *node = sorted_make(&overlay->map, key);
        struct sorted_node **bucket = &overlay->buckets[hash % OVERLAY_BUCKETS];
        struct stems stems = stems_of(key, 0);

        node->next[0] = overlay->loose;
        overlay->loose = node;
        overlay->count++;
        node->hash = hash;
        node->data = *bucket;
        *bucket = node;
        mark(overlay, hash);
        for (size_t i = 0; i < 2; i++)
                note_stem(overlay, stems.hashes[i]);
        return node;
}

static void change(
        struct overlay *overlay, struct bytes key, enum overlay_state state, struct bytes value)
{
        uint64_t hash = overlay_hash(key);
        struct sorted_node *node = find(overlay, key, hash);

        if (node == NULL)
                node = add(overlay, key, hash);
        journal_add(overlay, node);
        if (node->epoch != overlay->epoch)
                overlay->change_count++;
        node->epoch = overlay->epoch;
        node->state = state;
        node->value = value;
        overlay->changes++;
}

const uint8_t *overlay_put(struct overlay *overlay, struct bytes key, struct bytes value)
{
        struct bytes copy = bytes_of(arena_copy(overlay->arena, value.data, value.len), value.len);

        change(overlay, key, OVERLAY_VALUE, copy);
        return copy.data;
}

void overlay_erase(struct overlay *overlay, struct bytes key)
{
        change(overlay, key, OVERLAY_GONE, bytes_of(NULL, 0));
}

enum overlay_state overlay_get(
        const struct overlay *overlay, struct bytes key, uint64_t hash, struct bytes *value)
{
        const struct sorted_node *node = find(overlay, key, hash);

        if ((node == NULL || node->state == OVERLAY_NONE) && overlay->below != NULL)
                node = find(overlay->below, key, hash);
        if (node == NULL)
                return OVERLAY_NONE;
        if (node->state == OVERLAY_VALUE)
                *value = node->value;
        return (enum overlay_state)node->state;
}

static void link_loose(struct overlay *overlay)
{
        while (overlay->loose != NULL) {
                struct sorted_node *node = overlay->loose;

                overlay->loose = node->next[0];
                sorted_link(&overlay->map, node);
        }
}

static const struct sorted_node *known_from(const struct sorted_node *node)
{
        while (node != NULL && node->state == OVERLAY_NONE)
                node = sorted_next(node);
        return node;
}

static const struct sorted_node *own_from(const struct overlay *overlay, struct bytes key)
{
        return known_from(sorted_from(&overlay->map, key));
}

static const struct sorted_node *own_after(const struct overlay *overlay, struct bytes key)
{
        const struct sorted_node *node = sorted_from(&overlay->map, key);

        if (node != NULL && bytes_equal(node->key, key))
                node = sorted_next(node);
        return known_from(node);
}

static const struct sorted_node *own_before(const struct overlay *overlay, struct bytes key)
{
        const struct sorted_node *node = sorted_before(&overlay->map, key);

        while (node != NULL && node->state == OVERLAY_NONE)
                node = sorted_before(&overlay->map, node->key);
        return node;
}

/* The lower of two; of the same key the first, which is newer. */
static const struct sorted_node *lower(const struct sorted_node *a, const struct sorted_node *b)
{
        if (a == NULL || b == NULL)
                return a != NULL ? a : b;
        return bytes_compare(a->key, b->key) <= 0 ? a : b;
}

static const struct sorted_node *higher(const struct sorted_node *a, const struct sorted_node *b)
{
        if (a == NULL || b == NULL)
                return a != NULL ? a : b;
        return bytes_compare(a->key, b->key) >= 0 ? a : b;
}

/* Is there anything with the stem, in one that may not be there? If so its nodes are in order now.
 */
static bool may_have(struct overlay *overlay, uint64_t stem)
{
        if (overlay == NULL || overlay->count == 0 || (stem != 0 && !has_stem(overlay, stem)))
                return false;
        link_loose(overlay);
        return true;
}

const struct sorted_node *overlay_from(struct overlay *overlay, uint64_t stem, struct bytes key)
{
        struct overlay *below = overlay->below;

        return lower(may_have(overlay, stem) ? own_from(overlay, key) : NULL,
                may_have(below, stem) ? own_from(below, key) : NULL);
}

const struct sorted_node *overlay_after(struct overlay *overlay, uint64_t stem, struct bytes key)
{
        struct overlay *below = overlay->below;

        return lower(may_have(overlay, stem) ? own_after(overlay, key) : NULL,
                may_have(below, stem) ? own_after(below, key) : NULL);
}

const struct sorted_node *overlay_before(struct overlay *overlay, uint64_t stem, struct bytes key)
{
        struct overlay *below = overlay->below;

        return higher(may_have(overlay, stem) ? own_before(overlay, key) : NULL,
                may_have(below, stem) ? own_before(below, key) : NULL);
}

void overlay_rewind(struct overlay *overlay, size_t mark)
{
        assert(mark <= overlay->journal_len);
        overlay->changes++;
        while (overlay->journal_len > mark) {
                const struct overlay_undo *undo = &overlay->journal[--overlay->journal_len];

                if (undo->epoch != overlay->epoch)
                        overlay->change_count--;
                undo->node->value = undo->value;
                undo->node->state = undo->state;
                undo->node->epoch = undo->epoch;
        }
}

void overlay_keep(struct overlay *overlay)
{
        overlay->journal_len = 0;
        overlay->change_count = 0;
        overlay->epoch++;
}

static int compare_nodes(const void *a, const void *b)
{
        const struct sorted_node *const *left = a;
        const struct sorted_node *const *right = b;

        return bytes_compare((*left)->key, (*right)->key);
}

const struct sorted_node **overlay_nodes(const struct overlay *overlay)
{
        const struct sorted_node **nodes =
                arena_array(overlay->arena, const struct sorted_node *, overlay->count);
        size_t count = 0;

        for (const struct sorted_node *n = sorted_first(&overlay->map); n; n = sorted_next(n))
                nodes[count++] = n;
        for (const struct sorted_node *n = overlay->loose; n != NULL; n = n->next[0])
                nodes[count++] = n;
        assert(count == overlay->count);
        return nodes;
}

/* The first of its entries about a key is what makes the node one of the call's. */
static bool is_first(const struct overlay *overlay, const struct overlay_undo *undo)
{
        return undo->epoch != overlay->epoch;
}

const struct sorted_node **overlay_made(
        const struct overlay *overlay, struct arena *arena, struct bytes prefix, size_t *count)
{
        const struct sorted_node **nodes =
                arena_array(arena, const struct sorted_node *, overlay->change_count);

        *count = 0;
        for (size_t i = 0; i < overlay->journal_len; i++) {
                const struct overlay_undo *undo = &overlay->journal[i];

                if (is_first(overlay, undo) && undo->node->state == OVERLAY_VALUE &&
                        bytes_begin_with(undo->node->key, prefix))
                        nodes[(*count)++] = undo->node;
        }
        qsort(nodes, *count, sizeof(*nodes), compare_nodes);
        return nodes;
}

const struct sorted_node **overlay_changes(const struct overlay *overlay)
{
        const struct sorted_node **nodes = calloc(overlay->change_count + 1, sizeof(*nodes));
        size_t count = 0;

        assert(nodes != NULL);
        for (size_t i = 0; i < overlay->journal_len; i++) {
                if (is_first(overlay, &overlay->journal[i]))
                        nodes[count++] = overlay->journal[i].node;
        }
        assert(count == overlay->change_count);
        qsort(nodes, count, sizeof(*nodes), compare_nodes);
        return nodes;
}
