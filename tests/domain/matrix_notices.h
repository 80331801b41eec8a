#pragma once
/* Rows of notices for the access matrix, put back where it has deleted them. */
#include "tests/support/shop_fixture.h"

/* id is the row's. */
void matrix_put_notice(struct shop *shop, const char *id, const char *member_id);
void matrix_put_push_target(struct shop *shop, const char *id, const char *member_id);
void matrix_put_template(struct shop *shop, const char *id);
