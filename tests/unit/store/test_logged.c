/*
 * The engine with a commit log: readers beside the writer and the checkpointer (for
 * ThreadSanitizer too), what happens when there is no room below, when the disk fails, and what
 * the next start makes of it.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/unit/store/logged_rig.h"

#define READERS 3
#define GROUPS  250

static int begin(void **state)
{
        struct rig *rig = malloc(sizeof(*rig));

        assert_non_null(rig);
        rig_init(rig);
        *state = rig;
        return 0;
}

static int end(void **state)
{
        rig_release(*state);
        free(*state);
        return 0;
}

/* ---- readers ---- */

struct readers {
        struct rig *rig;
        _Atomic uint64_t done; /* the last group that was answered */
        _Atomic uint64_t reads;
        _Atomic bool stop;
};

static void *read_all(void *context)
{
        struct readers *readers = context;
        struct engine *engine = readers->rig->engine;
        uint64_t last = 0;

        while (!atomic_load(&readers->stop)) {
                uint64_t done = atomic_load(&readers->done);
                struct engine_snapshot *snapshot = engine->ops->snapshot_begin(engine);
                uint64_t number = rig_number(snapshot);

                assert(number >= done && number >= last);
                last = number;
                assert(rig_holds(snapshot));
                assert(rig_number(snapshot) == number);
                engine->ops->snapshot_end(snapshot);
                atomic_fetch_add(&readers->reads, 1);
        }
        return NULL;
}

static void *sync_group(void *context)
{
        struct rig *rig = context;
        const char *why = "";

        assert(rig->engine->ops->sync(rig->engine, &why) == OK);
        return NULL;
}

/* While a thread syncs it, the writer reads, too. */
static void accept_and_sync(struct rig *rig, uint64_t number)
{
        pthread_t syncing;

        rig_accepted(rig, number);
        pthread_create(&syncing, NULL, sync_group, rig);
        struct engine_snapshot *own = rig->engine->ops->snapshot_begin(rig->engine);
        assert_true(rig_number(own) == number - 1 || rig_number(own) == number);
        assert_true(rig_holds(own));
        rig->engine->ops->snapshot_end(own);
        pthread_join(syncing, NULL);
}

static void read_beside_writer(struct rig *rig)
{
        struct readers readers = {.rig = rig};
        pthread_t threads[READERS];

        rig_open_well(rig);
        for (int i = 0; i < READERS; i++)
                pthread_create(&threads[i], NULL, read_all, &readers);
        for (uint64_t number = 1; number <= GROUPS; number++) {
                accept_and_sync(rig, number);
                atomic_store(&readers.done, number);
        }
        while (atomic_load(&readers.reads) < 20)
                ;
        atomic_store(&readers.stop, true);
        for (int i = 0; i < READERS; i++)
                pthread_join(threads[i], NULL);
        assert_int_equal(rig_check(rig), GROUPS);
        assert_true(atomic_load(&rig->applies) > 5); /* the log was full many times */
}

static void test_readers_on_disk(void **state)
{
        read_beside_writer(*state);
}

static void test_readers_in_memory(void **state)
{
        struct rig *rig = *state;

        rig->below = RIG_MEMORY;
        read_beside_writer(rig);
}

/* A snapshot stays what it was, however many generations come and go. */
static void test_old_snapshot(void **state)
{
        struct rig *rig = *state;

        rig_open_well(rig);
        rig_groups(rig, 1, 100);
        struct engine_snapshot *old = rig->engine->ops->snapshot_begin(rig->engine);
        rig_groups(rig, 101, 400);
        assert_int_equal(rig_number(old), 100);
        assert_true(rig_holds(old));
        rig->engine->ops->snapshot_end(old);
        assert_int_equal(rig_check(rig), 400);
}

static void write_much(struct rig *rig)
{
        rig_groups(rig, 101, 400);
}

/* A reader is held up between the parts of its snapshot until generations have gone by. */
static void test_reader_held_up(void **state)
{
        struct rig *rig = *state;

        rig_open_well(rig);
        rig_groups(rig, 1, 100);
        rig->before_snapshot = write_much;
        assert_int_equal(rig_check(rig), 400);
}

