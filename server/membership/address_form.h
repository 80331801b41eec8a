#pragma once
/* How addresses are written in the countries whose form the shop knows. */
#include "membership.rows.h"
#include "server/row_rules.h"

/* A rule for rows of Address. Refuses one to which nothing can be delivered as it stands, by the
 * field that is wrong: REQUIRED, NOT_WRITTEN_THERE, BAD_POSTAL_CODE. */
enum status address_form_check(struct call *call, const void *row, const char *row_path);
