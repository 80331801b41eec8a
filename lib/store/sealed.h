#pragma once
/*
 * Rows with something personal in them. A row of a table with sealed fields is stored as
 *
 *      [field 19001: what is sealed] [all other fields]
 *
 * where 19001 is one of the numbers that protobuf keeps from everybody's messages, and what is
 * sealed are the personal fields, encoded as the message with nothing else set, under the key of
 * the row's owner; table number and primary key are authenticated. Reading joins both, which
 * protobuf defines as the same message. Nobody above the row accessors sees any of it.
 *
 * The owner of whom the key was destroyed is erased: such rows are read without their personal
 * fields, and written without them. Refused: an error for who writes some, since timers and
 * followers go on for such an owner's books and would all have to know. But rows that are no books
 * are not made again for somebody who was forgotten: that is an error.
 */
#include "lib/store/internal.h"

/* True where the row would be made for an owner who is erased, of a table that forgets them; that
 * sticks. */
bool sealed_refuse(struct txn *txn, const struct schema_table *table, const struct image *image);
/* Clears the personal fields of a row that is to be written for an owner who is erased. */
void sealed_forget(struct txn *txn, const struct schema_table *table, struct image *image);
/* What is stored of an encoded row: itself where nothing in it is personal. What goes wrong
 * sticks. */
struct bytes sealed_close(struct txn *txn, const struct schema_table *table,
        const struct image *image, struct bytes message);
/* The personal fields of a stored row that has some, encoded, into room for view->sealed.len bytes;
 * the bytes written: none where their owner is erased or something stuck. */
size_t sealed_open(struct txn *txn, const struct schema_table *table, const struct place *place,
        const struct row_view *view, uint8_t *out);
/* True where a stored row has personal fields in clear. */
bool sealed_missing(const struct schema_table *table, const struct row_view *view);
bool sealed_field(const struct schema_table *table, uint16_t field);

/* ---- owner_key.c ---- */

enum owner_key { OWNER_KEY_FOUND, OWNER_KEY_ABSENT, OWNER_KEY_ERASED, OWNER_KEY_FAILED };
/* FAILED sticks: the stored key is damaged or its wrapping key is not there. */
enum owner_key owner_key_find(struct txn *txn, const char *owner, uint8_t key[SEAL_KEY_LEN]);
/* Made where the owner has none yet; false when something stuck. */
bool owner_key_need(struct txn *txn, const char *owner, uint8_t key[SEAL_KEY_LEN]);
/* What is wrong with a row of keys, or NULL. */
const char *owner_key_fault(struct txn *txn, const void *row);
/* That the keyring has what the keys of this database were wrapped with. */
enum status owner_keys_open(struct txn *txn, struct error *error);
