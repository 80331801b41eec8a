/*
 * The table of recent groups against a plain list of everything that was ever put, at every
 * version; and one thread that puts beside others that read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "lib/store/recent.h"

#define SEED    7
#define KEYS    200
#define GROUPS  60
#define PER     20
#define READERS 3

static struct bytes key_of(uint32_t index, uint8_t out[16])
{
        int len = snprintf((char *)out + 1, 15, "%u", index * 7919 % 1000);

        out[0] = (uint8_t)(index % 3);
        return bytes_of(out, (size_t)len + 1);
}

/* values[group][key]: 0 never touched, 1 gone, else the group that wrote it, plus 1. */
static uint32_t values[GROUPS + 1][KEYS];

static void put_groups(struct recent *recent)
{
        struct random random;

        random_seed(&random, 8);
        for (uint32_t group = 1; group <= GROUPS; group++) {
                memcpy(values[group], values[group - 1], sizeof(values[0]));
                for (int i = 0; i < PER; i++) {
                        uint32_t index = (uint32_t)random_below(&random, KEYS);
                        bool gone = random_below(&random, 3) == 0;
                        uint8_t key[16];
                        struct engine_write write = {
                                .key = key_of(index, key),
                                .value = bytes_of(&group, gone ? 0 : sizeof(group)),
                                .gone = gone,
                        };

                        recent_put(recent, group, &write);
                        values[group][index] = gone ? 1 : group + 1;
                }
        }
}

static uint32_t value_of(const struct recent_version *version)
{
        uint32_t group;

        if (version == NULL || version->gone)
                return version == NULL ? 0 : 1;
        memcpy(&group, version->value.data, sizeof(group));
        return group + 1;
}

static void test_every_version(void **state)
{
        struct recent *recent = recent_new(SEED);

        put_groups(recent);
        for (uint32_t group = 0; group <= GROUPS; group++) {
                for (uint32_t i = 0; i < KEYS; i++) {
                        uint8_t key[16];
                        struct bytes wanted = key_of(i, key);

                        assert_int_equal(value_of(recent_get(
                                                 recent, wanted, bytes_hash(wanted, SEED), group)),
                                values[group][i]);
                }
        }
        recent_free(recent);
}

static void test_order(void **state)
{
        struct recent *recent = recent_new(SEED);
        const struct recent_node *last = NULL;
        size_t count = 0;

        assert_null(recent_first(recent));
        assert_null(recent_before(recent, bytes_of("\3", 1)));
        assert_false(recent_has_tree(recent, 0));
        put_groups(recent);
        assert_true(recent_has_tree(recent, 0) && recent_has_tree(recent, 2));
        assert_false(recent_has_tree(recent, 3));
        for (const struct recent_node *n = recent_first(recent); n != NULL; n = recent_next(n)) {
                if (last != NULL)
                        assert_true(bytes_compare(last->key, n->key) < 0);
                assert_ptr_equal(recent_from(recent, n->key), n);
                assert_ptr_equal(recent_before(recent, n->key), last);
                last = n;
                count++;
        }
        assert_ptr_equal(recent_before(recent, bytes_of("\3", 1)), last);
        assert_null(recent_from(recent, bytes_of("\3", 1)));
        assert_int_equal(count, recent->count);
        recent_free(recent);
}

/* ---- threads ---- */

struct shared {
        struct recent *recent;
        _Atomic uint64_t published;
};

/* Every group writes its number to all keys: whoever sees group n sees it everywhere. */
static void *read_all(void *context)
{
        struct shared *shared = context;
        uint64_t number = 0;

        while (number < GROUPS) {
                number = atomic_load(&shared->published);
                uint32_t seen = 0;

                for (const struct recent_node *n = recent_first(shared->recent); n != NULL;
                        n = recent_next(n)) {
                        const struct recent_version *version = recent_seen(n, number);

                        assert(version == NULL || value_of(version) == number + 1);
                        seen += version != NULL;
                }
                assert(seen == (number == 0 ? 0 : KEYS));
                for (uint32_t i = 0; i < KEYS && number > 0; i++) {
                        uint8_t key[16] = {0};
                        struct bytes wanted =
                                bytes_of(key, 1 + (size_t)snprintf((char *)key + 1, 15, "%u", i));

                        assert(value_of(recent_get(shared->recent, wanted, bytes_hash(wanted, SEED),
                                       number)) == number + 1);
                }
        }
        return NULL;
}

static void test_readers_beside(void **state)
{
        struct shared shared = {.recent = recent_new(SEED)};
        pthread_t threads[READERS];

        for (int i = 0; i < READERS; i++)
                pthread_create(&threads[i], NULL, read_all, &shared);
        for (uint32_t group = 1; group <= GROUPS; group++) {
                for (uint32_t i = 0; i < KEYS; i++) {
                        uint8_t key[16] = {0};
                        int len = snprintf((char *)key + 1, 15, "%u", i);
                        struct engine_write write = {
                                .key = bytes_of(key, 1 + (size_t)len),
                                .value = bytes_of(&group, sizeof(group)),
                        };

                        recent_put(shared.recent, group, &write);
                }
                atomic_store(&shared.published, group);
        }
        for (int i = 0; i < READERS; i++)
                pthread_join(threads[i], NULL);
        recent_free(shared.recent);
}

/* Whoever asks by a prefix is told of every key that begins with it, and of few others. */
static void test_stems(void **state)
{
        struct recent *recent = recent_new(SEED);
        uint8_t key[STEM_LONG + 4] = {0};
        const struct engine_write write = {.key = bytes_of(key, sizeof(key))};
        size_t strange = 0;

        for (uint32_t i = 0; i < KEYS; i++) {
                key[0] = 1 + i % 2;
                key[2] = (uint8_t)(i / 16);
                key[STEM_LONG - 1] = (uint8_t)i;
                recent_put(recent, 1, &write);
                for (size_t len = 1; len <= sizeof(key); len++)
                        assert_true(recent_may_begin(recent, bytes_of(key, len)));
        }
        for (uint32_t i = 0; i < KEYS; i++) {
                key[3] = (uint8_t)(1 + i);
                strange += recent_may_begin(recent, bytes_of(key, STEM_SHORT));
                strange += recent_may_begin(recent, bytes_of(key, sizeof(key)));
        }
        assert_true(strange < KEYS / 10);
        key[0] = 0;
        assert_false(recent_may_begin(recent, bytes_of(key, 1)));
        recent_free(recent);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_stems),
                cmocka_unit_test(test_every_version),
                cmocka_unit_test(test_order),
                cmocka_unit_test(test_readers_beside),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