/* ---- after a while ---- */

static void wait_for_apply(struct rig *rig, uint64_t before)
{
        for (int i = 0; i < 300 && atomic_load(&rig->applies) == before; i++)
                usleep(10000);
}

static void test_a_second_later(void **state)
{
        struct rig *rig = *state;

        rig_open_well(rig);
        uint64_t before = atomic_load(&rig->applies);
        rig_groups(rig, 1, 3);
        assert_int_equal(atomic_load(&rig->applies), before);
        wait_for_apply(rig, before);
        assert_int_equal(atomic_load(&rig->applies), before + 1);
        assert_int_equal(rig_check(rig), 3);
}

/* What is not synced nobody sees, the engine below neither, and what is does not wait for it. */
static void test_accepted_only(void **state)
{
        struct rig *rig = *state;

        rig_open_well(rig);
        uint64_t before = atomic_load(&rig->applies);
        rig_groups(rig, 1, 10);
        rig_accepted(rig, 11);
        wait_for_apply(rig, before);
        assert_int_equal(atomic_load(&rig->applies), before + 1);
        assert_int_equal(rig_check(rig), 10);
        sync_group(rig);
        assert_int_equal(rig_check(rig), 11);
        wait_for_apply(rig, before + 1);
        assert_int_equal(atomic_load(&rig->applies), before + 2);
        rig_groups(rig, 12, 12);
        rig_accepted(rig, 13);
        rig_close(rig);
        rig_open_well(rig);
        assert_int_equal(rig_check(rig), 12);
}

static int dawdle_at(struct rig *rig, enum rig_step step)
{
        uint64_t before = atomic_load(&rig->applies);

        if (step != RIG_WRITTEN && step != RIG_SYNCED)
                return 0;
        usleep(1200000);
        assert_int_equal(rig_check(rig), 10);
        assert_int_equal(atomic_load(&rig->applies), before);
        return 0;
}

/* Nor is a group seen or applied while it is written and synced, though it is in memory by then and
 * those before it have been due for long. */
static void test_nothing_sees_a_sync(void **state)
{
        struct rig *rig = *state;

        rig_open_well(rig);
        rig_groups(rig, 1, 10);
        rig->at = dawdle_at;
        rig_groups(rig, 11, 11);
        rig->at = NULL;
        assert_int_equal(rig_check(rig), 11);
        rig_close(rig);
        rig_open_well(rig);
        assert_int_equal(rig_check(rig), 11);
}

static void test_group_larger_than_the_log(void **state)
{
        struct rig *rig = *state;
        uint8_t *large = calloc(1, 1 << 20);
        struct engine_write write = {
                .key = bytes_of("\0large", 6), .value = bytes_of(large, 1 << 20)};
        const char *why = "";
        struct bytes value;

        rig_open_well(rig);
        rig_groups(rig, 1, 5);
        assert_int_equal(rig->engine->ops->apply(rig->engine, &write, 1, &why), OK);
        write = (struct engine_write){.key = bytes_of("\0small", 6), .value = bytes_of("s", 1)};
        assert_int_equal(rig->engine->ops->apply(rig->engine, &write, 1, &why), OK);
        for (int round = 0; round < 2; round++) {
                struct engine_snapshot *snapshot = rig->engine->ops->snapshot_begin(rig->engine);

                assert_int_equal(rig_number(snapshot), 5);
                assert_int_equal(rig->engine->ops->get(snapshot, bytes_of("\0large", 6), &value),
                        ENGINE_FOUND);
                assert_int_equal(value.len, 1 << 20);
                assert_int_equal(rig->engine->ops->get(snapshot, bytes_of("\0small", 6), &value),
                        ENGINE_FOUND);
                rig->engine->ops->snapshot_end(snapshot);
                rig_close(rig);
                rig_open_well(rig);
        }
        free(large);
}

/* ---- no room below ---- */

