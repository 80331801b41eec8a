/*
 * What is personal, on disk: in clear in no file, lost with its keys, sealed when a contract makes
 * it personal later; and what verify says when one of these is not so.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/schema/decode.h"
#include "lib/seal/wrap.h"
#include "tests/unit/store/letters.h"
#include "tests/unit/store/plant.h"

struct found {
        const char *kind;
        size_t count;
};

static void count_fault(
        void *context, const char *kind, const char *table, const char *key, const char *sentence)
{
        struct found *found = context;

        found->count += found->kind[0] == '\0' || strcmp(found->kind, kind) == 0;
        if (found->kind[0] != '\0' && strcmp(found->kind, kind) != 0)
                print_error("%s %s %s: %s\n", kind, table, key, sentence);
}

static size_t faults_of(struct fixture *f, const char *kind)
{
        struct found found = {.kind = kind};

        store_verify(f->store, count_fault, &found);
        return found.count;
}

/* ---- files ---- */

static bool file_holds(const char *path, const char *text)
{
        static uint8_t data[8 << 20];
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        ssize_t len = read(fd, data, sizeof(data));
        close(fd);
        assert_true(len > 0);
        return memmem(data, (size_t)len, text, strlen(text)) != NULL;
}

static void no_file_holds_it(void **state)
{
        static const char *const secrets[] = {"Baker", "olmes@", "OLMES@", "ring twice"};
        struct fixture *f = *state;

        letter_insert(f, "l1", "p1", LETTER_EMAIL);
        assert_true(file_holds(fixture_path(f, "commit.log"), "rent"));
        for (size_t i = 0; i < 4; i++)
                assert_false(file_holds(fixture_path(f, "commit.log"), secrets[i]));
        fixture_reopen(f);
        fixture_close(f);
        assert_true(file_holds(fixture_path(f, "data.mdb"), "rent"));
        for (size_t i = 0; i < 4; i++)
                assert_false(file_holds(fixture_path(f, "data.mdb"), secrets[i]));
        fixture_reopen(f);
        struct txn *txn = fixture_read(f);
        letter_expect_whole(letter(txn, "l1"));
        txn_end(txn);
}

/* The store with keys in files instead of from a seed. */
static void with_key_files(struct fixture *f, struct error *error)
{
        fixture_close(f);
        unlink(fixture_path(f, "data.mdb"));
        unlink(fixture_path(f, "commit.log"));
        keyring_close(f->keyring);
        assert_int_equal(keyring_open(&f->keyring, f->dir, KEYRING_CREATE, error), OK);
        assert_int_equal(fixture_open(f, NULL, error), OK);
}

static void reopen_keys(struct fixture *f, struct error *error)
{
        fixture_close(f);
        keyring_close(f->keyring);
        assert_int_equal(keyring_open(&f->keyring, f->dir, KEYRING_OPEN, error), OK);
}

