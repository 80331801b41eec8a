/* See wire_field.h. */
#include "lib/schema/wire_field.h"

#include <assert.h>

bool wire_take_varint(const uint8_t **at, const uint8_t *end, size_t len_max, uint64_t *out)
{
        uint64_t number = 0;

        for (size_t i = 0; i < len_max && *at + i < end; i++) {
                uint8_t byte = (*at)[i];

                number |= (uint64_t)(byte & 0x7F) << (7 * i);
                if (byte < 0x80) {
                        *at += i + 1;
                        *out = number;
                        return true;
                }
        }
        return false;
}

static bool take_value(const uint8_t **at, const uint8_t *end, struct wire_field *out)
{
        const uint8_t *begin = *at;
        uint64_t number;

        out->prefix_len = 0;
        switch (out->wire) {
        case WIRE_VARINT:
                if (!wire_take_varint(at, end, 10, &number))
                        return false;
                out->value = bytes_of(begin, (size_t)(*at - begin));
                return true;
        case WIRE_BYTES:
                if (!wire_take_varint(at, end, WIRE_TAG_MAX, &number))
                        return false;
                out->prefix_len = (size_t)(*at - begin);
                break;
        case WIRE_64BIT:
                number = 8;
                break;
        case WIRE_32BIT:
                number = 4;
                break;
        default: /* groups, and what there is not */
                return false;
        }
        if (number > (uint64_t)(end - *at))
                return false;
        out->value = bytes_of(*at, (size_t)number);
        *at += number;
        return true;
}

bool wire_take_field(const uint8_t **at, const uint8_t *end, struct wire_field *out)
{
        uint64_t tag;

        if (!wire_take_varint(at, end, WIRE_TAG_MAX, &tag) || tag >> 3 == 0 || tag > UINT32_MAX)
                return false;
        out->number = (uint32_t)(tag >> 3);
        out->wire = tag & 7;
        return take_value(at, end, out);
}

enum wire wire_of_type(ProtobufCType type)
{
        switch (type) {
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_FIXED32:
        case PROTOBUF_C_TYPE_FLOAT:
                return WIRE_32BIT;
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_FIXED64:
        case PROTOBUF_C_TYPE_DOUBLE:
                return WIRE_64BIT;
        case PROTOBUF_C_TYPE_STRING:
        case PROTOBUF_C_TYPE_BYTES:
        case PROTOBUF_C_TYPE_MESSAGE:
                return WIRE_BYTES;
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_SINT32:
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_BOOL:
        case PROTOBUF_C_TYPE_ENUM:
                return WIRE_VARINT;
        }
        assert(!"a type that protobuf-c does not have");
        return WIRE_VARINT;
}
