/*
 * What a disk can do to a store: full, cut short, somebody else's, copied while it runs. And one
 * process that is killed in the middle of its commits.
 */
#include "tests/unit/store/fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/store/internal.h"

static enum status insert_commit(struct fixture *f, int number, size_t size, struct error *error)
{
        char id[16];
        char *text = arena_alloc(&f->arena, size + 1);
        Happening happening = SHOP__HAPPENING__INIT;

        memset(text, 'x', size);
        snprintf(id, sizeof(id), "i%08d", number);
        struct group *group = group_begin(f->store);
        struct txn *txn = group_txn(group, &f->arena);
        Item item = item_of(id, "", number);
        item.etag = "";
        txn_insert(txn, &item_table, &item);
        CratePart part = SHOP__CRATE_PART__INIT;
        Crate crate = SHOP__CRATE__INIT;
        crate.id = id;
        part.crate_id = id;
        part.content.data = (uint8_t *)text;
        part.content.len = size;
        txn_insert(txn, &crate_table, &crate);
        txn_insert(txn, &crate_part_table, &part);
        happening.subject = id;
        txn_append(txn, &happening_table, &happening);
        assert_int_equal(txn_status(txn), OK);
        txn_keep(txn);
        return group_commit(group, error);
}

/* Two groups at once, of which the disk has neither, then one, then both. */
static void test_group_on_its_way(void **state)
{
        struct fixture *f = *state;
        Item first = item_of("i1", "", 1), second = item_of("i2", "", 2);
        struct error error;

        error_init(&error, &f->arena);
        fixture_begin(f);
        txn_insert(f->txn, &item_table, &first);
        uint64_t sequence = txn_keep(f->txn);
        assert_int_equal(group_write(f->group, &error), OK);

        fixture_begin(f);
        assert_true(txn_has(f->txn, &item_table, &key_text("i1")));
        assert_int_equal(txn_sequence(f->txn), sequence + 1);
        txn_insert(f->txn, &item_table, &second);
        assert_int_equal(store_sequence(f->store), sequence - 1);
        struct txn *reader = fixture_read(f);
        assert_false(txn_has(reader, &item_table, &key_text("i1")));
        txn_end(reader);

        assert_int_equal(store_sync(f->store, &error), OK);
        assert_int_equal(store_sequence(f->store), sequence);
        reader = fixture_read(f);
        assert_true(txn_has(reader, &item_table, &key_text("i1")));
        assert_false(txn_has(reader, &item_table, &key_text("i2")));
        txn_end(reader);
        assert_int_equal(fixture_commit(f), sequence + 1);
        fixture_reopen(f);
        assert_int_equal(store_sequence(f->store), sequence + 1);
        assert_verified(f);
}

static enum status sync_fails(struct engine *engine, const char **why)
{
        *why = "made to fail";
        return UNAVAILABLE;
}

/* The disk fails while the next group runs: that is refused with the one that it saw. */
static void test_group_over_a_lost_one(void **state)
{
        struct fixture *f = *state;
        Item first = item_of("i1", "", 1), second = item_of("i2", "", 2);
        struct engine_ops ops = *f->store->engine->ops;
        struct error error;

        error_init(&error, &f->arena);
        ops.sync = sync_fails;
        f->store->engine->ops = &ops;
        txn_insert(fixture_begin(f), &item_table, &first);
        txn_keep(f->txn);
        assert_int_equal(group_write(f->group, &error), OK);
        txn_insert(fixture_begin(f), &item_table, &second);
        txn_keep(f->txn);
        assert_int_equal(store_sync(f->store, &error), UNAVAILABLE);
        assert_string_equal(error.reason, "STORE_FAILED");
        assert_int_equal(group_write(f->group, &error), UNAVAILABLE);
        assert_int_equal(txn_status(fixture_begin(f)), UNAVAILABLE);
        txn_drop(f->txn);
        group_abandon(f->group);
        struct txn *reader = fixture_read(f);
        assert_false(txn_has(reader, &item_table, &key_text("i1")));
        txn_end(reader);
        assert_int_equal(store_sequence(f->store), 0);
        fixture_reopen(f);
        assert_int_equal(store_sequence(f->store), 0);
}

