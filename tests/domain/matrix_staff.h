#pragma once
/* Rows of staff and care for the access matrix. */
#include "tests/support/shop_fixture.h"

/* A note on a member, put back where the matrix has deleted it; a ticket of theirs. */
void matrix_put_note(struct shop *shop, const char *id, const char *member_id);
void matrix_put_ticket(struct shop *shop, const char *id, const char *member_id);
/* A team, to which a member is given, again where the matrix has given them away; and somebody in
 * it with an account of this id. */
void matrix_put_team(struct txn *txn, const char *id);
void matrix_put_in_team(struct shop *shop, const char *team_id, const char *member_id);
void matrix_put_colleague(struct txn *txn, const char *team_id, const char *id);
