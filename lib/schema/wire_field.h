#pragma once
/* The fields of a message as strangers send them, one after another; private to lib/schema. */
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include "lib/base/bytes.h"

enum wire { WIRE_VARINT = 0, WIRE_64BIT = 1, WIRE_BYTES = 2, WIRE_32BIT = 5 };

/* Bytes that a tag or a length takes at most. */
#define WIRE_TAG_MAX 5

/* A field as it stands in the wire; value includes no length prefix. */
struct wire_field {
        uint32_t number;
        uint32_t wire;
        size_t prefix_len;
        struct bytes value;
};

/* Each takes from *at what stands there before end; false, and *at anywhere, where it is cut off or
 * is nothing that there is. */
bool wire_take_varint(const uint8_t **at, const uint8_t *end, size_t len_max, uint64_t *out);
bool wire_take_field(const uint8_t **at, const uint8_t *end, struct wire_field *out);

/* How one value of a type is sent. */
enum wire wire_of_type(ProtobufCType type);
