/*
 * Keys of owners and what wraps them: what is sealed opens for nobody else, a wrapping key that was
 * destroyed is in no file, and whoever is killed between two files finds the next step possible.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/seal/master.h"
#include "lib/seal/wrap.h"

struct desk {
        struct arena arena;
        struct error error;
        struct keyring *keyring;
        char dir[40];
};

static char *path_in(struct desk *desk, const char *name)
{
        return arena_printf(&desk->arena, "%s/%s", desk->dir, name);
}

static void reopen(struct desk *desk)
{
        if (desk->keyring != NULL)
                keyring_close(desk->keyring);
        desk->keyring = NULL;
        assert_int_equal(keyring_open(&desk->keyring, desk->dir, KEYRING_CREATE, &desk->error), OK);
}

static int begin(void **state)
{
        struct desk *desk = calloc(1, sizeof(*desk));

        arena_init(&desk->arena);
        error_init(&desk->error, &desk->arena);
        strcpy(desk->dir, "/tmp/shop-wrap-XXXXXX");
        assert_non_null(mkdtemp(desk->dir));
        reopen(desk);
        *state = desk;
        return 0;
}

static int end(void **state)
{
        static const char *const names[] = {
                "master.key", "master.key.new", WRAP_FILE, "copy/" WRAP_FILE, "copy"};
        struct desk *desk = *state;

        keyring_close(desk->keyring);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                remove(path_in(desk, names[i]));
        rmdir(desk->dir);
        arena_release(&desk->arena);
        free(desk);
        return 0;
}

static uint64_t wrap_after(struct desk *desk, uint64_t number, enum wrap_master how)
{
        uint64_t newest = 0;

        assert_int_equal(keyring_wrap_after(desk->keyring, number, how, &newest, &desk->error), OK);
        return newest;
}

static struct bytes file_of(struct desk *desk, const char *name)
{
        uint8_t *data = arena_alloc(&desk->arena, 16384);
        int fd = open(path_in(desk, name), O_RDONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        ssize_t len = read(fd, data, 16384);
        close(fd);
        assert_true(len >= 0);
        return bytes_of(data, (size_t)len);
}

static bool holds(struct bytes where, const void *what, size_t len)
{
        return memmem(where.data, where.len, what, len) != NULL;
}

/* ---- sealing ---- */

static void what_is_sealed_opens_only_whole(void **state)
{
        const uint8_t key[SEAL_KEY_LEN] = {1}, other[SEAL_KEY_LEN] = {2};
        struct bytes context = bytes_of("order 1", 7), plain = bytes_of("Baker Street", 12);
        uint8_t sealed[12 + SEAL_OVERHEAD], again[12 + SEAL_OVERHEAD], opened[12];
        struct bytes whole = bytes_of(sealed, sizeof(sealed));

        seal_close(key, context, plain, sealed);
        seal_close(key, context, plain, again);
        assert_memory_equal(sealed, again, sizeof(sealed));
        assert_false(holds(whole, "Baker", 5));
        assert_true(seal_open(key, context, whole, opened));
        assert_memory_equal(opened, plain.data, plain.len);
        assert_false(seal_open(other, context, whole, opened));
        assert_false(seal_open(key, bytes_of("order 2", 7), whole, opened));
        for (size_t i = 0; i < sizeof(sealed); i++) {
                sealed[i] ^= 1;
                assert_false(seal_open(key, context, whole, opened));
                sealed[i] ^= 1;
                assert_false(seal_open(key, context, bytes_of(sealed, i), opened));
        }
        seal_close(key, bytes_of("order 2", 7), plain, again);
        assert_memory_not_equal(sealed, again, 24);
}

