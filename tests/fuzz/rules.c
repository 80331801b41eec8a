/*
 * Judging. The verdict agrees with the list of violations, each of which names a field and a
 * reason; judging changes nothing; and what is valid as a whole is valid in any part.
 */
#include "lib/schema/rules.h"

#include "lib/schema/decode.h"
#include "tests/fuzz/fuzz.h"

#define FIELDS_MAX 64

static enum status judge(struct arena *arena, const struct schema_message *schema,
        const void *message, enum rules_purpose purpose, const bool *mask)
{
        struct error error;
        size_t count = 0;

        error_init(&error, arena);
        enum status status = rules_check(schema, message, "row", purpose, mask, &error);
        for (const struct violation *v = error.violations; v != NULL; v = v->next, count++) {
                assert(strncmp(v->field, "row", 3) == 0 && v->reason[0] != '\0');
                assert(strstr(v->description, v->field) != NULL);
        }
        assert(status == (count == 0 ? OK : INVALID_ARGUMENT) && status == error.code);
        assert(count <= RULES_VIOLATIONS_MAX);
        return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const enum rules_purpose purposes[] = {RULES_REQUEST, RULES_CREATE, RULES_UPDATE};
        struct bytes input = bytes_of(data, size);
        const struct schema_message *schema = fuzz_message(fuzz_byte(&input));
        uint32_t chosen = (uint32_t)fuzz_byte(&input) << 8 | fuzz_byte(&input);
        bool mask[FIELDS_MAX] = {false};
        struct arena arena;

        assert(schema->descriptor->n_fields <= FIELDS_MAX);
        for (unsigned i = 0; i < schema->descriptor->n_fields; i++)
                mask[i] = chosen >> (i % 16) & 1;
        arena_init(&arena);
        void *message = fuzz_decode(&arena, schema, input);
        for (size_t i = 0; message != NULL && i < 3; i++) {
                struct bytes before = encode(&arena, message);
                enum status whole = judge(&arena, schema, message, purposes[i], NULL);
                enum status part = judge(&arena, schema, message, purposes[i], mask);

                assert(whole != OK || part == OK);
                assert(bytes_equal(before, encode(&arena, message)));
        }
        arena_release(&arena);
        return 0;
}
