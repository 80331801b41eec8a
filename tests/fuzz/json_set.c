/*
 * Fields set by path, as lines "path=value" one after another on one message, as a command line
 * does it. What is refused leaves the message as it was; what is accepted can be sent.
 */
#include "lib/schema/decode.h"
#include "lib/schema/json.h"
#include "tests/fuzz/fuzz.h"

/* Takes one line off the input, as a text. */
static char *take_line(struct arena *arena, struct bytes *input)
{
        const uint8_t *end = memchr(input->data, '\n', input->len);
        size_t len = end != NULL ? (size_t)(end - input->data) : input->len;
        char *line = arena_alloc(arena, len + 1);

        memcpy(line, input->data, len);
        if (end != NULL)
                len++;
        input->data += len;
        input->len -= len;
        return line;
}

static void try_line(
        struct arena *arena, const struct schema_message *schema, void *message, char *line)
{
        static const struct decode_limits limits = {
                .bytes_max = 16u << 20, .fields_max = 1u << 20, .memory_max = 64u << 20};
        char *value = strchr(line, '=');
        struct bytes before = encode(arena, message);
        struct error error;

        if (value == NULL)
                return;
        *value++ = '\0';
        error_init(&error, arena);
        if (json_set(arena, schema, message, line, value, &error) != OK) {
                assert(error.code == INVALID_ARGUMENT && error.message[0] != '\0');
                assert(bytes_equal(before, encode(arena, message)));
                return;
        }
        assert(decode_guarded(arena, schema->descriptor, encode(arena, message), &limits, &error) !=
                NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct bytes input = bytes_of(data, size);
        const struct schema_message *schema = fuzz_message(fuzz_byte(&input));
        struct arena arena;
        void *message;

        arena_init(&arena);
        message = arena_alloc(&arena, schema->descriptor->sizeof_message);
        schema_message_init(schema, message);
        while (input.len > 0)
                try_line(&arena, schema, message, take_line(&arena, &input));
        arena_release(&arena);
        return 0;
}
