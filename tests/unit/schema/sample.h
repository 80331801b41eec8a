#pragma once
/*
 * A small contract by hand: the tables that the generator would make for sample.proto, and the
 * pieces that every test of lib/schema begins with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/schema/schema.h"
#include "sample.pb-c.h"
#include "sample_google.pb-c.h"

extern const struct schema_message sample_address_message;
extern const struct schema_message sample_line_message;
extern const struct schema_message sample_message;
extern const struct schema_message update_sample_message;
extern const struct schema_message create_sample_message;
extern const struct schema_message nest_message;
extern const struct schema_message nothing_message;
extern const struct schema_table sample_table;
extern const struct schema_table sample_line_table;
extern const struct schema sample_schema;

/* A field of Sample by its name. */
const ProtobufCFieldDescriptor *sample_field(const char *name);

/* A message with a value in every field, valid by all rules of RULES_REQUEST, in the arena. */
Shop__Sample *sample_filled(struct arena *arena);

/* An arena and an error for one test. */
struct fixture {
        struct arena arena;
        struct error error;
};
int fixture_begin(void **state);
int fixture_end(void **state);
/* Forgets the error. */
void fixture_clear(struct fixture *fixture);

#define fixture_test(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)
