/*
 * The log's file by itself: what was appended is replayed from any mark on, around the end of the
 * file, and a file that something happened to is either read up to what was synced or refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/base/random.h"
#include "lib/store/commit_log.h"

#define SECTOR 512
#define BLOCK  COMMIT_LOG_BLOCK
#define SIZE   (16 * BLOCK)

static const char *const trees[] = {"main"};

struct file {
        struct commit_log log;
        struct keyring *keyring;
        struct arena arena;
        struct random random;
        char dir[64];
        char path[128];
        /* What a replay visits. */
        uint64_t first, last;
        struct log_mark marks[256]; /* behind group i */
        size_t sizes[256];          /* of group i's value */
};

static int begin(void **state)
{
        struct file *file = calloc(1, sizeof(*file));

        assert_non_null(file);
        arena_init(&file->arena);
        random_seed(&file->random, 2);
        file->keyring = keyring_from_seed(1);
        strcpy(file->dir, "/tmp/shop-log-XXXXXX");
        assert_non_null(mkdtemp(file->dir));
        snprintf(file->path, sizeof(file->path), "%s/" COMMIT_LOG_FILE, file->dir);
        file->log.file = -1;
        *state = file;
        return 0;
}

static int end(void **state)
{
        struct file *file = *state;

        commit_log_close(&file->log);
        unlink(file->path);
        rmdir(file->dir);
        keyring_close(file->keyring);
        arena_release(&file->arena);
        free(file);
        return 0;
}

static enum status visit(void *context, const struct record *record, const struct log_mark *behind,
        struct error *error)
{
        struct file *file = context;
        struct record_reader reader;
        struct engine_write write;

        if (file->first == 0)
                file->first = record->number;
        else
                assert_int_equal(record->number, file->last + 1);
        file->last = record->number;
        record_read(&reader, record, trees, 1);
        assert_int_equal(record_next(&reader, &write), RECORD_WRITE);
        assert_int_equal(write.value.len, file->sizes[record->number]);
        assert_memory_equal(behind, &file->marks[record->number], sizeof(*behind));
        return OK;
}

static enum status open_from(
        struct file *file, const struct log_mark *from, uint64_t size, struct error *error)
{
        const struct commit_log_options options = {
                .dir = file->dir,
                .bytes = size,
                .keyring = file->keyring,
                .trees = trees,
                .tree_count = 1,
        };

        commit_log_close(&file->log);
        error_init(error, &file->arena);
        file->first = file->last = 0;
        enum status status = commit_log_open(&file->log, &options, LOG_FRESH, error);
        if (status == OK)
                status = commit_log_replay(&file->log, from, visit, file, error);
        return status;
}

static void expect_groups(struct file *file, uint64_t from, uint64_t first, uint64_t last)
{
        struct error error;

        if (from == 0)
                file->marks[0] = LOG_MARK_FIRST;
        if (open_from(file, &file->marks[from], SIZE, &error) != OK)
                fail_msg("%s", error.message);
        assert_int_equal(file->first, first);
        assert_int_equal(file->last, last);
}

static void append(struct file *file, size_t value_len)
{
        uint8_t *value = calloc(1, value_len + 1);
        const struct engine_write write = {
                .key = bytes_of("\0key", 4), .value = bytes_of(value, value_len)};
        uint64_t number = file->log.last.number + 1;
        struct log_mark behind;

        file->sizes[number] = value_len;
        assert_int_equal(commit_log_write(&file->log, &write, 1, &behind), 0);
        assert_int_equal(file->log.last.number, number - 1);
        assert_int_equal(commit_log_sync(&file->log, &behind), 0);
        assert_int_equal(file->log.last.number, number);
        file->marks[number] = file->log.last;
        free(value);
}

static void test_replay(void **state)
{
        struct file *file = *state;
        struct stat st;

        expect_groups(file, 0, 0, 0);
        for (int i = 0; i < 10; i++)
                append(file, 10 + 300 * (size_t)i);
        expect_groups(file, 0, 1, 10);
        expect_groups(file, 4, 5, 10); /* what was applied is not asked for */
        expect_groups(file, 10, 0, 0);
        append(file, 5);
        expect_groups(file, 10, 11, 11);
        assert_int_equal(stat(file->path, &st), 0);
        assert_int_equal(st.st_size, SIZE);
        assert_int_equal(st.st_blocks * 512, SIZE); /* preallocated */
}

static void test_wraps(void **state)
{
        struct file *file = *state;

        expect_groups(file, 0, 0, 0);
        for (uint64_t number = 1; number < 200; number++) {
                size_t len = random_below(&file->random, 4 * BLOCK);
                uint64_t before = file->log.last.position;

                append(file, len);
                if (file->log.last.position < before)
                        assert_true(before + len + 50 > SIZE); /* it did not fit */
                if (number >= 2 && random_below(&file->random, 3) == 0)
                        expect_groups(file, number - 2, number - 1, number);
        }
}

static void test_cost(void **state)
{
        struct file *file = *state;

        expect_groups(file, 0, 0, 0);
        assert_int_equal(commit_log_cost(&file->log, 1), BLOCK);
        assert_int_equal(commit_log_cost(&file->log, BLOCK), BLOCK);
        assert_int_equal(commit_log_cost(&file->log, BLOCK + 1), 2 * BLOCK);
        assert_int_equal(commit_log_cost(&file->log, 15 * BLOCK), 15 * BLOCK);
        assert_int_equal(commit_log_cost(&file->log, 15 * BLOCK + 1), 0);
        append(file, 13 * BLOCK);
        assert_int_equal(commit_log_cost(&file->log, BLOCK), BLOCK);
        /* What is left at the end is lost until the ring has come round. */
        assert_int_equal(commit_log_cost(&file->log, 2 * BLOCK), 3 * BLOCK);
}

