#pragma once
/*
 * Who may call what, written by hand and not from the contract: the contract says it a second time
 * in its allow entries, and tests/domain/test_access_matrix.c compares them by calling.
 *
 * ADMINISTRATOR may do everything but what is SYSTEM's alone, and is named only where nobody else
 * may. ANYONE needs no token. "own": rows that the caller owns; "all": every row.
 * "clear": personal data of others is answered unmasked, and who saw whose is kept.
 */
#include "lib/schema/schema.h"

struct access_line {
        const char *method;
        const char *allow;
};

extern const struct access_line access_table[]; /* ended by a method of NULL */

/* What it says of a method, or NULL; and of a post: its reach, and whether it is shown what is
 * personal clear. */
const char *access_of(const char *method);
enum scope access_scope(const char *allow, enum role role);
bool access_is_clear(const char *allow, enum role role);
