/*
 * The engines side by side: the same random groups are applied to all and every answer of
 * snapshots and cursors must be the same, old snapshots included. The plain map among them is the
 * one in memory. A commit log stands before LMDB twice: one so small that groups wait for
 * checkpoints and wrap around its end, one so large that several generations are read at once.
 */
#include "tests/unit/store/fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/base/random.h"
#include "lib/store/engine_logged.h"

#define KEYS      6000 /* some hundred pages, so that they are split and merged */
#define ROUNDS    400
#define WRITES    300
#define SNAPSHOTS 4
#define NEAR      20
#define WALKS     4
#define ENGINES   4

static const char *const trees[] = {"a", "b", LOGGED_TREE};
static const uint64_t log_bytes[ENGINES] = {[2] = 400 << 10, [3] = 64 << 20};

struct peers {
        struct engine *engines[ENGINES];
        struct engine_snapshot *snapshots[SNAPSHOTS][ENGINES];
        struct random random;
        uint64_t near; /* the keys last looked up */
        struct keyring *keyring;
        struct arena arena;
        char dir[64];
};

static struct bytes key_of(uint64_t number, uint8_t data[8])
{
        data[0] = (uint8_t)(number % 2);
        data[1] = (uint8_t)(number >> 6);
        data[2] = (uint8_t)(number & 63);
        return bytes_of(data, number % 3 == 0 ? 2 : 3);
}

static struct bytes key_random(struct random *random, uint8_t data[8])
{
        return key_of(random_below(random, KEYS), data);
}

static void apply_random(struct peers *peers)
{
        static const char text[800] = "a value";
        struct engine_write writes[WRITES];
        uint8_t keys[WRITES][8];
        uint64_t gone_percent = random_below(&peers->random, 100); /* fills up and empties */
        size_t count = 0;
        const char *why;

        for (size_t i = 0; i < WRITES; i++) {
                struct bytes key = key_random(&peers->random, keys[i]);
                struct bytes value = bytes_of(text, random_below(&peers->random, sizeof(text)));
                bool gone = random_below(&peers->random, 100) < gone_percent;

                writes[i] = (struct engine_write){.key = key, .value = value, .gone = gone};
                if (gone)
                        writes[i].value.len = 0;
        }
        engine_sort(writes, WRITES);
        for (size_t i = 0; i < WRITES; i++) {
                if (count == 0 || !bytes_equal(writes[count - 1].key, writes[i].key))
                        writes[count++] = writes[i];
        }
        for (int e = 0; e < ENGINES; e++)
                assert_int_equal(
                        peers->engines[e]->ops->apply(peers->engines[e], writes, count, &why), OK);
}

/* Some near each other, in the next snapshot as well, and some in their order: an engine may go on
 * from where it was. */
static void compare_gets(struct peers *peers, struct engine_snapshot *snapshots[ENGINES])
{
        bool in_order = random_below(&peers->random, 2) == 0;

        for (uint64_t i = 0; i < 30; i++) {
                uint8_t data[8];
                if (i % 10 == 5)
                        peers->near = random_below(&peers->random, KEYS - NEAR);
                uint64_t from = in_order ? i % NEAR : random_below(&peers->random, NEAR);
                struct bytes key = key_of(peers->near + from, data);
                struct bytes values[ENGINES] = {{NULL, 0}};
                enum engine_found found[ENGINES];

                for (int e = 0; e < ENGINES; e++)
                        found[e] = peers->engines[e]->ops->get(snapshots[e], key, &values[e]);
                for (int e = 1; e < ENGINES; e++) {
                        assert_int_equal(found[0], found[e]);
                        assert_true(bytes_equal(values[0], values[e]));
                }
        }
}

/* Far, or a few steps near where the last one was. */
static void compare_walk(struct peers *peers, struct engine_snapshot *snapshots[ENGINES])
{
        struct engine_cursor *cursors[ENGINES];
        uint8_t data[8];
        bool near = random_below(&peers->random, 4) > 0;
        struct bytes key = near ? key_of(peers->near + random_below(&peers->random, NEAR), data)
                                : key_random(&peers->random, data);
        bool up = random_below(&peers->random, 2) == 0;
        uint8_t tree = data[0];

        if (!up && random_below(&peers->random, 4) == 0) {
                data[0] = tree + 1; /* from the end of the tree */
                key.len = 1;
        }
        for (int e = 0; e < ENGINES; e++)
                cursors[e] = peers->engines[e]->ops->cursor_open(snapshots[e], bytes_of(&tree, 1));
        for (int step = 0; step < (near ? 3 : 400); step++) {
                struct engine_entry entries[ENGINES];
                enum engine_found found[ENGINES];
                enum engine_move move = step == 0 ? (up ? ENGINE_FROM : ENGINE_BEFORE)
                                                  : (up ? ENGINE_NEXT : ENGINE_PREVIOUS);

                for (int e = 0; e < ENGINES; e++)
                        found[e] = cursors[e]->ops->cursor_move(cursors[e], move, key, &entries[e]);
                for (int e = 1; e < ENGINES; e++)
                        assert_int_equal(found[0], found[e]);
                if (found[0] != ENGINE_FOUND)
                        break;
                for (int e = 1; e < ENGINES; e++) {
                        assert_true(bytes_equal(entries[0].key, entries[e].key));
                        assert_true(bytes_equal(entries[0].value, entries[e].value));
                }
        }
        for (int e = 0; e < ENGINES; e++)
                cursors[e]->ops->cursor_close(cursors[e]);
}

