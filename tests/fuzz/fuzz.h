#pragma once
/*
 * What a fuzz target is: one function over bytes that a stranger could send. It asserts what must
 * hold for every input, and keeps nothing that an input could change. libFuzzer calls it with
 * `tools/fuzz`, replay.c in the tests.
 */
#include <assert.h>
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/status.h"
#include "lib/schema/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes the first byte off the input; 0 behind its end. Choices come first in every input. */
uint8_t fuzz_byte(struct bytes *input);

/* One of a few messages of the contract, which together have every kind of field that it uses.
 * seeds.py knows their numbers. */
const struct schema_message *fuzz_message(uint8_t choice);

/* What the wire gives, decoded as the pipeline decodes a request; NULL when it is refused. */
void *fuzz_decode(struct arena *arena, const struct schema_message *message, struct bytes wire);
