/* Logs: numbers without gaps, also where calls are dropped; the chain and its head outside. */
#include "tests/unit/store/fixture.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint64_t append(struct txn *txn, const char *subject)
{
        Happening row = SHOP__HAPPENING__INIT;

        row.kind = "basket.made";
        row.subject = subject;
        uint64_t number = txn_append(txn, &happening_table, &row);
        assert_int_equal(row.number, number);
        return number;
}

static void test_numbers(void **state)
{
        struct fixture *f = *state;
        struct group *group = group_begin(f->store);
        struct error error;

        error_init(&error, &f->arena);
        struct txn *txn = group_txn(group, &f->arena);
        assert_int_equal(append(txn, "a"), 1);
        assert_int_equal(append(txn, "b"), 2);
        txn_keep(txn);
        txn = group_txn(group, &f->arena);
        assert_int_equal(append(txn, "lost"), 3);
        txn_drop(txn);
        txn = group_txn(group, &f->arena);
        size_t mark = txn_mark(txn);
        assert_int_equal(append(txn, "undone"), 3);
        txn_rewind(txn, mark);
        assert_int_equal(append(txn, "c"), 3);
        Note note = SHOP__NOTE__INIT;
        note.person_id = "p1";
        assert_int_equal(txn_append(txn, &note_table, &note), 1);
        txn_keep(txn);
        assert_int_equal(group_commit(group, &error), OK);
        /* A group that is given up gives everything back. */
        group = group_begin(f->store);
        txn = group_txn(group, &f->arena);
        assert_int_equal(append(txn, "lost"), 4);
        txn_keep(txn);
        group_abandon(group);
        assert_int_equal(store_sequence(f->store), 2);
        txn = fixture_begin(f);
        assert_int_equal(append(txn, "d"), 4);
        assert_int_equal(fixture_commit(f), 3);
        assert_verified(f);
}

static void test_reading(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = fixture_begin(f);
        const struct key_value b = key_text("b"), two = key_uint(2), three = key_uint(3);
        Note note = SHOP__NOTE__INIT;
        int count = 0;

        append(txn, "a");
        append(txn, "b");
        append(txn, "b");
        note.person_id = "p1";
        txn_append(txn, &note_table, &note);
        note.person_id = "p2";
        txn_append(txn, &note_table, &note);
        fixture_commit(f);
        txn = fixture_begin(f);
        append(txn, "b");
        struct scan *scan = txn_scan(txn, &happening_table, NULL, NULL, NULL, 0, ASCENDING);
        scan_between(scan, &two, NULL);
        Happening *row;
        for (uint64_t n = 2; (row = scan_next(scan)) != NULL; n++, count++)
                assert_int_equal(row->number, n);
        assert_int_equal(count, 3);
        scan = txn_scan(txn, &happening_table, NULL, NULL, NULL, 0, DESCENDING);
        row = scan_next(scan);
        assert_int_equal(row->number, 4);
        row = scan_next(scan);
        assert_int_equal(row->number, 3);
        scan = txn_scan(
                txn, &happening_table, &happening_table.indexes[0], NULL, &b, 1, DESCENDING);
        scan_between(scan, NULL, &three);
        row = scan_next(scan);
        assert_int_equal(row->number, 2);
        assert_null(scan_next(scan));
        scan = txn_scan(txn, &note_table, &note_table.indexes[0], "p2", NULL, 0, ASCENDING);
        Note *found = scan_next(scan);
        assert_int_equal(found->number, 2);
        assert_null(scan_next(scan));
        row = txn_get(txn, &happening_table, &two);
        assert_string_equal(row->subject, "b");
        fixture_commit(f);
        assert_verified(f);
}

static void test_survives_reopening(void **state)
{
        struct fixture *f = *state;

        append(fixture_begin(f), "a");
        fixture_commit(f);
        fixture_reopen(f);
        assert_int_equal(store_sequence(f->store), 1);
        assert_int_equal(append(fixture_begin(f), "b"), 2);
        fixture_commit(f);
        assert_int_equal(access(fixture_path(f, "chain.head"), R_OK), 0);
        assert_verified(f);
}