static void snapshots_renew(struct peers *peers, int which)
{
        for (int e = 0; e < ENGINES; e++) {
                const struct engine_ops *ops = peers->engines[e]->ops;

                if (peers->snapshots[which][e] != NULL)
                        ops->snapshot_end(peers->snapshots[which][e]);
                peers->snapshots[which][e] = ops->snapshot_begin(peers->engines[e]);
        }
}

static void engine_begin(struct peers *peers, int e)
{
        char *dir = arena_printf(&peers->arena, "%s/%d", peers->dir, e);
        const struct engine_options options = {
                .dir = dir, .map_bytes = 1 << 28, .trees = trees, .tree_count = 3};
        struct logged_options logged = {.log = {.dir = dir,
                                                .bytes = log_bytes[e],
                                                .keyring = peers->keyring,
                                                .trees = trees,
                                                .tree_count = 3}};
        struct engine *inner;
        struct error error;

        error_init(&error, &peers->arena);
        mkdir(dir, 0700);
        assert_int_equal(engine_lmdb_open(&inner, &options, &error), OK);
        peers->engines[e] = inner;
        if (log_bytes[e] != 0 &&
                engine_logged_open(&peers->engines[e], inner, &logged, &error) != OK)
                fail_msg("%s", error.message);
}

/* A new life: what is still in a log is applied when it ends. */
static void engine_again(struct peers *peers, int e)
{
        for (int i = 0; i < SNAPSHOTS; i++)
                peers->engines[e]->ops->snapshot_end(peers->snapshots[i][e]);
        peers->engines[e]->ops->close(peers->engines[e]);
        engine_begin(peers, e);
        for (int i = 0; i < SNAPSHOTS; i++)
                peers->snapshots[i][e] = NULL;
}

static void engines_again(struct peers *peers)
{
        for (int e = 1; e < ENGINES; e++)
                engine_again(peers, e);
        for (int i = 0; i < SNAPSHOTS; i++) {
                peers->engines[0]->ops->snapshot_end(peers->snapshots[i][0]);
                peers->snapshots[i][0] = NULL;
                snapshots_renew(peers, i);
        }
}

static void test_engines_agree(void **state)
{
        struct peers peers = {.dir = "/tmp/shop-engine-XXXXXX"};
        char command[128];

        arena_init(&peers.arena);
        peers.keyring = keyring_from_seed(7);
        assert_non_null(mkdtemp(peers.dir));
        peers.engines[0] = engine_memory_open();
        for (int e = 1; e < ENGINES; e++)
                engine_begin(&peers, e);
        random_seed(&peers.random, 11);
        for (int i = 0; i < SNAPSHOTS; i++)
                snapshots_renew(&peers, i);
        for (int round = 0; round < ROUNDS; round++) {
                apply_random(&peers);
                snapshots_renew(&peers, (int)random_below(&peers.random, SNAPSHOTS));
                for (int i = 0; i < SNAPSHOTS; i++) {
                        compare_gets(&peers, peers.snapshots[i]);
                        for (int walk = 0; walk < WALKS; walk++)
                                compare_walk(&peers, peers.snapshots[i]);
                }
                if (random_below(&peers.random, 50) == 0)
                        engines_again(&peers);
        }
        for (int e = 0; e < ENGINES; e++) {
                for (int i = 0; i < SNAPSHOTS; i++)
                        peers.engines[e]->ops->snapshot_end(peers.snapshots[i][e]);
                peers.engines[e]->ops->close(peers.engines[e]);
        }
        snprintf(command, sizeof(command), "rm -r %s", peers.dir);
        assert_int_equal(system(command), 0);
        keyring_close(peers.keyring);
        arena_release(&peers.arena);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_engines_agree),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
