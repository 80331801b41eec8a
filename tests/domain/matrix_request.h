#pragma once
/*
 * A valid request for any method, made from the contract: what must be set is set to the least
 * that its rules allow, and every field that names a row names one that the test chose.
 */
#include "lib/base/arena.h"
#include "lib/schema/schema.h"

/* The id of the row of a table that a request is to name; NULL: leave the field unset. */
typedef const char *matrix_row(void *context, const struct schema_table *table);

/* In JSON. named: set to true where the request names a row of a table with an owner. */
const char *matrix_request(struct arena *arena, const struct schema_method *method, matrix_row *row,
        void *context, bool *named);

/* Rows that members own, by themselves or as part of a row that they own. */
bool matrix_owned(const struct schema_table *table);
