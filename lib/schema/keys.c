/*
 * Order in bytes: numbers big-endian with the sign flipped, texts and bytes with a terminator
 * that sorts below everything and cannot occur inside. Since every value ends by itself, keys of
 * more values are concatenations, and the key of a prefix is the prefix of the key, which is all
 * that a scan needs.
 *
 * Refused: lengths before texts (ends the order) and shorter numbers for small values (saves two
 * bytes a key, costs a branch for each comparison in the head of whoever reads a dump).
 */
#include "lib/schema/keys.h"

#include <assert.h>

#define SIGN_BIT   (UINT64_C(1) << 63)
#define NUMBER_LEN 8

static void append_number(struct key *key, uint64_t number)
{
        uint64_t big_endian = __builtin_bswap64(number);

        static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are swapped");
        key_append_raw(key, bytes_of(&big_endian, NUMBER_LEN));
}

static void append_bytes(struct key *key, struct bytes bytes)
{
        const uint8_t *zero;

        while (bytes.len > 0 && (zero = memchr(bytes.data, 0, bytes.len)) != NULL) {
                size_t len = (size_t)(zero - bytes.data) + 1;

                key_append_raw(key, bytes_of(bytes.data, len));
                key_append_byte(key, 0xFF);
                bytes.data += len;
                bytes.len -= len;
        }
        key_append_raw(key, bytes);
        key_append_u16(key, 0);
}

void key_append(struct key *key, struct key_value value)
{
        switch (value.type) {
        case KEY_TEXT:
                key_append_raw(key, bytes_of_text(value.text));
                key_append_u16(key, 0);
                return;
        case KEY_BYTES:
                append_bytes(key, value.bytes);
                return;
        case KEY_INT:
                append_number(key, (uint64_t)value.number ^ SIGN_BIT);
                return;
        case KEY_UINT:
                append_number(key, value.natural);
                return;
        case KEY_BOOL:
                key_append_byte(key, value.flag);
                return;
        }
        assert(!"a type of key that there is not");
}

static bool take_number(struct bytes *rest, uint64_t *out)
{
        if (rest->len < NUMBER_LEN)
                return false;
        memcpy(out, rest->data, NUMBER_LEN);
        *out = __builtin_bswap64(*out);
        rest->data += NUMBER_LEN;
        rest->len -= NUMBER_LEN;
        return true;
}

/* Bytes up to the terminator, with a NUL behind them that is not counted. */
static bool take_bytes(struct arena *arena, struct bytes *rest, struct bytes *out)
{
        uint8_t *plain = arena_alloc(arena, rest->len + 1);
        size_t len = 0;

        for (size_t i = 0; i + 1 < rest->len; i++) {
                plain[len++] = rest->data[i];
                if (rest->data[i] != 0)
                        continue;
                if (rest->data[i + 1] == 0) {
                        plain[--len] = '\0';
                        *out = bytes_of(plain, len);
                        rest->data += i + 2;
                        rest->len -= i + 2;
                        return true;
                }
                if (rest->data[++i] != 0xFF)
                        return false;
        }
        return false;
}

static bool take_text(struct arena *arena, struct bytes *rest, const char **out)
{
        struct bytes left = *rest;
        struct bytes text;

        if (!take_bytes(arena, &left, &text) || strlen((const char *)text.data) != text.len)
                return false;
        *out = (const char *)text.data;
        *rest = left;
        return true;
}

static bool take_bool(struct bytes *rest, bool *out)
{
        if (rest->len == 0 || rest->data[0] > 1)
                return false;
        *out = rest->data[0] != 0;
        rest->data++;
        rest->len--;
        return true;
}

bool key_take(struct arena *arena, struct bytes *rest, enum key_type type, struct key_value *out)
{
        struct key_value value = {.type = type};
        bool taken = false;

        switch (type) {
        case KEY_TEXT:
                taken = take_text(arena, rest, &value.text);
                break;
        case KEY_BYTES:
                taken = take_bytes(arena, rest, &value.bytes);
                break;
        case KEY_INT:
                taken = take_number(rest, &value.natural);
                value.number = (int64_t)(value.natural ^ SIGN_BIT);
                break;
        case KEY_UINT:
                taken = take_number(rest, &value.natural);
                break;
        case KEY_BOOL:
                taken = take_bool(rest, &value.flag);
                break;
        }
        if (taken)
                *out = value;
        return taken;
}

enum key_type key_type_of(const ProtobufCFieldDescriptor *field)
{
        switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
                return KEY_TEXT;
        case PROTOBUF_C_TYPE_BYTES:
                return KEY_BYTES;
        case PROTOBUF_C_TYPE_BOOL:
                return KEY_BOOL;
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                return KEY_UINT;
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_SINT32:
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_ENUM:
                return KEY_INT;
        case PROTOBUF_C_TYPE_MESSAGE:
                assert(schema_known(field->descriptor) == SCHEMA_TIMESTAMP);
                return KEY_INT;
        case PROTOBUF_C_TYPE_FLOAT:
        case PROTOBUF_C_TYPE_DOUBLE:
                break;
        }
        assert(!"a type that cannot be in a key");
        return KEY_INT;
}

struct key_value key_value_of(const void *message, const ProtobufCFieldDescriptor *field)
{
        enum key_type type = key_type_of(field);

        assert(field->label != PROTOBUF_C_LABEL_REPEATED);
        if (type == KEY_TEXT)
                return key_text(schema_text_at(message, field, 0));
        if (type == KEY_BYTES)
                return key_bytes(schema_bytes_at(message, field, 0));
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                return key_int(schema_time_us(schema_message_at(message, field, 0)));
        if (type == KEY_UINT)
                return key_uint((uint64_t)schema_number_at(message, field, 0));
        if (type == KEY_BOOL)
                return key_bool(schema_number_at(message, field, 0) != 0);
        return key_int(schema_number_at(message, field, 0));
}

bool key_value_unset(struct key_value value)
{
        switch (value.type) {
        case KEY_TEXT:
                return value.text[0] == '\0';
        case KEY_BYTES:
                return value.bytes.len == 0;
        case KEY_INT:
                return value.number == 0;
        case KEY_UINT:
                return value.natural == 0;
        case KEY_BOOL:
                return !value.flag;
        }
        assert(!"a type of key that there is not");
        return true;
}
