/*
 * Property tests: the sorted map, the overlay with its journal and the merging scan against the
 * plainest map there is, an array over all possible keys. Keys are few, so that everything meets
 * everything: tombstones over rows, rows over tombstones, undone ones of both, at both ends of a
 * range. Seeds are fixed.
 */
#include "tests/unit/store/fixture.h"
#include <stdlib.h>
#include <string.h>
#include "lib/base/random.h"
#include "lib/store/engine.h"
#include "lib/store/merge.h"
#include "lib/store/overlay.h"

#define KEYS     64
#define KEY_SIZE 36
#define STEPS    200000

struct plain {
        uint32_t value[KEYS]; /* 0: absent */
};

struct world {
        struct arena arena;
        struct random random;
        struct engine *engine;
        struct engine_snapshot *snapshot;
        struct overlay overlays[2]; /* of a group and the one before */
        struct overlay *overlay;
        struct plain base; /* what the snapshot holds */
        struct plain now;  /* what the overlay over it holds */
        struct plain marked[8];
        size_t marks[8];
        size_t mark_count;
        struct plain call;   /* at the beginning of the running call */
        struct plain before; /* of the group */
};

/* Keys of different lengths, with stems and without, one often a prefix of the next; two trees. */
static struct bytes key_numbered(uint32_t number, uint8_t data[KEY_SIZE])
{
        static const size_t lengths[] = {2, STEM_SHORT, STEM_LONG + 1, KEY_SIZE};
        uint32_t in_tree = number % (KEYS / 2);

        data[0] = (uint8_t)(1 + number / (KEYS / 2));
        memset(data + 1, (int)(in_tree / 4) * 0x24, KEY_SIZE - 1);
        /* 00.., 24.., ... fc..: the highest of all is ff */
        if (in_tree / 4 == KEYS / 8 - 1)
                memset(data + 1, 0xff, KEY_SIZE - 1);
        return bytes_of(data, lengths[in_tree % 4]);
}

static uint32_t number_of_key(struct bytes key)
{
        uint8_t data[KEY_SIZE];

        for (uint32_t i = 0; i < KEYS; i++) {
                if (bytes_equal(key_numbered(i, data), key))
                        return i;
        }
        fail_msg("a key that nobody wrote");
        return 0;
}

static void base_write(struct world *world)
{
        struct engine_write writes[KEYS];
        uint8_t keys[KEYS][KEY_SIZE];
        uint32_t values[KEYS];
        const char *why;

        for (uint32_t i = 0; i < KEYS; i++) {
                values[i] = world->base.value[i];
                writes[i] = (struct engine_write){
                        .key = key_numbered(i, keys[i]),
                        .value = bytes_of(&values[i], 4),
                        .gone = values[i] == 0,
                };
        }
        assert_int_equal(world->engine->ops->apply(world->engine, writes, KEYS, &why), OK);
        world->snapshot = world->engine->ops->snapshot_begin(world->engine);
}

static void world_begin(struct world *world, uint64_t seed)
{
        *world = (struct world){0};
        arena_init(&world->arena);
        random_seed(&world->random, seed);
        world->engine = engine_memory_open();
        for (uint32_t i = 0; i < KEYS; i++)
                world->base.value[i] = (uint32_t)random_below(&world->random, 2) * (i + 1);
        base_write(world);
        world->now = world->before = world->call = world->base;
        world->overlay = &world->overlays[0];
        overlay_init(world->overlay, &world->arena, NULL);
}

static void world_end(struct world *world)
{
        world->engine->ops->snapshot_end(world->snapshot);
        world->engine->ops->close(world->engine);
        arena_release(&world->arena);
}

static void change_one(struct world *world)
{
        uint32_t number = (uint32_t)random_below(&world->random, KEYS);
        uint32_t value = (uint32_t)random_next(&world->random) | 1;
        uint8_t data[KEY_SIZE];
        struct bytes key = key_numbered(number, data);

        if (random_below(&world->random, 3) == 0) {
                overlay_erase(world->overlay, key);
                world->now.value[number] = 0;
        } else {
                overlay_put(world->overlay, key, bytes_of(&value, 4));
                world->now.value[number] = value;
        }
}

static void mark_or_rewind(struct world *world)
{
        if (world->mark_count < 8 && random_below(&world->random, 2) == 0) {
                world->marks[world->mark_count] = overlay_mark(world->overlay);
                world->marked[world->mark_count++] = world->now;
        } else if (world->mark_count > 0) {
                size_t to = random_below(&world->random, world->mark_count);

                overlay_rewind(world->overlay, world->marks[to]);
                world->now = world->marked[to];
                world->mark_count = to;
        }
}