static void test_full(void **state)
{
        struct rig *rig = *state;
        struct error error;
        const char *why = "";
        uint64_t number = 1;

        error_init(&error, &rig->arena);
        rig_open_well(rig);
        rig->apply_status = RESOURCE_EXHAUSTED;
        while (rig_group(rig, number, &why) == OK)
                number++;
        assert_string_equal(why, "made to fail");
        assert_true(number > 5);
        assert_int_equal(rig_group(rig, number, &why), RESOURCE_EXHAUSTED);
        assert_int_equal(rig_check(rig), number - 1); /* nothing is lost, all is read */
        rig_close(rig);
        assert_int_equal(rig_open(rig, &error), RESOURCE_EXHAUSTED);
        assert_string_equal(error.reason, "STORE_FULL");
        rig->engine = NULL;

        rig->apply_status = OK;
        rig_open_well(rig);
        assert_int_equal(rig_check(rig), number - 1);
        rig->apply_status = RESOURCE_EXHAUSTED;
        while (rig_group(rig, number, &why) == OK)
                number++;
        rig->apply_status = OK; /* there is room again: the next group already finds it */
        rig_groups(rig, number, number + 50);
        assert_int_equal(rig_check(rig), number + 50);
}

/* Where what groups may take is more than the map has, they go to the engine directly and it
 * refuses the one that does not fit. */
static void test_map_full(void **state)
{
        struct rig *rig = *state;
        const char *why = "";
        uint64_t number = 1;

        rig->map_bytes = 2 << 20;
        rig_open_well(rig);
        uint64_t before = atomic_load(&rig->applies);
        rig_groups(rig, 1, 20);
        assert_true(atomic_load(&rig->applies) > before);
        for (number = 21; number < 500; number++)
                assert_int_equal(rig_group(rig, number, &why), OK);
        struct engine_write write = {.key = bytes_of("\0large", 6)};
        uint8_t *large = calloc(1, 4 << 20);
        write.value = bytes_of(large, 4 << 20);
        assert_int_equal(rig->engine->ops->apply(rig->engine, &write, 1, &why), RESOURCE_EXHAUSTED);
        rig_groups(rig, number, number + 20);
        assert_int_equal(rig_check(rig), number + 20);
        free(large);
}

/* ---- a disk that fails ---- */

static int fail_at(struct rig *rig, enum rig_step step)
{
        return rig->last_step == step ? EIO : 0;
}

static void stops_at(struct rig *rig, enum rig_step step)
{
        const char *why = "";
        struct engine_snapshot *snapshot;

        rig_open_well(rig);
        uint64_t number = rig_check(rig);
        rig_groups(rig, number + 1, number + 10);
        rig->last_step = step;
        rig->torn = step == RIG_WRITE_TORN;
        rig->at = fail_at;
        assert_int_equal(rig_group(rig, number + 11, &why), UNAVAILABLE);
        assert_string_equal(why, "Input/output error");
        rig->at = NULL;
        rig->torn = false;
        /* Working again or not: nothing more is written, what is known is read. */
        assert_int_equal(rig_group(rig, number + 11, &why), UNAVAILABLE);
        snapshot = rig->engine->ops->snapshot_begin(rig->engine);
        assert_int_equal(rig_number(snapshot), number + 10);
        rig->engine->ops->snapshot_end(snapshot);
        rig_close(rig);
        rig_open_well(rig);
        uint64_t found = rig_check(rig);
        assert_true(found == number + 10 || found == number + 11);
        rig_groups(rig, found + 1, found + 5);
        rig_close(rig);
}

static void test_log_fails(void **state)
{
        struct rig *rig = *state;

        stops_at(rig, RIG_WRITE);
        stops_at(rig, RIG_WRITE_TORN);
        stops_at(rig, RIG_WRITTEN);
        stops_at(rig, RIG_SYNCED);
}

static void test_engine_below_fails(void **state)
{
        struct rig *rig = *state;
        const char *why = "";
        uint64_t number = 1;

        rig_open_well(rig);
        rig->apply_status = UNAVAILABLE;
        while (rig_group(rig, number, &why) == OK)
                number++;
        assert_string_equal(why, "made to fail");
        assert_int_equal(rig_group(rig, number, &why), UNAVAILABLE);
        assert_int_equal(rig_check(rig), number - 1);
        rig_close(rig);
        rig->apply_status = OK;
        rig_open_well(rig);
        assert_int_equal(rig_check(rig), number - 1);
}