static void lost_wrapping_keys_are_noticed(void **state)
{
        struct fixture *f = *state;
        struct error error;
        uint64_t newest;
        const char *after = "";

        error_init(&error, &f->arena);
        with_key_files(f, &error);
        letter_insert(f, "l1", "p1", LETTER_EMAIL);
        struct stat st;
        assert_int_equal(stat(fixture_path(f, WRAP_FILE), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_equal(rename(fixture_path(f, WRAP_FILE), fixture_path(f, "b.head")), 0);
        reopen_keys(f, &error);
        assert_int_equal(fixture_open(f, NULL, &error), DATA_LOSS);
        assert_string_equal(error.reason, "OWNER_KEYS_MISSING");
        /* An old copy is noticed, too. */
        assert_int_equal(rename(fixture_path(f, "b.head"), fixture_path(f, WRAP_FILE)), 0);
        reopen_keys(f, &error);
        assert_int_equal(fixture_open(f, NULL, &error), OK);
        assert_int_equal(mkdir(fixture_path(f, "copy"), 0700), 0);
        assert_int_equal(keyring_wrap_copy(f->keyring, fixture_path(f, "copy"), &error), OK);
        assert_int_equal(keyring_wrap_after(f->keyring, 1, WRAP_SAME_MASTER, &newest, &error), OK);
        txn_wrap_anew(fixture_begin(f), newest, 10, &after);
        fixture_commit(f);
        assert_int_equal(rename(fixture_path(f, "copy/" WRAP_FILE), fixture_path(f, WRAP_FILE)), 0);
        rmdir(fixture_path(f, "copy"));
        reopen_keys(f, &error);
        assert_int_equal(fixture_open(f, NULL, &error), DATA_LOSS);
        assert_string_equal(error.reason, "OWNER_KEYS_MISSING");
        unlink(fixture_path(f, WRAP_FILE));
        unlink(fixture_path(f, "master.key"));
}

static void backups_open(void **state)
{
        struct fixture *f = *state;
        struct fixture copy = {.dir = ""};
        struct error error;

        error_init(&error, &f->arena);
        with_key_files(f, &error);
        letter_insert(f, "l1", "p1", LETTER_EMAIL);
        assert_int_equal(store_backup(f->store, fixture_path(f, "copy"), &error), OK);
        assert_int_equal(
                link(fixture_path(f, "master.key"), fixture_path(f, "copy/master.key")), 0);
        snprintf(copy.dir, sizeof(copy.dir), "%.40s/copy", f->dir);
        arena_init(&copy.arena);
        assert_int_equal(keyring_open(&copy.keyring, copy.dir, KEYRING_OPEN, &error), OK);
        assert_int_equal(fixture_open(&copy, NULL, &error), OK);
        assert_verified(&copy);
        struct txn *txn = fixture_read(&copy);
        letter_expect_whole(letter(txn, "l1"));
        txn_end(txn);
        fixture_close(&copy);
        keyring_close(copy.keyring);
        static const char *const names[] = {"copy/data.mdb", "copy/lock.mdb", "copy/commit.log",
                "copy/chain.head", "copy/master.key", "copy/" WRAP_FILE, "copy", "master.key",
                WRAP_FILE};
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                remove(fixture_path(f, names[i]));
        arena_release(&copy.arena);
}

/* ---- contracts that grew ---- */

struct older {
        struct schema schema;
        const struct schema_table *tables[16];
        struct schema_table letter;
};

static void older_begin(struct older *older)
{
        older->schema = rows_schema;
        older->letter = letter_table;
        older->letter.sealed_count = 0;
        older->letter.index_count = 0;
        for (size_t i = 0; i < rows_schema.table_count; i++)
                older->tables[i] = rows_schema.tables[i] == &letter_table ? &older->letter
                                                                          : rows_schema.tables[i];
        older->schema.tables = older->tables;
        older->schema.descriptor_set = bytes_of("older", 5);
}

static void what_became_personal_is_sealed(void **state)
{
        static struct older older;
        struct fixture *f = *state;
        struct error error;
        char id[8];

        error_init(&error, &f->arena);
        older_begin(&older);
        fixture_close(f);
        unlink(fixture_path(f, "data.mdb"));
        unlink(fixture_path(f, "commit.log"));
        assert_int_equal(fixture_open(f, &older.schema, &error), OK);
        struct txn *txn = fixture_begin(f);
        for (int i = 0; i < 30; i++) {
                snprintf(id, sizeof(id), "l%02d", i);
                Letter row = letter_of(id, i % 2 == 0 ? "p1" : "p2", LETTER_STREET);
                row.email = i == 3 ? LETTER_EMAIL : "";
                txn_insert(txn, &older.letter, &row);
        }
        fixture_commit(f);
        fixture_reopen(f);
        txn = fixture_read(f);
        assert_string_equal(letter(txn, "l05")->street, LETTER_STREET);
        txn_end(txn);
        assert_int_equal(faults_of(f, ""), 0); /* it is on its way */
        assert_true(store_build_step(f->store, 5, &error));
        fixture_reopen(f);
        while (store_build_step(f->store, 5, &error))
                ;
        assert_verified(f);
        txn = fixture_read(f);
        assert_string_equal(letter(txn, "l29")->street, LETTER_STREET);
        assert_string_equal(letter(txn, "l29")->etag, "1");
        const Letter *found =
                txn_get_by(txn, &letter_table, LETTER_BLIND, &key_text("holmes@EXAMPLE.com"));
        assert_string_equal(found->id, "l03");
        txn_end(txn);
        /* What was personal stays so. */
        fixture_close(f);
        assert_int_equal(fixture_open(f, &older.schema, &error), FAILED_PRECONDITION);
        assert_string_equal(error.reason, "CONTRACT_MISMATCH");
}

/* ---- faults ---- */

static struct bytes row_key(const struct schema_table *table, struct fixture *f, const char *id)
{
        const struct key_value value = key_text(id);
        struct place place;
        struct key owner;

        key_clear(&owner);
        key_append(&owner, key_text("p1"));
        layout_place(&place, TREE_MAIN, table, key_bytes_of(&owner), &value, 1);
        return bytes_of(
                arena_copy(&f->arena, place.key.data + 1, place.key.len - 1), place.key.len - 1);
}

static struct row_view view_of(struct plant *p, struct bytes key)
{
        struct bytes value = plant_get(p, "main", key);

        return (struct row_view){
                .message = bytes_of(value.data, value.len - 16),
                .sequence = layout_get_u64(value.data + value.len - 16),
        };
}

static void sealed_bit(struct fixture *f, struct plant *p)
{
        struct bytes key = row_key(&letter_table, f, "l1");
        struct row_view view = view_of(p, key);

        ((uint8_t *)(uintptr_t)view.message.data)[50] ^= 4;
        plant_row(p, "main", &letter_table, key, &view);
}

static void sealed_short(struct fixture *f, struct plant *p)
{
        const struct row_view view = {
                .message = bytes_of("\xca\xa3\x09\x02xx\x0a\x02l1\x12\x02p1", 14),
                .sequence = 1,
        };

        plant_row(p, "main", &letter_table, row_key(&letter_table, f, "l1"), &view);
}

/* Another row's sealed part of the same owner, so that the key is right and the place is not. */
static void sealed_of_another(struct fixture *f, struct plant *p)
{
        struct row_view one = view_of(p, row_key(&letter_table, f, "l1"));
        struct row_view two = view_of(p, row_key(&letter_table, f, "l2"));

        assert_int_equal(one.message.len, two.message.len);
        memcpy((uint8_t *)(uintptr_t)one.message.data, two.message.data, one.message.len - 14);
        plant_row(p, "main", &letter_table, row_key(&letter_table, f, "l1"), &one);
}

static void key_gone(struct fixture *f, struct plant *p)
{
        const struct key_value value = key_text("p1");
        struct key locator;

        plant_delete(p, "main", row_key(&owner_key_table, f, "p1"));
        layout_locator(&locator, &owner_key_table, &value);
        plant_delete(p, "main", bytes_of(locator.data + 1, locator.len - 1));
}

static void key_bit(struct fixture *f, struct plant *p)
{
        struct bytes key = row_key(&owner_key_table, f, "p1");
        struct row_view view = view_of(p, key);

        ((uint8_t *)(uintptr_t)view.message.data)[view.message.len - 9] ^= 4;
        plant_row(p, "main", &owner_key_table, key, &view);
}

static void row_in_clear(struct fixture *f, struct plant *p)
{
        Letter row = letter_of("l1", "p1", LETTER_STREET);
        const struct row_view view = {.message = encode(&f->arena, &row), .sequence = 1};

        plant_row(p, "main", &letter_table, row_key(&letter_table, f, "l1"), &view);
}

static void each_fault_is_named(void **state)
{
        static const struct {
                void (*plant)(struct fixture *f, struct plant *p);
                const char *kind;
                size_t count;
        } faults[] = {
                {sealed_bit, "ROW_SEAL", 1},
                {sealed_short, "ROW_SEAL", 1},
                {sealed_of_another, "ROW_SEAL", 1},
                {key_gone, "OWNER_KEY_MISSING", 2},
                {key_bit, "OWNER_KEY_BROKEN", 3}, /* the key and two rows */
                {row_in_clear, "PERSONAL_CLEAR", 1},
        };

        for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
                assert_int_equal(fixture_disk(state), 0);
                struct fixture *f = *state;

                letter_insert(f, "l1", "p1", "");
                letter_insert(f, "l2", "p1", "");
                assert_verified(f);
                fixture_close(f);
                fixture_reopen(f);
                fixture_close(f);
                struct plant *p = plant_open(f->dir, f->keyring, &f->arena);

                faults[i].plant(f, p);
                plant_close(p);
                fixture_reopen(f);
                assert_int_equal(faults_of(f, faults[i].kind), faults[i].count);
                if (strcmp(faults[i].kind, "PERSONAL_CLEAR") != 0) {
                        struct txn *txn = fixture_read(f);

                        assert_null(letter(txn, "l1"));
                        assert_int_equal(txn_status(txn), DATA_LOSS);
                        assert_string_equal(txn_error(txn)->reason, faults[i].kind);
                        txn_end(txn);
                }
                fixture_end(state);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(no_file_holds_it, fixture_disk, fixture_end),
                cmocka_unit_test_setup_teardown(
                        lost_wrapping_keys_are_noticed, fixture_disk, fixture_end),
                cmocka_unit_test_setup_teardown(backups_open, fixture_disk, fixture_end),
                cmocka_unit_test_setup_teardown(
                        what_became_personal_is_sealed, fixture_disk, fixture_end),
                cmocka_unit_test(each_fault_is_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
