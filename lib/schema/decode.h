#pragma once
/*
 * Bytes to messages and back without trusting the bytes. protobuf-c 1.4 recurses without limit
 * and multiplies small inputs into large allocations, so a flat scan of the wire comes first:
 * nesting, number of fields, memory the result will need. Texts must be valid UTF-8 without NUL.
 */
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/status.h"
#include "lib/schema/schema.h"

#define DECODE_DEPTH_MAX 32

struct decode_limits {
        size_t bytes_max;    /* of the input */
        size_t fields_max;   /* tags in all */
        size_t memory_max;   /* of the result */
        bool refuse_unknown; /* unknown fields are an error that gives their number */
        bool trusted;        /* texts are UTF-8: nobody looks */
};

/* Decodes into the arena. NULL with error set: INVALID_ARGUMENT, MALFORMED_MESSAGE, or
 * UNKNOWN_FIELD, BAD_UTF8 (naming the field), or RESOURCE_EXHAUSTED, MESSAGE_TOO_LARGE. */
void *decode_guarded(struct arena *arena, const ProtobufCMessageDescriptor *descriptor,
        struct bytes bytes, const struct decode_limits *limits, struct error *error);

/* Decodes what this program encoded itself (a stored row). NULL when it is not a message. */
void *decode_trusted(
        struct arena *arena, const ProtobufCMessageDescriptor *descriptor, struct bytes bytes);

/* Encodes into the arena. */
struct bytes encode(struct arena *arena, const void *message);

/* A protobuf-c allocator on the arena whose free does nothing. */
ProtobufCAllocator arena_allocator(struct arena *arena);
