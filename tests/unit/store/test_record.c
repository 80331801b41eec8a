/*
 * Groups as they stand in the log: what was written is read, by whatever numbers the trees have
 * then, and nothing else is taken for a record.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/arena.h"
#include "lib/base/random.h"
#include "lib/store/layout.h"
#include "lib/store/record.h"

#define WRITES 50

static const char *const trees[] = {"meta", "main", "log.7"};
static const char *const other_trees[] = {"log.5", "log.7", "main", "meta"};
static const uint8_t other_number[] = {3, 2, 1}; /* of trees in other_trees */

static struct keyring *keyring;

static int keyring_begin(void **state)
{
        keyring = keyring_from_seed(1);
        return 0;
}

static int keyring_end(void **state)
{
        keyring_close(keyring);
        return 0;
}

/* Sorted by tree; keys and values are the arena's. */
static size_t writes_random(
        struct random *random, struct arena *arena, struct engine_write writes[WRITES])
{
        size_t count = 1 + random_below(random, WRITES);
        uint8_t tree = 0;

        for (size_t i = 0; i < count; i++) {
                size_t key_len = 1 + random_below(random, i % 10 == 0 ? 511 : 30);
                size_t value_len = random_below(random, i % 10 == 1 ? 70000 : 200);
                uint8_t *key = arena_alloc(arena, key_len);
                uint8_t *value = arena_alloc(arena, value_len + 1);

                if (tree < 2 && random_below(random, 20) == 0)
                        tree++;
                memset(key, (int)i, key_len);
                key[0] = tree;
                memset(value, (int)(i * 7), value_len);
                writes[i] = (struct engine_write){
                        .key = bytes_of(key, key_len),
                        .value = bytes_of(value, value_len),
                        .append = tree == 2,
                };
                if (random_below(random, 4) == 0)
                        writes[i] = (struct engine_write){.key = writes[i].key, .gone = true};
        }
        return count;
}

static void expect_same(struct record_reader *reader, const struct engine_write *writes,
        size_t count, const uint8_t *numbers)
{
        struct engine_write read;

        for (size_t i = 0; i < count; i++) {
                assert_int_equal(record_next(reader, &read), RECORD_WRITE);
                uint8_t tree = writes[i].key.data[0];
                assert_int_equal(read.key.data[0], numbers != NULL ? numbers[tree] : tree);
                assert_int_equal(read.key.len, writes[i].key.len);
                assert_memory_equal(read.key.data + 1, writes[i].key.data + 1, read.key.len - 1);
                assert_true(bytes_equal(read.value, writes[i].value));
                assert_int_equal(read.gone, writes[i].gone);
                assert_int_equal(read.append, writes[i].append);
        }
        assert_int_equal(record_next(reader, &read), RECORD_END);
}

static void test_round_trip(void **state)
{
        struct engine_write writes[WRITES];
        struct record_reader reader;
        struct buffer buffer = {0};
        struct random random;
        struct arena arena;

        arena_init(&arena);
        random_seed(&random, 4);
        for (uint64_t number = 1; number < 300; number++) {
                struct record record = {.number = number, .previous = number * 3}, found;
                size_t count = writes_random(&random, &arena, writes);

                buffer_clear(&buffer);
                uint64_t checksum = record_append(&buffer, keyring, trees, &record, writes, count);
                assert_int_equal(buffer.len, record_len(trees, writes, count));
                struct bytes bytes = bytes_of(buffer.data, buffer.len);
                assert_int_equal(record_number(bytes), number);
                assert_true(record_open(&found, keyring, bytes));
                assert_int_equal(found.number, number);
                assert_int_equal(found.previous, number * 3);
                assert_int_equal(found.checksum, checksum);
                record_read(&reader, &found, trees, 3);
                expect_same(&reader, writes, count, NULL);
                record_read(&reader, &found, other_trees, 4);
                expect_same(&reader, writes, count, other_number);
                arena_reset(&arena);
        }
        buffer_release(&buffer);
        arena_release(&arena);
}