static void copy_file(const char *from, const char *to)
{
        char data[1 << 16];
        FILE *in = fopen(from, "rb");
        FILE *out = fopen(to, "wb");
        size_t len;

        assert_non_null(in);
        assert_non_null(out);
        while ((len = fread(data, 1, sizeof(data), in)) > 0)
                assert_int_equal(fwrite(data, 1, len, out), len);
        fclose(in);
        fclose(out);
}

static void database_copy(struct fixture *f)
{
        copy_file(fixture_path(f, "data.mdb"), fixture_path(f, "old.mdb"));
        copy_file(fixture_path(f, "commit.log"), fixture_path(f, "old.log"));
}

static void database_put_back(struct fixture *f)
{
        assert_int_equal(rename(fixture_path(f, "old.mdb"), fixture_path(f, "data.mdb")), 0);
        assert_int_equal(rename(fixture_path(f, "old.log"), fixture_path(f, "commit.log")), 0);
}

/* An older database under a newer head: rolled back by whatever happened to it. */
static void test_rolled_back(void **state)
{
        struct fixture *f = *state;
        struct error error;

        append(fixture_begin(f), "a");
        fixture_commit(f);
        fixture_close(f);
        database_copy(f);
        fixture_reopen(f);
        append(fixture_begin(f), "b");
        fixture_commit(f);
        fixture_close(f);
        database_put_back(f);
        error_init(&error, &f->arena);
        assert_int_equal(fixture_open(f, NULL, &error), DATA_LOSS);
        assert_string_equal(error.reason, "HEAD_MISMATCH");
        assert_non_null(strstr(error.message, "outside the database the last row is 2"));
}

/* A database that was rolled back under its log, by a stale meta page, is what it was again. */
static void test_rolled_forward(void **state)
{
        struct fixture *f = *state;

        append(fixture_begin(f), "a");
        fixture_commit(f);
        fixture_close(f);
        copy_file(fixture_path(f, "data.mdb"), fixture_path(f, "old.mdb"));
        fixture_reopen(f);
        append(fixture_begin(f), "b");
        fixture_commit(f);
        fixture_close(f);
        assert_int_equal(rename(fixture_path(f, "old.mdb"), fixture_path(f, "data.mdb")), 0);
        fixture_reopen(f);
        assert_int_equal(store_sequence(f->store), 2);
        assert_int_equal(append(fixture_begin(f), "c"), 3);
        fixture_commit(f);
        assert_verified(f);
}

/* Another history of the same length. */
static void test_other_branch(void **state)
{
        struct fixture *f = *state;
        struct error error;

        append(fixture_begin(f), "a");
        fixture_commit(f);
        fixture_close(f);
        copy_file(fixture_path(f, "chain.head"), fixture_path(f, "old.head"));
        database_copy(f);
        fixture_reopen(f);
        append(fixture_begin(f), "b");
        fixture_commit(f);
        fixture_close(f);
        copy_file(fixture_path(f, "chain.head"), fixture_path(f, "b.head"));
        database_put_back(f);
        rename(fixture_path(f, "old.head"), fixture_path(f, "chain.head"));
        fixture_reopen(f);
        append(fixture_begin(f), "c");
        fixture_commit(f);
        fixture_close(f);
        rename(fixture_path(f, "b.head"), fixture_path(f, "chain.head"));
        error_init(&error, &f->arena);
        assert_int_equal(fixture_open(f, NULL, &error), DATA_LOSS);
        assert_non_null(strstr(error.message, "row 2 is another one"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                {"test_numbers in memory", test_numbers, fixture_memory, fixture_end, NULL},
                {"test_numbers on disk", test_numbers, fixture_disk, fixture_end, NULL},
                {"test_reading in memory", test_reading, fixture_memory, fixture_end, NULL},
                {"test_reading on disk", test_reading, fixture_disk, fixture_end, NULL},
                {"test_survives_reopening", test_survives_reopening, fixture_disk, fixture_end,
                        NULL},
                {"test_rolled_back", test_rolled_back, fixture_disk, fixture_end, NULL},
                {"test_rolled_forward", test_rolled_forward, fixture_disk, fixture_end, NULL},
                {"test_other_branch", test_other_branch, fixture_disk, fixture_end, NULL},
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