static bool has(struct fixture *f, int number)
{
        char id[16];

        snprintf(id, sizeof(id), "i%08d", number);
        struct txn *txn = fixture_read(f);
        bool there = txn_has(txn, &item_table, &key_text(id));
        txn_end(txn);
        return there;
}

static void expect_full(struct fixture *f, const struct error *error, int number)
{
        assert_int_equal(error->code, RESOURCE_EXHAUSTED);
        assert_string_equal(error->reason, "STORE_FULL");
        assert_int_equal(store_sequence(f->store), number);
        assert_true(has(f, number - 1));
        assert_false(has(f, number));
        assert_verified(f);
}

static void test_map_full(void **state)
{
        struct fixture *f = *state;
        const struct store_options options = {.dir = f->dir,
                .schema = &rows_schema,
                .keyring = f->keyring,
                .map_bytes = 1 << 20,
                .log_bytes = 1 << 20};
        struct error error;
        int number = 0;

        error_init(&error, &f->arena);
        fixture_close(f);
        assert_int_equal(store_open(&f->store, &options, &error), OK);
        while (insert_commit(f, number, 20000, &error) == OK)
                number++;
        assert_true(number > 10);
        expect_full(f, &error, number);
        /* Reads and deletes go on, and then there is room again. */
        for (int i = 0; i < 10; i++) {
                char id[16];
                snprintf(id, sizeof(id), "i%08d", i);
                txn_delete(fixture_begin(f), &crate_table, &key_text(id));
                fixture_commit(f);
        }
        error_init(&error, &f->arena);
        assert_int_equal(insert_commit(f, number, 20000, &error), OK);
        assert_verified(f);
}

/* A file that may not grow any more is what a full disk looks like to LMDB. */
static void test_disk_full(void **state)
{
        struct fixture *f = *state;
        struct rlimit before, limit = {1 << 20, RLIM_INFINITY};
        struct error error;
        int number = 0;

        error_init(&error, &f->arena);
        signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before);
        limit.rlim_max = before.rlim_max;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        while (number < 1000 && insert_commit(f, number, 20000, &error) == OK)
                number++;
        expect_full(f, &error, number);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        error_init(&error, &f->arena);
        assert_int_equal(insert_commit(f, number, 20000, &error), OK);
        assert_verified(f);
        fixture_reopen(f);
        assert_int_equal(store_sequence(f->store), number + 1);
        assert_verified(f);
}

static void test_truncated(void **state)
{
        struct fixture *f = *state;
        struct error error;

        error_init(&error, &f->arena);
        for (int i = 0; i < 30; i++)
                assert_int_equal(insert_commit(f, i, 9000, &error), OK);
        fixture_close(f);
        static const off_t sizes[] = {300000, 100000, 20000, 8192, 4096, 100, 0};
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                error_init(&error, &f->arena);
                assert_int_equal(truncate(fixture_path(f, "data.mdb"), sizes[i]), 0);
                assert_int_equal(fixture_open(f, NULL, &error), DATA_LOSS);
                assert_string_equal(
                        error.reason, sizes[i] > 0 ? "STORE_TRUNCATED" : "LOG_MISMATCH");
        }
}

static void test_one_process(void **state)
{
        struct fixture *f = *state;
        struct store *first = f->store;
        struct error error;

        error_init(&error, &f->arena);
        assert_int_equal(fixture_open(f, NULL, &error), FAILED_PRECONDITION);
        assert_string_equal(error.reason, "STORE_IN_USE");
        f->store = first;
}

static void test_other_key(void **state)
{
        struct fixture *f = *state;
        struct keyring *own = f->keyring;
        struct error error;

        error_init(&error, &f->arena);
        fixture_close(f);
        f->keyring = keyring_from_seed(8);
        assert_int_equal(fixture_open(f, NULL, &error), DATA_LOSS);
        assert_string_equal(error.reason, "META_CHECKSUM");
        keyring_close(f->keyring);
        f->keyring = own;
        fixture_reopen(f);
}