static void keep_or_drop(struct world *world)
{
        if (random_below(&world->random, 2) == 0) {
                overlay_keep(world->overlay);
                world->call = world->now;
        } else {
                overlay_rewind(world->overlay, 0);
                world->now = world->call;
        }
        assert_int_equal(world->overlay->change_count, 0);
        world->mark_count = 0;
}

/* The next group begins when the one before it is in a snapshot, or when it is itself. */
static void next_group(struct world *world)
{
        struct overlay *last = world->overlay;
        bool synced = random_below(&world->random, 2) == 0;

        keep_or_drop(world);
        world->engine->ops->snapshot_end(world->snapshot);
        world->base = synced ? world->now : world->before;
        base_write(world);
        world->before = world->now;
        world->overlay = &world->overlays[last == &world->overlays[0]];
        overlay_init(world->overlay, &world->arena, synced ? NULL : last);
}

static void check_get(struct world *world)
{
        uint32_t number = (uint32_t)random_below(&world->random, KEYS);
        uint8_t data[KEY_SIZE];
        struct bytes key = key_numbered(number, data);
        struct bytes value = {NULL, 0};
        enum overlay_state state = overlay_get(world->overlay, key, overlay_hash(key), &value);

        if (state == OVERLAY_NONE &&
                world->engine->ops->get(world->snapshot, key, &value) == ENGINE_FOUND)
                state = OVERLAY_VALUE;
        assert_int_equal(state == OVERLAY_VALUE, world->now.value[number] != 0);
        if (state == OVERLAY_VALUE)
                assert_memory_equal(value.data, &world->now.value[number], 4);
}

/* The key that a correct scan returns next: nearest beyond the position that now has a value. */
static int64_t expected_next(
        const struct world *world, const struct merge *merge, struct bytes position, bool started)
{
        uint8_t best_data[KEY_SIZE], data[KEY_SIZE];
        int64_t best = -1;

        for (uint32_t i = 0; i < KEYS; i++) {
                struct bytes key = key_numbered(i, data);
                bool up = merge->direction == MERGE_UP;

                if (world->now.value[i] == 0 ||
                        bytes_compare(key, key_bytes_of(&merge->lower)) < 0 ||
                        bytes_compare(key, key_bytes_of(&merge->upper)) >= 0)
                        continue;
                int order = started ? bytes_compare(key, position) : up ? 1 : -1;
                if (up ? order <= 0 : order >= 0)
                        continue;
                if (best >= 0) {
                        int better = bytes_compare(key, key_numbered((uint32_t)best, best_data));

                        if (up ? better > 0 : better < 0)
                                continue;
                }
                best = i;
        }
        return best;
}

static void scan_begin_random(struct world *world, struct merge *merge)
{
        uint8_t data[KEY_SIZE];
        struct bytes prefix = key_numbered((uint32_t)random_below(&world->random, KEYS), data);
        enum merge_direction direction =
                random_below(&world->random, 2) == 0 ? MERGE_UP : MERGE_DOWN;

        prefix.len = 1 + random_below(&world->random, prefix.len);
        merge_init(merge, world->overlay, world->snapshot, prefix, direction);
}

/* Walks a range while it is changed, undone, kept and dropped under the scan's feet. */
static void check_scan(struct world *world, bool changing)
{
        struct merge merge;
        struct bytes value;
        uint8_t data[KEY_SIZE];
        struct key position;
        bool started = false;

        scan_begin_random(world, &merge);
        if (random_below(&world->random, 4) == 0) {
                struct bytes key = key_numbered((uint32_t)random_below(&world->random, KEYS), data);

                if (key.data[0] == merge.lower.data[0] &&
                        bytes_compare(key, key_bytes_of(&merge.lower)) >= 0 &&
                        bytes_compare(key, key_bytes_of(&merge.upper)) < 0) {
                        merge_seek_after(&merge, key);
                        started = true;
                        key_clear(&position);
                        key_append_raw(&position, key);
                }
        }
        for (;;) {
                int64_t expected = expected_next(world, &merge, key_bytes_of(&position), started);
                enum engine_found found = merge_next(&merge, &value);

                assert_int_equal(found, expected < 0 ? ENGINE_ABSENT : ENGINE_FOUND);
                if (found != ENGINE_FOUND)
                        break;
                assert_int_equal(number_of_key(key_bytes_of(&merge.position)), expected);
                assert_memory_equal(value.data, &world->now.value[expected], 4);
                position = merge.position;
                started = true;
                for (int i = 0; changing && i < 3; i++)
                        change_one(world);
                if (changing && random_below(&world->random, 8) == 0)
                        mark_or_rewind(world);
        }
        merge_close(&merge);
}

