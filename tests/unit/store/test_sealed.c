/*
 * What is personal: sealed in every row and log, the same as ever above the store, found by hashes,
 * gone with its owner's key. test_sealed_files.c has what lies in files.
 */
#include <stdio.h>
#include <string.h>
#include "lib/schema/decode.h"
#include "lib/seal/wrap.h"
#include "tests/unit/store/letters.h"

static void expect_empty(const Letter *row)
{
        assert_non_null(row);
        assert_string_equal(row->street, "");
        assert_string_equal(row->email, "");
        assert_string_equal(row->subject, "rent");
        assert_int_equal(row->n_lines, 0);
}

/* ---- reading and writing ---- */

static void nobody_above_the_store_sees_it(void **state)
{
        struct fixture *f = *state;

        letter_insert(f, "l1", "p1", LETTER_EMAIL);
        letter_insert(f, "l2", "p1", "");
        struct txn *txn = fixture_read(f);
        const ProtobufCMessageDescriptor *type = letter_message.descriptor;

        letter_expect_whole(letter(txn, "l1"));
        assert_string_equal(letter(txn, "l1")->etag, "1");
        assert_string_equal(letter(txn, "l2")->etag, "2");
        letter_expect_whole(decode_trusted(
                &f->arena, type, txn_get_bytes(txn, &letter_table, &key_text("l1"))));
        letter_expect_whole(decode_trusted(
                &f->arena, type, txn_document_bytes(txn, &letter_table, &key_text("l1"))));
        struct scan *scan = txn_scan(txn, &letter_table, NULL, "p1", NULL, 0, ASCENDING);
        letter_expect_whole(scan_next(scan));
        assert_string_equal(((Letter *)scan_next(scan))->street, LETTER_STREET);
        scan = txn_scan(txn, &letter_table, NULL, "p1", NULL, 0, ASCENDING);
        letter_expect_whole(decode_trusted(&f->arena, type, scan_next_bytes(scan)));
        assert_string_equal(txn_owner(txn, &letter_table, &key_text("l1")), "p1");
        assert_int_equal(txn_status(txn), OK);
        txn_end(txn);
        assert_verified(f);
}

static void rows_change_and_move(void **state)
{
        struct fixture *f = *state;

        letter_insert(f, "l1", "p1", LETTER_EMAIL);
        struct txn *txn = fixture_begin(f);
        Letter row = *letter(txn, "l1");
        row.street = "Montague Street";
        txn_update(txn, &letter_table, &row);
        assert_string_equal(letter(txn, "l1")->street, "Montague Street");
        row.street = LETTER_STREET;
        row.person_id = "p2";
        txn_update(txn, &letter_table, &row);
        letter_expect_whole(letter(txn, "l1"));
        fixture_commit(f);
        assert_verified(f);
        /* It is sealed for the one under whom it lies now. */
        txn = fixture_begin(f);
        txn_owner_erase(txn, "p1");
        letter_expect_whole(letter(txn, "l1"));
        fixture_commit(f);
        assert_verified(f);
}

static void a_second_run_writes_the_same(void **state)
{
        struct fixture *f = *state;
        uint8_t first[32], second[32];
        struct txn *txn = fixture_begin(f);
        Letter row = letter_of("l1", "p1", LETTER_STREET);
        size_t mark = txn_mark(txn);

        txn_insert(txn, &letter_table, &row);
        txn_digest(txn, first);
        txn_rewind(txn, mark);
        assert_false(txn_has(txn, &owner_key_table, &key_text("p1")));
        txn_insert(txn, &letter_table, &row);
        txn_digest(txn, second);
        assert_memory_equal(first, second, sizeof(first));
        assert_true(txn_has(txn, &owner_key_table, &key_text("p1")));
        fixture_commit(f);
        assert_verified(f);
}

