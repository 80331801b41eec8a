/*
 * Two sequences, one answer. The snapshot never changes, so its cursor is kept and moved; the
 * overlay may change between any two steps, and counts its changes: after any the search for what
 * it has next begins anew from the position, which needs no rule for each way in which a call can
 * change what it is scanning.
 */
#include "lib/store/merge.h"
#include <assert.h>

bool key_successor(struct key *key)
{
        while (key->len > 0 && key->data[key->len - 1] == 0xff)
                key->len--;
        if (key->len == 0)
                return false;
        key->data[key->len - 1]++;
        return true;
}

void merge_init(struct merge *merge, struct overlay *overlay, struct engine_snapshot *snapshot,
        struct bytes prefix, enum merge_direction direction)
{
        merge->overlay = overlay;
        merge->snapshot = snapshot;
        merge->cursor = NULL;
        merge->direction = direction;
        merge->started = false;
        merge->done = false;
        merge->found = ENGINE_ABSENT;
        merge->over_changes = UINT64_MAX;
        merge->prefix_len = prefix.len;
        merge->stem = overlay_stem(prefix);
        key_clear(&merge->position);
        key_clear(&merge->lower);
        key_append_raw(&merge->lower, prefix);
        key_clear(&merge->upper);
        key_append_raw(&merge->upper, prefix);
        bool bounded = key_successor(&merge->upper);
        assert(bounded && prefix.len > 0);
}

void merge_seek_after(struct merge *merge, struct bytes position)
{
        bool up = merge->direction == MERGE_UP;
        bool low = bytes_compare(position, key_bytes_of(&merge->lower)) < 0;
        bool high = bytes_compare(position, key_bytes_of(&merge->upper)) >= 0;

        merge->done = up ? high : low;
        if (low || high)
                return;
        key_clear(&merge->position);
        key_append_raw(&merge->position, position);
        merge->started = true;
        merge->over_changes = UINT64_MAX;
        if (merge->cursor != NULL)
                merge_close(merge);
}

/* Is a full key beyond the position, and which of two keys comes first, in this direction? */
static int ordered(const struct merge *merge, struct bytes a, struct bytes b)
{
        int order = bytes_compare(a, b);

        return merge->direction == MERGE_UP ? order : -order;
}

static struct bytes behind_tree(struct bytes key)
{
        return bytes_of(key.data + 1, key.len - 1);
}

static bool base_open(struct merge *merge)
{
        merge->cursor = merge->snapshot->engine->ops->cursor_open(
                merge->snapshot, bytes_of(merge->lower.data, merge->prefix_len));
        return merge->cursor != NULL;
}

static void base_move(struct merge *merge, enum engine_move move, struct bytes key)
{
        merge->found = merge->cursor->ops->cursor_move(merge->cursor, move, key, &merge->base);
}

/* Puts the cursor on the first entry beyond the position. */
static enum engine_found base_advance(struct merge *merge)
{
        bool up = merge->direction == MERGE_UP;
        struct bytes position = key_bytes_of(&merge->position);

        if (merge->cursor == NULL) {
                if (!base_open(merge))
                        return merge->found = ENGINE_FAILED;
                if (up)
                        base_move(merge, ENGINE_FROM,
                                merge->started ? position : key_bytes_of(&merge->lower));
                else
                        base_move(merge, ENGINE_BEFORE,
                                merge->started ? position : key_bytes_of(&merge->upper));
        }
        if (!merge->started || merge->found != ENGINE_FOUND ||
                ordered(merge, merge->base.key, behind_tree(position)) > 0)
                return merge->found;
        base_move(merge, up ? ENGINE_NEXT : ENGINE_PREVIOUS, position);
        /* One step is enough, or a damaged page leads back to where the cursor was, for ever. */
        if (merge->found == ENGINE_FOUND &&
                ordered(merge, merge->base.key, behind_tree(position)) <= 0)
                merge->found = ENGINE_FAILED;
        return merge->found;
}

static bool in_range(const struct merge *merge, struct bytes key)
{
        return bytes_compare(key, key_bytes_of(&merge->lower)) >= 0 &&
               bytes_compare(key, key_bytes_of(&merge->upper)) < 0;
}

static bool base_in_range(const struct merge *merge)
{
        struct bytes key = merge->base.key;
        struct bytes lower = behind_tree(key_bytes_of(&merge->lower));

        if (merge->direction == MERGE_DOWN)
                return bytes_compare(key, lower) >= 0;
        if (merge->upper.data[0] != merge->lower.data[0])
                return true; /* to the end of the tree */
        return bytes_compare(key, behind_tree(key_bytes_of(&merge->upper))) < 0;
}

static const struct sorted_node *over_find(const struct merge *merge)
{
        const struct sorted_node *node;

        if (merge->direction == MERGE_UP)
                node = merge->started ? overlay_after(merge->overlay, merge->stem,
                                                key_bytes_of(&merge->position))
                                      : overlay_from(merge->overlay, merge->stem,
                                                key_bytes_of(&merge->lower));
        else
                node = overlay_before(merge->overlay, merge->stem,
                        key_bytes_of(merge->started ? &merge->position : &merge->upper));
        return node != NULL && in_range(merge, node->key) ? node : NULL;
}

/* What was found stays the next one until it is passed or the overlay changes. */
static const struct sorted_node *over_next(struct merge *merge)
{
        if (merge->overlay == NULL)
                return NULL;
        if (merge->over_changes != merge->overlay->changes ||
                (merge->over != NULL && merge->started &&
                        ordered(merge, merge->over->key, key_bytes_of(&merge->position)) <= 0)) {
                merge->over = over_find(merge);
                merge->over_changes = merge->overlay->changes;
        }
        return merge->over;
}

static void position_at_base(struct merge *merge)
{
        uint8_t tree = merge->lower.data[0];

        key_clear(&merge->position);
        key_append_byte(&merge->position, tree);
        key_append_raw(&merge->position, merge->base.key);
        merge->started = true;
}

enum engine_found merge_next(struct merge *merge, struct bytes *value)
{
        while (!merge->done) {
                const struct sorted_node *over = over_next(merge);
                enum engine_found found = base_advance(merge);

                if (found == ENGINE_FAILED)
                        return ENGINE_FAILED;
                bool base = found == ENGINE_FOUND && base_in_range(merge);
                if (over == NULL && !base)
                        return ENGINE_ABSENT;
                if (over == NULL ||
                        (base && ordered(merge, merge->base.key, behind_tree(over->key)) < 0)) {
                        position_at_base(merge);
                        *value = merge->base.value;
                        /* Nobody writes longer keys: what is found is a damaged page. */
                        return merge->position.overflow ? ENGINE_FAILED : ENGINE_FOUND;
                }
                key_clear(&merge->position);
                key_append_raw(&merge->position, over->key);
                merge->started = true;
                if (over->state == OVERLAY_VALUE) {
                        *value = over->value;
                        return ENGINE_FOUND;
                }
        }
        return ENGINE_ABSENT;
}

void merge_close(struct merge *merge)
{
        if (merge->cursor != NULL)
                merge->cursor->ops->cursor_close(merge->cursor);
        merge->cursor = NULL;
}