static struct bytes one_record(struct buffer *buffer)
{
        const struct engine_write writes[] = {
                {.key = bytes_of("\0one", 4), .value = bytes_of("first", 5)},
                {.key = bytes_of("\1two", 4), .gone = true},
                {.key = bytes_of("\2three", 6), .value = bytes_of("third", 5), .append = true},
        };
        const struct record record = {.number = 9, .previous = 8};

        record_append(buffer, keyring, trees, &record, writes, 3);
        return bytes_of(buffer->data, buffer->len);
}

static void test_damaged(void **state)
{
        struct buffer buffer = {0};
        struct bytes bytes = one_record(&buffer);
        struct keyring *other = keyring_from_seed(2);
        struct record record;

        assert_true(record_open(&record, keyring, bytes));
        assert_false(record_open(&record, other, bytes));
        for (size_t len = 0; len < bytes.len; len++)
                assert_false(record_open(&record, keyring, bytes_of(bytes.data, len)));
        for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
                buffer.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                assert_false(record_open(&record, keyring, bytes));
                buffer.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        assert_true(record_open(&record, keyring, bytes));
        keyring_close(other);
        buffer_release(&buffer);
}

/* As programs wrote it whose log this one goes on with. */
static void test_with_a_mac(void **state)
{
        struct buffer buffer = {0};
        struct bytes bytes = one_record(&buffer);
        struct bytes body = bytes_of(bytes.data + RECORD_HEAD_LEN, bytes.len - RECORD_HEAD_LEN);
        struct record record;

        uint64_t mac = seal_mac(keyring, 0, bytes_of(bytes.data, 32), body);
        layout_put_u64(buffer.data + 32, mac);
        assert_true(record_open(&record, keyring, bytes));
        assert_true(record.checksum == mac);
        for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
                buffer.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                assert_false(record_open(&record, keyring, bytes));
                buffer.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        buffer_release(&buffer);
}

static void test_strange_tree(void **state)
{
        struct buffer buffer = {0};
        struct record_reader reader;
        struct engine_write write;
        struct record record;

        assert_true(record_open(&record, keyring, one_record(&buffer)));
        record_read(&reader, &record, trees, 2);
        assert_int_equal(record_next(&reader, &write), RECORD_WRITE);
        assert_int_equal(record_next(&reader, &write), RECORD_WRITE);
        assert_int_equal(record_next(&reader, &write), RECORD_STRANGE);
        assert_true(bytes_equal(reader.strange, bytes_of_text("log.7")));
        buffer_release(&buffer);
}

/* Bodies that no checksum would let through lead nowhere, either. */
static void test_broken_bodies(void **state)
{
        struct buffer buffer = {0};
        struct bytes bytes = one_record(&buffer);
        struct random random;

        random_seed(&random, 6);
        for (int round = 0; round < 20000; round++) {
                struct record_reader reader;
                struct engine_write write;
                struct record record = {
                        .body = bytes_of(bytes.data + RECORD_HEAD_LEN,
                                random_below(&random, bytes.len - RECORD_HEAD_LEN + 1))};
                uint8_t *copy = malloc(record.body.len + 1);

                memcpy(copy, record.body.data, record.body.len);
                if (record.body.len > 0)
                        copy[random_below(&random, record.body.len)] =
                                (uint8_t)random_below(&random, 256);
                record.body.data = copy;
                record_read(&reader, &record, trees, 3);
                while (record_next(&reader, &write) == RECORD_WRITE)
                        assert_true(write.key.len <= 512 && write.value.len <= record.body.len);
                free(copy);
        }
        buffer_release(&buffer);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_damaged),
                cmocka_unit_test(test_with_a_mac),
                cmocka_unit_test(test_strange_tree),
                cmocka_unit_test(test_broken_bodies),
        };

        return cmocka_run_group_tests(tests, keyring_begin, keyring_end);
}