static void equal_texts_are_equal_when_blind(void **state)
{
        struct keyring *one = keyring_from_seed(1), *two = keyring_from_seed(2);
        uint8_t a[SEAL_BLIND_LEN], b[SEAL_BLIND_LEN];
        char text[200];

        seal_blind(one, "Carol@Example.com", a);
        seal_blind(one, "carol@example.COM", b);
        assert_memory_equal(a, b, sizeof(a));
        seal_blind(one, "carol@example.con", b);
        assert_memory_not_equal(a, b, sizeof(a));
        seal_blind(two, "carol@example.com", b);
        assert_memory_not_equal(a, b, sizeof(a));
        /* Over the block that it hashes at a time. */
        memset(text, 'x', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        seal_blind(one, text, a);
        text[150] = 'y';
        seal_blind(one, text, b);
        assert_memory_not_equal(a, b, sizeof(a));
        keyring_close(one);
        keyring_close(two);
}

/* ---- wrapping ---- */

static void keys_are_wrapped_for_their_owner(void **state)
{
        struct desk *desk = *state;
        const uint8_t key[SEAL_KEY_LEN] = {7};
        uint8_t wrapped[SEAL_WRAPPED_LEN], opened[SEAL_KEY_LEN];
        struct bytes owner = bytes_of_text("alice"), whole = bytes_of(wrapped, sizeof(wrapped));

        assert_int_equal(keyring_wrap(desk->keyring), 0);
        assert_int_equal(wrap_after(desk, 0, WRAP_SAME_MASTER), 1);
        assert_int_equal(wrap_after(desk, 0, WRAP_SAME_MASTER), 1); /* there is one */
        assert_int_equal(seal_wrap(desk->keyring, owner, key, wrapped), 1);
        reopen(desk);
        assert_true(seal_unwrap(desk->keyring, 1, owner, whole, opened));
        assert_memory_equal(key, opened, sizeof(key));
        assert_false(seal_unwrap(desk->keyring, 1, bytes_of_text("bob"), whole, opened));
        assert_false(seal_unwrap(desk->keyring, 2, owner, whole, opened));
        assert_false(seal_unwrap(desk->keyring, 1, owner, bytes_of(wrapped, 71), opened));
        wrapped[30] ^= 1;
        assert_false(seal_unwrap(desk->keyring, 1, owner, whole, opened));
}

static void a_destroyed_wrapping_key_is_gone(void **state)
{
        struct desk *desk = *state;
        const uint8_t key[SEAL_KEY_LEN] = {7};
        uint8_t wrapped[SEAL_WRAPPED_LEN], opened[SEAL_KEY_LEN];
        struct bytes owner = bytes_of_text("alice"), whole = bytes_of(wrapped, sizeof(wrapped));

        wrap_after(desk, 0, WRAP_SAME_MASTER);
        seal_wrap(desk->keyring, owner, key, wrapped);
        struct bytes before = file_of(desk, WRAP_FILE);
        const uint8_t *salt = memmem(before.data, before.len, "shopwrap", 8);

        assert_non_null(salt);
        salt += 24;
        assert_int_equal(wrap_after(desk, 1, WRAP_SAME_MASTER), 2);
        assert_true(holds(file_of(desk, WRAP_FILE), salt, 32));
        assert_int_equal(keyring_wrap_retire(desk->keyring, 2, &desk->error), OK);
        assert_false(holds(file_of(desk, WRAP_FILE), salt, 32));
        /* This process still reads for snapshots that are older; the next cannot. */
        assert_true(seal_unwrap(desk->keyring, 1, owner, whole, opened));
        reopen(desk);
        assert_false(seal_unwrap(desk->keyring, 1, owner, whole, opened));
        assert_int_equal(keyring_wrap(desk->keyring), 2);
        /* Its slot is used again, and again. */
        for (uint64_t number = 2; number < 30; number++) {
                assert_int_equal(wrap_after(desk, number, WRAP_SAME_MASTER), number + 1);
                assert_int_equal(keyring_wrap_retire(desk->keyring, number + 1, &desk->error), OK);
        }
}

static void a_rotten_block_is_no_loss(void **state)
{
        struct desk *desk = *state;
        uint8_t zeros[4096] = {0};

        wrap_after(desk, 0, WRAP_SAME_MASTER);
        int fd = open(path_in(desk, WRAP_FILE), O_WRONLY | O_CLOEXEC);
        assert_int_equal(pwrite(fd, zeros, sizeof(zeros), 0), sizeof(zeros));
        reopen(desk);
        assert_int_equal(keyring_wrap(desk->keyring), 1);
        assert_int_equal(pwrite(fd, zeros, sizeof(zeros), 4096), sizeof(zeros));
        close(fd);
        reopen(desk);
        assert_int_equal(keyring_wrap(desk->keyring), 0);
}

static void backups_hold_the_keys(void **state)
{
        struct desk *desk = *state;
        uint64_t newest;

        wrap_after(desk, 0, WRAP_SAME_MASTER);
        keyring_hold(desk->keyring);
        assert_int_equal(
                keyring_wrap_after(desk->keyring, 1, WRAP_SAME_MASTER, &newest, &desk->error),
                UNAVAILABLE);
        assert_string_equal(desk->error.reason, "KEYS_HELD");
        assert_int_equal(keyring_wrap_retire(desk->keyring, 2, &desk->error), UNAVAILABLE);
        assert_int_equal(mkdir(path_in(desk, "copy"), 0700), 0);
        assert_int_equal(keyring_wrap_copy(desk->keyring, path_in(desk, "copy"), &desk->error), OK);
        keyring_unhold(desk->keyring);
        struct bytes one = file_of(desk, WRAP_FILE), two = file_of(desk, "copy/" WRAP_FILE);
        assert_true(bytes_equal(one, two));
        wrap_after(desk, 1, WRAP_SAME_MASTER);
}

/* ---- master keys ---- */

static uint64_t row_sum(struct desk *desk)
{
        return seal_row(desk->keyring, 1, bytes_of("k", 1), bytes_of("row", 3));
}

static void a_master_key_is_rotated(void **state)
{
        struct desk *desk = *state;
        uint64_t sum = row_sum(desk);
        struct stat st;

        wrap_after(desk, 0, WRAP_SAME_MASTER);
        assert_int_equal(keyring_wrap_master(desk->keyring, 1), MASTER_ROOT);
        assert_int_equal(wrap_after(desk, 1, WRAP_NEW_MASTER), 2);
        assert_int_equal(keyring_wrap_master(desk->keyring, 2), 2);
        struct bytes second = file_of(desk, "master.key");

        assert_int_equal(second.len, 32 + 40);
        assert_int_equal(keyring_wrap_retire(desk->keyring, 2, &desk->error), OK);
        assert_int_equal(wrap_after(desk, 2, WRAP_NEW_MASTER), 3);
        assert_int_equal(keyring_wrap_retire(desk->keyring, 3, &desk->error), OK);
        struct bytes third = file_of(desk, "master.key");

        assert_int_equal(third.len, 32 + 40);
        assert_false(holds(third, second.data + 40, 32)); /* the second key is retired */
        assert_true(holds(third, second.data, 32));       /* the root stays */
        assert_int_equal(stat(path_in(desk, "master.key"), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        reopen(desk);
        assert_int_equal(keyring_wrap(desk->keyring), 3);
        assert_int_equal(keyring_wrap_master(desk->keyring, 3), 3);
        assert_true(row_sum(desk) == sum);
        /* A wrapping key that is made for an erasure keeps the master key. */
        wrap_after(desk, 3, WRAP_SAME_MASTER);
        assert_int_equal(keyring_wrap_master(desk->keyring, 4), 3);
        assert_true(bytes_equal(third, file_of(desk, "master.key")));
}

static void a_kill_between_two_files_is_made_good(void **state)
{
        struct desk *desk = *state;
        struct masters masters;

        wrap_after(desk, 0, WRAP_SAME_MASTER);
        /* The new master key is written, the wrapping key that is to use it is not. */
        assert_int_equal(master_read(desk->dir, &masters, &desk->error), OK);
        masters.at[1].number = 2;
        memset(masters.at[masters.count++].key, 9, MASTER_LEN);
        assert_int_equal(master_write(desk->dir, &masters, &desk->error), OK);
        reopen(desk);
        assert_int_equal(wrap_after(desk, 1, WRAP_NEW_MASTER), 2);
        assert_int_equal(keyring_wrap_master(desk->keyring, 2), 2);
        assert_int_equal(file_of(desk, "master.key").len, 32 + 40);
        /* A file that was being written is no key. */
        int fd = open(path_in(desk, "master.key.new"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        assert_int_equal(write(fd, "half", 4), 4);
        close(fd);
        reopen(desk);
        wrap_after(desk, 2, WRAP_NEW_MASTER);
        assert_int_equal(access(path_in(desk, "master.key.new"), F_OK), -1);
}

/* Readers open keys while others come and go. */
struct readers {
        const struct keyring *keyring;
        atomic_bool stop;
        atomic_int opened, failed;
};

static void *read_keys(void *context)
{
        struct readers *readers = context;
        uint8_t key[SEAL_KEY_LEN] = {7}, out[SEAL_KEY_LEN], wrapped[SEAL_WRAPPED_LEN];
        const struct bytes owner = bytes_of_text("carol");

        while (!atomic_load(&readers->stop)) {
                uint64_t number = seal_wrap(readers->keyring, owner, key, wrapped);
                bool good = seal_unwrap(readers->keyring, number, owner,
                                    bytes_of(wrapped, sizeof(wrapped)), out) &&
                            memcmp(key, out, sizeof(key)) == 0;

                atomic_fetch_add(good ? &readers->opened : &readers->failed, 1);
        }
        return NULL;
}

static void keys_open_while_they_are_rotated(void **state)
{
        struct desk *desk = *state;
        struct readers readers = {.keyring = desk->keyring};
        pthread_t threads[2];

        wrap_after(desk, 0, WRAP_SAME_MASTER);
        for (int i = 0; i < 2; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, read_keys, &readers), 0);
        for (uint64_t number = 1; number < 6; number++) {
                int opened = atomic_load(&readers.opened);

                wrap_after(desk, number, number % 2 ? WRAP_NEW_MASTER : WRAP_SAME_MASTER);
                assert_int_equal(keyring_wrap_retire(desk->keyring, number + 1, &desk->error), OK);
                while (atomic_load(&readers.opened) < opened + 10)
                        sched_yield();
        }
        atomic_store(&readers.stop, true);
        for (int i = 0; i < 2; i++)
                pthread_join(threads[i], NULL);
        assert_int_equal(atomic_load(&readers.failed), 0);
}

static void an_old_copy_of_the_master_key_is_refused(void **state)
{
        struct desk *desk = *state;
        struct keyring *late;

        wrap_after(desk, 0, WRAP_SAME_MASTER);
        wrap_after(desk, 1, WRAP_NEW_MASTER);
        assert_int_equal(truncate(path_in(desk, "master.key"), 32), 0);
        assert_int_equal(
                keyring_open(&late, desk->dir, KEYRING_OPEN, &desk->error), FAILED_PRECONDITION);
        assert_string_equal(desk->error.reason, "MASTER_KEY_OLD");
        assert_int_equal(truncate(path_in(desk, "master.key"), 33), 0);
        assert_int_equal(keyring_open(&late, desk->dir, KEYRING_OPEN, &desk->error), UNAVAILABLE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(what_is_sealed_opens_only_whole),
                CASE(equal_texts_are_equal_when_blind),
                CASE(keys_are_wrapped_for_their_owner),
                CASE(a_destroyed_wrapping_key_is_gone),
                CASE(a_rotten_block_is_no_loss),
                CASE(backups_hold_the_keys),
                CASE(a_master_key_is_rotated),
                CASE(a_kill_between_two_files_is_made_good),
                CASE(keys_open_while_they_are_rotated),
                CASE(an_old_copy_of_the_master_key_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
