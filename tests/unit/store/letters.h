#pragma once
/* Letters: rows with a street, an e-mail address and lines that are personal. */
#include "tests/unit/store/fixture.h"

#define LETTER_STREET "221b Baker Street"
#define LETTER_EMAIL  "Holmes@example.com"
#define LETTER_BLIND  (&letter_table.indexes[0]) /* of the address */
#define LETTER_OWNED  (&letter_table.indexes[1]) /* of the person and the address */

/* To insert by oneself; and one that is, with an address, or "", and lines. */
Letter letter_of(const char *id, const char *person_id, const char *street);
void letter_insert(struct fixture *f, const char *id, const char *person, const char *email);
const Letter *letter(struct txn *txn, const char *id);
/* As it was inserted with LETTER_EMAIL. */
void letter_expect_whole(const Letter *row);