static void rows_at_large_name_their_owner(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = fixture_begin(f);
        Visit visit = SHOP__VISIT__INIT;

        visit.id = "v1";
        visit.person_id = "p1";
        visit.guest_name = "Irene Adler";
        txn_insert(txn, &visit_table, &visit);
        fixture_commit(f);
        txn = fixture_read(f);
        const Visit *seen = txn_get(txn, &visit_table, &key_text("v1"));
        assert_string_equal(seen->guest_name, "Irene Adler");
        txn_end(txn);
        assert_verified(f);
        txn = fixture_begin(f);
        visit.id = "v2";
        visit.person_id = "";
        txn_insert(txn, &visit_table, &visit);
        assert_int_equal(txn_status(txn), FAILED_PRECONDITION);
        assert_string_equal(txn_error(txn)->reason, "VISIT_UNOWNED");
        fixture_drop(f);
}

static void logs_are_sealed_and_stay_chained(void **state)
{
        struct fixture *f = *state;
        struct txn *txn = fixture_begin(f);
        Remark remark = SHOP__REMARK__INIT;

        for (int i = 0; i < 3; i++) {
                remark.person_id = i == 1 ? "p2" : "p1";
                remark.text = "knows my address";
                txn_append(txn, &remark_table, &remark);
        }
        fixture_commit(f);
        txn = fixture_begin(f);
        assert_string_equal(
                ((Remark *)txn_get(txn, &remark_table, &key_uint(2)))->text, "knows my address");
        txn_owner_erase(txn, "p2");
        assert_string_equal(((Remark *)txn_get(txn, &remark_table, &key_uint(2)))->text, "");
        fixture_commit(f);
        assert_verified(f);
}

/* ---- blind indexes ---- */

static void texts_are_found_by_their_hash(void **state)
{
        struct fixture *f = *state;
        const struct key_value owned[] = {key_text("p1"), key_text("HOLMES@EXAMPLE.COM")};

        letter_insert(f, "l1", "p1", LETTER_EMAIL);
        letter_insert(f, "l2", "p1", "");
        struct txn *txn = fixture_begin(f);
        letter_expect_whole(
                txn_get_by(txn, &letter_table, LETTER_BLIND, &key_text("holmes@example.com")));
        assert_null(txn_get_by(txn, &letter_table, LETTER_BLIND, &key_text("watson@example.com")));
        struct scan *scan = txn_scan(txn, &letter_table, LETTER_OWNED, NULL, owned, 2, ASCENDING);
        letter_expect_whole(scan_next(scan));
        assert_null(scan_next(scan));
        Letter row = letter_of("l3", "p2", LETTER_STREET);
        row.email = "HOLMES@example.com";
        txn_insert(txn, &letter_table, &row);
        assert_string_equal(txn_error(txn)->reason, "LETTER_EMAIL_TAKEN");
        assert_null(strstr(txn_error(txn)->message, "OLMES"));
        fixture_drop(f);
        txn = fixture_begin(f);
        row = *letter(txn, "l1");
        row.email = "moved@example.com";
        txn_update(txn, &letter_table, &row);
        assert_null(txn_get_by(txn, &letter_table, LETTER_BLIND, &key_text(LETTER_EMAIL)));
        assert_non_null(
                txn_get_by(txn, &letter_table, LETTER_BLIND, &key_text("moved@example.com")));
        fixture_commit(f);
        assert_verified(f);
}

/* ---- erasing ---- */