/* ---- files that do not belong together ---- */

static void expect_refused(struct rig *rig, enum status code, const char *reason)
{
        struct error error;

        error_init(&error, &rig->arena);
        assert_int_equal(rig_open(rig, &error), code);
        assert_string_equal(error.reason, reason);
        rig->engine = NULL;
}

static void test_missing(void **state)
{
        struct rig *rig = *state;

        rig_open_well(rig);
        rig_groups(rig, 1, 5);
        rig_close(rig);
        rename(rig_path(rig, COMMIT_LOG_FILE), rig_path(rig, "aside"));
        expect_refused(rig, DATA_LOSS, "LOG_MISMATCH");
        assert_int_equal(access(rig_path(rig, COMMIT_LOG_FILE), F_OK), -1);
        rename(rig_path(rig, "aside"), rig_path(rig, COMMIT_LOG_FILE));
        remove(rig_path(rig, "data.mdb"));
        expect_refused(rig, DATA_LOSS, "LOG_MISMATCH");
}

/* A group that went past the log counts: nothing is replayed onto a database that lacks it. */
static void test_without_direct_group(void **state)
{
        struct rig *rig = *state;
        uint8_t *large = calloc(1, 1 << 20);
        struct engine_write write = {
                .key = bytes_of("\0large", 6), .value = bytes_of(large, 1 << 20)};
        const char *why = "";

        rig_open_well(rig);
        rig_groups(rig, 1, 5);
        rig_close(rig);
        char *copy = arena_printf(
                &rig->arena, "cp %s %s", rig_path(rig, "data.mdb"), rig_path(rig, "old"));
        assert_int_equal(system(copy), 0);
        rig_open_well(rig);
        assert_int_equal(rig->engine->ops->apply(rig->engine, &write, 1, &why), OK);
        rig_groups(rig, 6, 7);
        rig_close(rig);
        rename(rig_path(rig, "old"), rig_path(rig, "data.mdb"));
        expect_refused(rig, DATA_LOSS, "LOG_MISMATCH");
        free(large);
}

static void test_other_keyring(void **state)
{
        struct rig *rig = *state;

        rig_open_well(rig);
        rig_groups(rig, 1, 5);
        rig_close(rig);
        struct keyring *own = rig->keyring;
        rig->keyring = keyring_from_seed(4);
        expect_refused(rig, DATA_LOSS, "META_CHECKSUM");
        keyring_close(rig->keyring);
        rig->keyring = own;
        rig_open_well(rig);
        assert_int_equal(rig_check(rig), 5);
}

static void test_copy(void **state)
{
        struct rig *rig = *state;
        char *dir = rig_path(rig, "copy");
        struct rig copy = *rig;
        const char *why = "";

        rig_open_well(rig);
        rig_groups(rig, 1, 50);
        mkdir(dir, 0700);
        assert_int_equal(rig->engine->ops->copy(rig->engine, dir, &why), OK);
        rig_groups(rig, 51, 60);
        strcpy(copy.dir, dir);
        rig_open_well(&copy);
        assert_int_equal(rig_check(&copy), 50);
        rig_groups(&copy, 51, 300);
        rig_close(&copy);
        rig_open_well(&copy);
        assert_int_equal(rig_check(&copy), 300);
        rig_close(&copy);
        rig->arena = copy.arena;
}

#define WITH_RIG(test)                                                                             \
        {                                                                                          \
#test, test, begin, end, NULL                                                      \
        }

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_RIG(test_readers_on_disk),
                WITH_RIG(test_readers_in_memory),
                WITH_RIG(test_old_snapshot),
                WITH_RIG(test_reader_held_up),
                WITH_RIG(test_a_second_later),
                WITH_RIG(test_accepted_only),
                WITH_RIG(test_nothing_sees_a_sync),
                WITH_RIG(test_group_larger_than_the_log),
                WITH_RIG(test_full),
                WITH_RIG(test_map_full),
                WITH_RIG(test_log_fails),
                WITH_RIG(test_engine_below_fails),
                WITH_RIG(test_missing),
                WITH_RIG(test_without_direct_group),
                WITH_RIG(test_other_keyring),
                WITH_RIG(test_copy),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
