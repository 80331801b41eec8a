#pragma once
/*
 * The fields of an encoded message, one after another, for what is done to stored rows without
 * decoding them. What is stored was once encoded here and its checksum is right; still, nothing is
 * read beyond the end.
 */
#include "lib/base/bytes.h"

enum wire { WIRE_VARINT = 0, WIRE_64BIT = 1, WIRE_BYTES = 2, WIRE_32BIT = 5 };

#define WIRE_VARINT_MAX 10

static inline uint64_t wire_take_varint(const uint8_t **at, const uint8_t *end)
{
        uint64_t number = 0;

        for (unsigned shift = 0; *at < end; shift += 7) {
                uint8_t byte = *(*at)++;

                number |= (uint64_t)(byte & 0x7F) << shift;
                if (byte < 0x80 || shift == 63)
                        break;
        }
        return number;
}

static inline size_t wire_put_varint(uint8_t *out, uint64_t number)
{
        size_t len = 0;

        for (; number >= 0x80; number >>= 7)
                out[len++] = (uint8_t)(number | 0x80);
        out[len++] = (uint8_t)number;
        return len;
}

struct wire_field {
        uint32_t id;
        struct bytes all;   /* with its tag */
        struct bytes value; /* of WIRE_BYTES: without tag and length */
        uint64_t number;    /* of WIRE_VARINT */
};

/* Takes one field off the front; false at the end. */
static inline bool wire_take(struct bytes *rest, struct wire_field *out)
{
        const uint8_t *begin = rest->data, *at = begin, *end = begin + rest->len;

        if (rest->len == 0)
                return false;
        uint64_t tag = wire_take_varint(&at, end);
        enum wire wire = (enum wire)(tag & 7);
        uint64_t number = wire == WIRE_64BIT   ? 8
                          : wire == WIRE_32BIT ? 4
                                               : wire_take_varint(&at, end);
        uint64_t left = (uint64_t)(end - at);

        out->id = (uint32_t)(tag >> 3);
        out->number = number;
        out->value = bytes_of(at, 0);
        if (wire != WIRE_VARINT) {
                out->value.len = number < left ? number : left;
                at += out->value.len;
        }
        out->all = bytes_of(begin, (size_t)(at - begin));
        *rest = bytes_of(at, (size_t)(end - at));
        return true;
}
