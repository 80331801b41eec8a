/*
 * Documents. What is read is written and read back as the same message, in both forms that are for
 * reading; a valid message that came over the wire survives the way through JSON too.
 */
#include "lib/schema/json.h"

#include "lib/schema/decode.h"
#include "lib/schema/rules.h"
#include "tests/fuzz/fuzz.h"

static void *read_back(struct arena *arena, const struct schema_message *schema,
        const struct buffer *text, struct error *error)
{
        return json_read(arena, schema, bytes_of(text->data, text->len), error);
}

static void assert_round_trip(
        struct arena *arena, const struct schema_message *schema, const void *message)
{
        static const enum json_style styles[] = {JSON_LINE, JSON_INDENT};
        struct bytes wire = encode(arena, message);

        for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
                struct buffer text = {0};
                struct error error;
                void *again;

                error_init(&error, arena);
                json_write(&text, schema, message, styles[i]);
                again = read_back(arena, schema, &text, &error);
                assert(again != NULL);
                assert(bytes_equal(wire, encode(arena, again)));
                buffer_release(&text);
        }
}

static void try_document(
        struct arena *arena, const struct schema_message *schema, struct bytes input)
{
        struct error error;
        void *message;

        error_init(&error, arena);
        message = json_read(arena, schema, input, &error);
        if (message == NULL) {
                assert(error.code == INVALID_ARGUMENT && error.message[0] != '\0');
                return;
        }
        assert_round_trip(arena, schema, message);
        struct bytes wire = encode(arena, message);
        assert(decode_trusted(arena, schema->descriptor, wire) != NULL);
}

static void try_message(
        struct arena *arena, const struct schema_message *schema, struct bytes input)
{
        void *message = fuzz_decode(arena, schema, input);
        struct buffer text = {0};
        struct error error;

        if (message == NULL)
                return;
        error_init(&error, arena);
        json_write(&text, schema, message, JSON_FULL);
        buffer_release(&text);
        if (rules_check(schema, message, "", RULES_REQUEST, NULL, &error) == OK)
                assert_round_trip(arena, schema, message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct bytes input = bytes_of(data, size);
        const struct schema_message *schema = fuzz_message(fuzz_byte(&input));
        uint8_t choice = fuzz_byte(&input);
        struct arena arena;

        arena_init(&arena);
        if (choice & 1)
                try_message(&arena, schema, input);
        else
                try_document(&arena, schema, input);
        arena_release(&arena);
        return 0;
}
