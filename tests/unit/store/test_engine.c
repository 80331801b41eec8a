/*
 * Both engines side by side: the same random groups are applied to both and every answer of
 * snapshots and cursors must be the same, old snapshots included.
 */
#include "tests/unit/store/fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/base/random.h"
#include "lib/store/engine.h"

#define KEYS      6000 /* some hundred pages, so that they are split and merged */
#define ROUNDS    400
#define WRITES    300
#define SNAPSHOTS 4

struct pair {
        struct engine *engines[2];
        struct engine_snapshot *snapshots[SNAPSHOTS][2];
        struct random random;
        char dir[64];
};

static struct bytes key_random(struct random *random, uint8_t data[8])
{
        uint32_t number = (uint32_t)random_below(random, KEYS);

        data[0] = (uint8_t)(number % 2);
        data[1] = (uint8_t)(number >> 6);
        data[2] = (uint8_t)(number & 63);
        return bytes_of(data, number % 3 == 0 ? 2 : 3);
}

static int compare_writes(const void *a, const void *b)
{
        const struct engine_write *left = a;
        const struct engine_write *right = b;

        return bytes_compare(left->key, right->key);
}

static void apply_random(struct pair *pair)
{
        static const char text[800] = "a value";
        struct engine_write writes[WRITES];
        uint8_t keys[WRITES][8];
        uint64_t gone_percent = random_below(&pair->random, 100); /* fills up and empties */
        size_t count = 0;
        const char *why;

        for (size_t i = 0; i < WRITES; i++) {
                struct bytes key = key_random(&pair->random, keys[i]);
                struct bytes value = bytes_of(text, random_below(&pair->random, sizeof(text)));
                bool gone = random_below(&pair->random, 100) < gone_percent;

                writes[i] = (struct engine_write){.key = key, .value = value, .gone = gone};
                if (gone)
                        writes[i].value.len = 0;
        }
        qsort(writes, WRITES, sizeof(writes[0]), compare_writes);
        for (size_t i = 0; i < WRITES; i++) {
                if (count == 0 || !bytes_equal(writes[count - 1].key, writes[i].key))
                        writes[count++] = writes[i];
        }
        for (int e = 0; e < 2; e++)
                assert_int_equal(
                        pair->engines[e]->ops->apply(pair->engines[e], writes, count, &why), OK);
}

static void compare_gets(struct pair *pair, struct engine_snapshot *snapshots[2])
{
        for (int i = 0; i < 30; i++) {
                uint8_t data[8];
                struct bytes key = key_random(&pair->random, data);
                struct bytes values[2] = {{NULL, 0}, {NULL, 0}};
                enum engine_found found[2];

                for (int e = 0; e < 2; e++)
                        found[e] = pair->engines[e]->ops->get(snapshots[e], key, &values[e]);
                assert_int_equal(found[0], found[1]);
                assert_true(bytes_equal(values[0], values[1]));
        }
}

static void compare_walks(struct pair *pair, struct engine_snapshot *snapshots[2])
{
        struct engine_cursor *cursors[2];
        uint8_t data[8];
        struct bytes key = key_random(&pair->random, data);
        bool up = random_below(&pair->random, 2) == 0;
        uint8_t tree = data[0];

        if (!up && random_below(&pair->random, 4) == 0) {
                data[0] = tree + 1; /* from the end of the tree */
                key.len = 1;
        }
        for (int e = 0; e < 2; e++)
                cursors[e] = pair->engines[e]->ops->cursor_open(snapshots[e], tree);
        for (int step = 0; step < 400; step++) {
                struct engine_entry entries[2];
                enum engine_found found[2];
                enum engine_move move = step == 0 ? (up ? ENGINE_FROM : ENGINE_BEFORE)
                                                  : (up ? ENGINE_NEXT : ENGINE_PREVIOUS);

                for (int e = 0; e < 2; e++)
                        found[e] = cursors[e]->ops->cursor_move(cursors[e], move, key, &entries[e]);
                assert_int_equal(found[0], found[1]);
                if (found[0] != ENGINE_FOUND)
                        break;
                assert_true(bytes_equal(entries[0].key, entries[1].key));
                assert_true(bytes_equal(entries[0].value, entries[1].value));
        }
        for (int e = 0; e < 2; e++)
                cursors[e]->ops->cursor_close(cursors[e]);
}

static void snapshots_renew(struct pair *pair, int which)
{
        for (int e = 0; e < 2; e++) {
                const struct engine_ops *ops = pair->engines[e]->ops;

                if (pair->snapshots[which][e] != NULL)
                        ops->snapshot_end(pair->snapshots[which][e]);
                pair->snapshots[which][e] = ops->snapshot_begin(pair->engines[e]);
        }
}

static void test_engines_agree(void **state)
{
        static const char *const trees[] = {"a", "b"};
        struct pair pair = {.dir = "/tmp/shop-engine-XXXXXX"};
        struct engine_options options = {.map_bytes = 1 << 26, .trees = trees, .tree_count = 2};
        struct arena arena;
        struct error error;
        char command[128];

        arena_init(&arena);
        error_init(&error, &arena);
        assert_non_null(mkdtemp(pair.dir));
        options.dir = pair.dir;
        pair.engines[0] = engine_memory_open();
        assert_int_equal(engine_lmdb_open(&pair.engines[1], &options, &error), OK);
        random_seed(&pair.random, 11);
        for (int i = 0; i < SNAPSHOTS; i++)
                snapshots_renew(&pair, i);
        for (int round = 0; round < ROUNDS; round++) {
                apply_random(&pair);
                snapshots_renew(&pair, (int)random_below(&pair.random, SNAPSHOTS));
                for (int i = 0; i < SNAPSHOTS; i++) {
                        compare_gets(&pair, pair.snapshots[i]);
                        compare_walks(&pair, pair.snapshots[i]);
                }
        }
        for (int e = 0; e < 2; e++) {
                for (int i = 0; i < SNAPSHOTS; i++)
                        pair.engines[e]->ops->snapshot_end(pair.snapshots[i][e]);
                pair.engines[e]->ops->close(pair.engines[e]);
        }
        snprintf(command, sizeof(command), "rm -r %s", pair.dir);
        assert_int_equal(system(command), 0);
        arena_release(&arena);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_engines_agree),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