static void check_changes(struct world *world)
{
        const struct sorted_node **nodes = overlay_changes(world->overlay);

        for (size_t i = 1; i < world->overlay->change_count; i++)
                assert_true(bytes_compare(nodes[i - 1]->key, nodes[i]->key) < 0);
        free(nodes);
}

/* What it says of keys itself, all of it, whether or not somebody has asked for an order before. */
static void check_nodes(struct world *world)
{
        const struct sorted_node **nodes = overlay_nodes(world->overlay);

        for (size_t i = 0; i < world->overlay->count; i++) {
                uint32_t number = number_of_key(nodes[i]->key);

                if (nodes[i]->state != OVERLAY_NONE)
                        assert_int_equal(
                                nodes[i]->state == OVERLAY_VALUE, world->now.value[number] != 0);
        }
}

/* What the running call gave a value, below a prefix; no value is given twice. */
static void check_made(struct world *world)
{
        uint8_t data[KEY_SIZE], prefix_data[KEY_SIZE];
        struct bytes prefix =
                key_numbered((uint32_t)random_below(&world->random, KEYS), prefix_data);
        size_t count, expected = 0;

        prefix.len = 1 + random_below(&world->random, prefix.len);
        const struct sorted_node **nodes =
                overlay_made(world->overlay, &world->arena, prefix, &count);
        for (uint32_t i = 0; i < KEYS; i++)
                expected += world->now.value[i] != 0 &&
                            world->now.value[i] != world->call.value[i] &&
                            bytes_begin_with(key_numbered(i, data), prefix);
        assert_int_equal(count, expected);
        for (size_t i = 0; i < count; i++) {
                uint32_t number = number_of_key(nodes[i]->key);

                assert_true(i == 0 || bytes_compare(nodes[i - 1]->key, nodes[i]->key) < 0);
                assert_true(bytes_begin_with(nodes[i]->key, prefix));
                assert_memory_equal(nodes[i]->value.data, &world->now.value[number], 4);
        }
}

static void run_seed(uint64_t seed, int steps)
{
        struct world world;

        world_begin(&world, seed);
        for (int step = 0; step < steps; step++) {
                uint64_t kind = random_below(&world.random, 100);

                if (kind < 51)
                        change_one(&world);
                else if (kind < 53)
                        check_nodes(&world);
                else if (kind < 55)
                        check_made(&world);
                else if (kind < 75)
                        check_get(&world);
                else if (kind < 85)
                        mark_or_rewind(&world);
                else if (kind < 88)
                        keep_or_drop(&world);
                else if (kind < 89)
                        check_changes(&world);
                else if (kind < 90)
                        next_group(&world);
                else if (kind < 95)
                        check_scan(&world, false);
                else
                        check_scan(&world, true);
        }
        world_end(&world);
}

static void test_overlay_against_plain_map(void **state)
{
        for (uint64_t seed = 1; seed <= 40; seed++)
                run_seed(seed, STEPS / 40);
}

static void test_sorted_against_plain_map(void **state)
{
        struct sorted map;
        struct random random;
        bool there[KEYS] = {false};
        uint8_t data[KEY_SIZE];
        size_t count = 0;

        sorted_init(&map, NULL);
        random_seed(&random, 5);
        for (int step = 0; step < STEPS; step++) {
                uint32_t number = (uint32_t)random_below(&random, KEYS);
                struct bytes key = key_numbered(number, data);

                assert_int_equal(sorted_find(&map, key) != NULL, there[number]);
                if (random_below(&random, 2) == 0) {
                        count += !there[number];
                        there[number] = true;
                        assert_true(bytes_equal(sorted_put(&map, key)->key, key));
                } else if (there[number]) {
                        sorted_remove(&map, key);
                        there[number] = false;
                        count--;
                }
                assert_int_equal(map.count, count);
        }
        const struct sorted_node *previous = NULL;
        for (const struct sorted_node *n = sorted_first(&map); n != NULL; n = sorted_next(n)) {
                assert_true(previous == NULL || bytes_compare(previous->key, n->key) < 0);
                assert_ptr_equal(sorted_before(&map, n->key), previous);
                previous = n;
                count--;
        }
        assert_int_equal(count, 0);
        sorted_release(&map);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sorted_against_plain_map),
                cmocka_unit_test(test_overlay_against_plain_map),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