/* Any of the sectors of a write that was not synced may be on the disk, in any order. */
static void test_torn(void **state)
{
        struct file *file = *state;
        uint8_t before[8 * BLOCK], after[8 * BLOCK];

        expect_groups(file, 0, 0, 0);
        append(file, 100);
        append(file, 3 * BLOCK);
        uint64_t at = file->log.last.position;
        assert_int_equal(pread(file->log.file, before, sizeof(before), (off_t)at), sizeof(before));
        append(file, 2 * BLOCK + 100);
        size_t len = file->log.last.position - at;
        assert_int_equal(pread(file->log.file, after, len, (off_t)at), len);
        for (int round = 0; round < 300; round++) {
                size_t kept = 0;

                for (size_t i = 0; i < len; i += SECTOR) {
                        bool there = random_below(&file->random, 8) != 0;
                        /* Beyond the record there is only what fills the block. */
                        kept += there || memcmp(before + i, after + i, SECTOR) == 0;
                        assert_int_equal(pwrite(file->log.file, (there ? after : before) + i,
                                                 SECTOR, (off_t)(at + i)),
                                SECTOR);
                }
                expect_groups(file, 0, 1, kept * SECTOR == len ? 3 : 2);
        }
        /* The log goes on over what was torn. */
        assert_int_equal(pwrite(file->log.file, before, SECTOR, (off_t)at), SECTOR);
        expect_groups(file, 1, 2, 2);
        append(file, 50);
        append(file, 50);
        expect_groups(file, 1, 2, 4);
}

static void flip(struct file *file, uint64_t position)
{
        uint8_t byte;

        assert_int_equal(pread(file->log.file, &byte, 1, (off_t)position), 1);
        byte ^= 4;
        assert_int_equal(pwrite(file->log.file, &byte, 1, (off_t)position), 1);
}

static void test_damage(void **state)
{
        struct file *file = *state;
        struct error error;

        expect_groups(file, 0, 0, 0);
        for (int i = 0; i < 5; i++)
                append(file, 100);
        /* In the middle: something synced is gone, which is said. */
        flip(file, file->marks[2].position + 60);
        assert_int_equal(open_from(file, &file->marks[0], SIZE, &error), DATA_LOSS);
        assert_string_equal(error.reason, "LOG_MISMATCH");
        expect_groups(file, 3, 4, 5); /* unless nobody needs it any more */
        flip(file, file->marks[2].position + 60);
        expect_groups(file, 0, 1, 5);
        /* The last one cannot be told from one that was never synced. */
        flip(file, file->marks[4].position + 60);
        expect_groups(file, 0, 1, 4);
}

static void test_not_the_databases(void **state)
{
        struct file *file = *state;
        struct error error;

        expect_groups(file, 0, 0, 0);
        for (int i = 0; i < 40; i++)
                append(file, BLOCK);
        /* A database older than what the ring still holds. */
        assert_int_equal(open_from(file, &file->marks[10], SIZE, &error), DATA_LOSS);
        assert_string_equal(error.reason, "LOG_MISMATCH");
        /* One on another branch: the number fits, the checksum before does not. */
        struct log_mark other = file->marks[38];
        other.checksum ^= 1;
        assert_int_equal(open_from(file, &other, SIZE, &error), DATA_LOSS);
        /* One that is ahead of the log has applied all of it. */
        expect_groups(file, 40, 0, 0);
}

static void test_sizes(void **state)
{
        struct file *file = *state;
        struct error error;
        struct stat st;

        expect_groups(file, 0, 0, 0);
        append(file, 100);
        assert_int_equal(open_from(file, &file->marks[0], 2 * SIZE, &error), OK);
        assert_int_equal(file->last, 1);
        assert_int_equal(stat(file->path, &st), 0);
        assert_int_equal(st.st_size, 2 * SIZE);
        for (int i = 0; i < 20; i++)
                append(file, 100);
        expect_groups(file, 0, 1, 21); /* not made smaller */
        assert_int_equal(file->log.size, 2 * SIZE);
}

static void test_head(void **state)
{
        struct file *file = *state;
        struct error error;

        expect_groups(file, 0, 0, 0);
        flip(file, 3);
        assert_int_equal(open_from(file, &file->marks[0], SIZE, &error), DATA_LOSS);
        assert_string_equal(error.reason, "META_CHECKSUM");
        int raw = open(file->path, O_RDWR);
        assert_int_equal(pwrite(raw, "shop commit log\0\0\0\0\0\0\0\0\2", 24, 0), 24);
        close(raw);
        assert_int_equal(open_from(file, &file->marks[0], SIZE, &error), FAILED_PRECONDITION);
        assert_string_equal(error.reason, "FORMAT_MISMATCH");
}

#define FILE_TEST(test)                                                                            \
        {                                                                                          \
#test, test, begin, end, NULL                                                      \
        }

int main(void)
{
        const struct CMUnitTest tests[] = {
                FILE_TEST(test_replay),
                FILE_TEST(test_wraps),
                FILE_TEST(test_cost),
                FILE_TEST(test_torn),
                FILE_TEST(test_damage),
                FILE_TEST(test_not_the_databases),
                FILE_TEST(test_sizes),
                FILE_TEST(test_head),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
