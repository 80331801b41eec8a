/*
 * protobuf-c on an arena: it allocates from the call's memory and what it frees stays there until
 * the call is over, so nobody ever calls free_unpacked. It encodes what encode_plain leaves to it
 * and decodes what decode_plain does, of a peer's bytes only what wire_scan has walked, which
 * bounds depth and memory.
 *
 * Refused: keeping the unpacked messages of protobuf-c's default allocator and freeing each; a
 * handler would have to know which strings of a message are its own.
 */
#include "lib/schema/decode.h"

#include "lib/schema/decode_plain.h"
#include "lib/schema/encode_plain.h"
#include "lib/schema/wire_scan.h"

static void *allocate(void *arena, size_t size)
{
        return arena_alloc(arena, size);
}

static void keep(void *arena, void *memory)
{
}

ProtobufCAllocator arena_allocator(struct arena *arena)
{
        return (ProtobufCAllocator){.alloc = allocate, .free = keep, .allocator_data = arena};
}

static void *unpack(
        struct arena *arena, const ProtobufCMessageDescriptor *descriptor, struct bytes bytes)
{
        ProtobufCAllocator allocator = arena_allocator(arena);

        return protobuf_c_message_unpack(descriptor, &allocator, bytes.len, bytes.data);
}

void *decode_trusted(
        struct arena *arena, const ProtobufCMessageDescriptor *descriptor, struct bytes bytes)
{
        static const struct decode_limits none = {.bytes_max = SIZE_MAX,
                .fields_max = SIZE_MAX,
                .memory_max = SIZE_MAX,
                .trusted = true};
        void *message = decode_plain(arena, descriptor, bytes, &none);

        return message != NULL ? message : unpack(arena, descriptor, bytes);
}

struct bytes encode(struct arena *arena, const void *message)
{
        struct bytes plain;

        if (encode_plain(arena, message, &plain))
                return plain;
        size_t len = protobuf_c_message_get_packed_size(message);
        uint8_t *data = arena_alloc(arena, len);

        protobuf_c_message_pack(message, data);
        return bytes_of(data, len);
}

void *decode_guarded(struct arena *arena, const ProtobufCMessageDescriptor *descriptor,
        struct bytes bytes, const struct decode_limits *limits, struct error *error)
{
        void *message = decode_plain(arena, descriptor, bytes, limits);

        if (message != NULL)
                return message;
        if (!wire_scan(descriptor, bytes, limits, error))
                return NULL;
        message = unpack(arena, descriptor, bytes);
        if (message == NULL)
                error_set(error, INVALID_ARGUMENT, "MALFORMED_MESSAGE",
                        "the message is not a valid %s", descriptor->name);
        return message;
}
