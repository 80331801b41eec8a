/*
 * Guarded decoding. A refusal is the caller's fault and says why; what is accepted keeps within the
 * memory that it was allowed, and is the same message again after encoding. What the fast way
 * takes, the careful one takes too, and makes the same of it.
 */
#include "lib/schema/decode_plain.h"

#include "lib/schema/wire_scan.h"
#include "tests/fuzz/fuzz.h"

/* What the arena may take beyond what was counted: rounding, and the sentence of an error. */
#define MEMORY_SLACK 8192

static struct bytes encode_again(
        struct arena *arena, const ProtobufCMessageDescriptor *descriptor, struct bytes wire)
{
        static const struct decode_limits limits = {
                .bytes_max = 16u << 20, .fields_max = 1u << 20, .memory_max = 64u << 20};
        struct error error;
        void *message;

        error_init(&error, arena);
        message = decode_guarded(arena, descriptor, wire, &limits, &error);
        assert(message != NULL);
        return encode(arena, message);
}

static void check_plain(const ProtobufCMessageDescriptor *descriptor, struct bytes input,
        const struct decode_limits *limits)
{
        struct decode_limits roomy = *limits;
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        void *quick = decode_plain(&arena, descriptor, input, limits);

        if (quick != NULL) {
                ProtobufCAllocator allocator = arena_allocator(&arena);

                roomy.memory_max = SIZE_MAX / 2; /* protobuf-c needs more */
                assert(wire_scan(descriptor, input, &roomy, &error));
                void *careful =
                        protobuf_c_message_unpack(descriptor, &allocator, input.len, input.data);

                assert(careful != NULL);
                assert(bytes_equal(encode(&arena, quick), encode(&arena, careful)));
        } else {
                assert(arena.used == 0);
        }
        arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct bytes input = bytes_of(data, size);
        const ProtobufCMessageDescriptor *descriptor = fuzz_message(fuzz_byte(&input))->descriptor;
        uint8_t choice = fuzz_byte(&input);
        const struct decode_limits limits = {
                .bytes_max = 1u << 20,
                .fields_max = choice & 1 ? 10 : 10000,
                .memory_max = choice & 2 ? 2048 : 1u << 20,
                .refuse_unknown = choice & 4,
        };
        struct arena arena;
        struct error error;
        void *message;

        check_plain(descriptor, input, &limits);
        arena_init(&arena);
        error_init(&error, &arena);
        message = decode_guarded(&arena, descriptor, input, &limits, &error);
        if (message != NULL) {
                assert(arena.used <= limits.memory_max + MEMORY_SLACK);
                struct bytes once = encode(&arena, message);

                assert(bytes_equal(once, encode_again(&arena, descriptor, once)));
        } else {
                assert(error.code == INVALID_ARGUMENT || error.code == RESOURCE_EXHAUSTED);
                assert(error.reason[0] != '\0' && error.message[0] != '\0');
        }
        arena_release(&arena);
        return 0;
}
