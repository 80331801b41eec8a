/* See letters.h. */
#include "tests/unit/store/letters.h"

Letter letter_of(const char *id, const char *person_id, const char *street)
{
        Letter row = SHOP__LETTER__INIT;

        row.id = id;
        row.person_id = person_id;
        row.street = street;
        row.subject = "rent";
        return row;
}

void letter_insert(struct fixture *f, const char *id, const char *person, const char *email)
{
        static const char *lines[] = {"second floor", "ring twice"};
        Letter row = letter_of(id, person, LETTER_STREET);

        row.email = email;
        row.lines = lines;
        row.n_lines = 2;
        txn_insert(fixture_begin(f), &letter_table, &row);
        fixture_commit(f);
}

const Letter *letter(struct txn *txn, const char *id)
{
        return txn_get(txn, &letter_table, &key_text(id));
}

void letter_expect_whole(const Letter *row)
{
        assert_non_null(row);
        assert_string_equal(row->street, LETTER_STREET);
        assert_string_equal(row->email, LETTER_EMAIL);
        assert_string_equal(row->subject, "rent");
        assert_int_equal(row->n_lines, 2);
        assert_string_equal(row->lines[1], "ring twice");
}
