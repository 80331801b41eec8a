#pragma once
/* Sessions for the access matrix. */
#include "tests/support/shop_fixture.h"

/* By hand, since the matrix revokes what it finds; nothing where it is there. */
void matrix_put_session(struct shop *shop, const char *id, const char *member_id);
