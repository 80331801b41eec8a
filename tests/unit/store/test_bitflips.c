/*
 * Single bits of the database's file are flipped, one at a time. Each flip must be noticed: the
 * store does not open, or verify reports it, or the child that looks is killed by a broken page;
 * or it changed nothing that can be read. What never may happen is a store that verifies and
 * answers otherwise than before. (LMDB alone notices one in thirty.)
 */
#include "tests/unit/store/fixture.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/base/clock.h"
#include "lib/base/random.h"

#define FLIPS 250

enum outcome { SAME = 10, NOTICED, SILENT };

static void fill(struct fixture *f)
{
        struct txn *txn = fixture_begin(f);
        Person person = person_of("p1", "one@example.com");
        Happening happening = SHOP__HAPPENING__INIT;

        txn_insert(txn, &person_table, &person);
        for (int i = 0; i < 60; i++) {
                char id[8];

                snprintf(id, sizeof(id), "i%02d", i);
                Item item = item_of(id, "tea", i);
                Basket basket = basket_of(id, "p1", i);
                BasketLine line = line_of(id, 1, id);

                txn_insert(txn, &item_table, &item);
                txn_insert(txn, &basket_table, &basket);
                txn_insert(txn, &basket_line_table, &line);
                happening.subject = id;
                txn_append(txn, &happening_table, &happening);
        }
        fixture_commit(f);
}

static void ignore_fault(
        void *context, const char *kind, const char *table, const char *key, const char *sentence)
{
}

/* Everything that can be read of the tables that fill has filled. */
static void digest_rows(struct fixture *f, uint8_t out[32])
{
        static const struct schema_table *const tables[] = {
                &person_table, &item_table, &basket_table, &happening_table};
        struct txn *txn = fixture_read(f);

        memset(out, 0, 32);
        for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
                struct scan *scan = txn_scan(txn, tables[i], NULL, NULL, NULL, 0, ASCENDING);
                struct bytes row;

                while ((row = scan_next_bytes(scan)).data != NULL)
                        seal_chain(out, row, out);
        }
        uint8_t sequence[1] = {(uint8_t)txn_sequence(txn)};
        seal_chain(out, bytes_of(sequence, 1), out);
        txn_end(txn);
}

static enum outcome look(struct fixture *f, const uint8_t expected[32])
{
        struct error error;
        uint8_t found[32];

        error_init(&error, &f->arena);
        if (fixture_open(f, NULL, &error) != OK)
                return NOTICED;
        if (store_verify(f->store, ignore_fault, NULL) > 0)
                return NOTICED;
        digest_rows(f, found);
        return memcmp(found, expected, 32) == 0 ? SAME : SILENT;
}

static enum outcome look_in_child(struct fixture *f, const uint8_t expected[32])
{
        const struct rlimit no_core = {0, 0};
        int status;
        pid_t child = fork();

        if (child == 0) {
                setrlimit(RLIMIT_CORE, &no_core);
                freopen("/dev/null", "w", stderr);
                alarm(60);
                for (int signal_number = SIGILL; signal_number <= SIGSEGV; signal_number++)
                        signal(signal_number, SIG_DFL);
                _exit(look(f, expected));
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        return WIFEXITED(status) && WEXITSTATUS(status) != 1 ? WEXITSTATUS(status) : NOTICED;
}

static void test_no_flip_is_silent(void **state)
{
        struct fixture *f = *state;
        struct random random;
        uint8_t expected[32];
        int counts[SILENT + 1] = {0};
        struct stat st;

        fill(f);
        digest_rows(f, expected);
        fixture_close(f);
        char *path = fixture_path(f, "data.mdb");
        assert_int_equal(stat(path, &st), 0);
        uint8_t *good = malloc((size_t)st.st_size);
        int fd = open(path, O_RDWR);
        assert_int_equal(pread(fd, good, (size_t)st.st_size, 0), st.st_size);
        random_seed(&random, 5);
        for (int i = 0; i < FLIPS; i++) {
                off_t at = (off_t)random_below(&random, (uint64_t)st.st_size);
                uint8_t byte = good[at] ^ (uint8_t)(1 << random_below(&random, 8));

                if (good[at] == 0 && random_below(&random, 4) > 0)
                        continue; /* mostly room that nobody uses */
                assert_int_equal(pwrite(fd, &byte, 1, at), 1);
                enum outcome outcome = look_in_child(f, expected);

                if (outcome == SILENT)
                        fail_msg("flipping byte %lld changed an answer", (long long)at);
                counts[outcome]++;
                assert_int_equal(pwrite(fd, good, (size_t)st.st_size, 0), st.st_size);
                assert_int_equal(ftruncate(fd, st.st_size), 0);
        }
        close(fd);
        free(good);
        print_message("%d noticed, %d without effect\n", counts[NOTICED], counts[SAME]);
        assert_true(counts[NOTICED] > FLIPS / 10);
}

/* Under the open store, in the row itself and in every older copy of its page. */
static void damage(struct fixture *f, const char *text)
{
        char *path = fixture_path(f, "data.mdb");
        int fd = open(path, O_RDWR);
        struct stat st;

        assert_int_equal(fstat(fd, &st), 0);
        uint8_t *file = malloc((size_t)st.st_size);
        assert_int_equal(pread(fd, file, (size_t)st.st_size, 0), st.st_size);
        size_t len = strlen(text), left = (size_t)st.st_size;
        int found = 0;

        for (uint8_t *at = file; (at = memmem(at, left, text, len)) != NULL; at++, found++) {
                left = (size_t)(file + st.st_size - at) - 1;
                assert_int_equal(pwrite(fd, "T", 1, at - file), 1);
        }
        assert_true(found > 0);
        close(fd);
        free(file);
}

static bool is_sound(struct fixture *f, const char *id)
{
        struct txn *txn = fixture_read(f);
        bool sound = txn_get(txn, &item_table, &key_text(id)) != NULL;

        if (!sound)
                assert_string_equal(txn_error(txn)->reason, "ROW_CHECKSUM");
        txn_end(txn);
        return sound;
}

/* Whose checksum was right is believed for a moment, and not for as long as it is asked for. */
static void test_a_row_that_is_read_all_the_time_is_damaged(void **state)
{
        struct fixture *f = *state;
        Item item = item_of("i99", "coffee from Yunnan", 5);

        fill(f);
        txn_insert(fixture_begin(f), &item_table, &item);
        fixture_commit(f);
        fixture_reopen(f);
        assert_true(is_sound(f, "i99"));
        damage(f, "coffee from Yunnan");
        int64_t until_us = clock_monotonic_us() + 10000000;

        while (is_sound(f, "i99"))
                assert_true(clock_monotonic_us() < until_us);
        assert_true(is_sound(f, "i10"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                {"test_no_flip_is_silent", test_no_flip_is_silent, fixture_disk, fixture_end, NULL},
                {"test_a_row_that_is_read_all_the_time_is_damaged",
                        test_a_row_that_is_read_all_the_time_is_damaged, fixture_disk, fixture_end,
                        NULL},
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