static void test_backup(void **state)
{
        struct fixture *f = *state;
        char *dir = fixture_path(f, "backup");
        struct fixture copy = *f;
        struct error error;

        error_init(&error, &f->arena);
        for (int i = 0; i < 20; i++)
                assert_int_equal(insert_commit(f, i, 5000, &error), OK);
        struct txn *txn = fixture_begin(f); /* running all the while */
        Item item = item_of("later", "", 1);
        txn_insert(txn, &item_table, &item);
        assert_int_equal(store_backup(f->store, dir, &error), OK);
        fixture_commit(f);
        assert_int_equal(store_backup(f->store, dir, &error), ALREADY_EXISTS);
        assert_string_equal(error.reason, "BACKUP_EXISTS");
        assert_true(has(f, 19));

        copy.store = NULL;
        snprintf(copy.dir, sizeof(copy.dir), "%s", dir);
        fixture_reopen(&copy);
        assert_int_equal(store_sequence(copy.store), 20);
        assert_true(has(&copy, 0));
        assert_true(has(&copy, 19));
        assert_verified(&copy);
        assert_int_equal(insert_commit(&copy, 20, 10, &error), OK);
        fixture_close(&copy);
        f->arena = copy.arena;
        char *command = arena_printf(&f->arena, "rm -r %s", dir);
        assert_int_equal(system(command), 0);
        error_init(&error, &f->arena);
        assert_int_equal(store_backup(f->store, "/proc/no", &error), UNAVAILABLE);
}

/* Commits and tells each one through the pipe until it is killed. */
static void commit_for_ever(struct fixture *f, int out)
{
        struct error error;

        error_init(&error, &f->arena);
        fixture_reopen(f);
        for (int i = (int)store_sequence(f->store);; i++) {
                if (insert_commit(f, i, 100, &error) != OK || write(out, &i, sizeof(i)) < 0)
                        _exit(1);
                arena_reset(&f->arena);
        }
}

static void test_killed(void **state)
{
        struct fixture *f = *state;
        int last = -1;

        fixture_close(f);
        for (int round = 0; round < 8; round++) {
                int ends[2];

                assert_int_equal(pipe(ends), 0);
                pid_t child = fork();
                if (child == 0)
                        commit_for_ever(f, ends[1]);
                close(ends[1]);
                for (int i = 0; i < 20 + round * 3; i++)
                        assert_int_equal(read(ends[0], &last, sizeof(last)), sizeof(last));
                kill(child, SIGKILL);
                while (read(ends[0], &last, sizeof(last)) == sizeof(last))
                        ;
                close(ends[0]);
                waitpid(child, NULL, 0);
                fixture_reopen(f);
                assert_true(store_sequence(f->store) >= (uint64_t)last + 1);
                for (int i = 0; i <= last; i++)
                        assert_true(has(f, i));
                assert_verified(f);
                fixture_close(f);
        }
}

static void test_in_memory_has_no_backup(void **state)
{
        struct fixture *f = *state;
        struct error error;

        error_init(&error, &f->arena);
        assert_int_equal(store_backup(f->store, "/tmp/none", &error), FAILED_PRECONDITION);
}

#define DISK(test)                                                                                 \
        {                                                                                          \
#test, test, fixture_disk, fixture_end, NULL                                       \
        }

int main(void)
{
        const struct CMUnitTest tests[] = {
                DISK(test_group_on_its_way),
                DISK(test_group_over_a_lost_one),
                DISK(test_map_full),
                DISK(test_disk_full),
                DISK(test_truncated),
                DISK(test_one_process),
                DISK(test_other_key),
                DISK(test_backup),
                DISK(test_killed),
                {"test_in_memory_has_no_backup", test_in_memory_has_no_backup, fixture_memory,
                        fixture_end, NULL},
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