static void an_erased_owner_is_read_as_nobody(void **state)
{
        struct fixture *f = *state;

        letter_insert(f, "l1", "p1", "");
        letter_insert(f, "l2", "p2", LETTER_EMAIL);
        struct txn *before = fixture_read(f);
        struct txn *txn = fixture_begin(f);
        letter_expect_whole(letter(txn, "l2"));
        assert_false(txn_owner_erased(txn, "p1"));
        size_t mark = txn_mark(txn);
        txn_owner_erase(txn, "p1");
        assert_true(txn_owner_erased(txn, "p1"));
        txn_rewind(txn, mark);
        assert_string_equal(letter(txn, "l1")->street, LETTER_STREET);
        Letter fresh = letter_of("l4", "p1", LETTER_STREET);
        txn_insert(txn, &letter_table, &fresh);
        assert_string_equal(letter(txn, "l4")->street, LETTER_STREET);
        txn_owner_erase(txn, "p1");
        expect_empty(letter(txn, "l4"));
        expect_empty(letter(txn, "l1"));
        letter_expect_whole(letter(txn, "l2"));
        fixture_commit(f);
        assert_string_equal(letter(before, "l1")->street, LETTER_STREET);
        txn_end(before);
        assert_verified(f);
        /* Books go on; nothing personal is kept any more. */
        txn = fixture_begin(f);
        Letter row = *letter(txn, "l1");
        row.subject = "paid";
        txn_update(txn, &letter_table, &row);
        assert_string_equal(letter(txn, "l1")->subject, "paid");
        fixture_commit(f);
        txn = fixture_begin(f);
        row.street = LETTER_STREET;
        row.subject = "rent";
        row.email = "again@example.com";
        txn_update(txn, &letter_table, &row);
        Letter another = letter_of("l3", "p1", LETTER_STREET);
        txn_insert(txn, &letter_table, &another);
        expect_empty(letter(txn, "l1"));
        expect_empty(letter(txn, "l3"));
        assert_null(txn_get_by(txn, &letter_table, LETTER_BLIND, &key_text("again@example.com")));
        fixture_commit(f);
        assert_verified(f);
        /* Somebody who never had anything can be erased, too. */
        txn = fixture_begin(f);
        txn_owner_erase(txn, "p3");
        txn_owner_erase(txn, "p3");
        fixture_commit(f);
        assert_verified(f);
}

static uint64_t wrap_of(struct txn *txn, const char *owner)
{
        return ((OwnerKey *)txn_get(txn, &owner_key_table, &key_text(owner)))->wrap;
}

static void all_others_are_wrapped_anew(void **state)
{
        struct fixture *f = *state;
        struct error error;
        char id[8], owner[8];
        uint64_t newest;
        const char *after = "";

        for (int i = 0; i < 25; i++) {
                snprintf(id, sizeof(id), "l%02d", i);
                snprintf(owner, sizeof(owner), "p%02d", i);
                letter_insert(f, id, owner, "");
        }
        struct txn *txn = fixture_begin(f);
        txn_owner_erase(txn, "p07");
        fixture_commit(f);
        error_init(&error, &f->arena);
        assert_int_equal(keyring_wrap_after(f->keyring, 1, WRAP_SAME_MASTER, &newest, &error), OK);
        for (size_t looked = 10; looked == 10;) {
                txn = fixture_begin(f);
                looked = txn_wrap_anew(txn, newest, 10, &after);
                fixture_commit(f);
        }
        assert_string_equal(after, "p24");
        assert_int_equal(keyring_wrap_retire(f->keyring, newest, &error), OK);
        txn = fixture_read(f);
        for (int i = 0; i < 25; i++) {
                snprintf(id, sizeof(id), "l%02d", i);
                snprintf(owner, sizeof(owner), "p%02d", i);
                assert_string_equal(letter(txn, id)->street, i == 7 ? "" : LETTER_STREET);
                assert_int_equal(wrap_of(txn, owner), i == 7 ? 0 : newest);
        }
        txn_end(txn);
        assert_verified(f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                BOTH(nobody_above_the_store_sees_it),
                BOTH(rows_change_and_move),
                BOTH(a_second_run_writes_the_same),
                BOTH(rows_at_large_name_their_owner),
                BOTH(logs_are_sealed_and_stay_chained),
                BOTH(texts_are_found_by_their_hash),
                BOTH(an_erased_owner_is_read_as_nobody),
                BOTH(all_others_are_wrapped_anew),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
