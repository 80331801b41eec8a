/*
 * One walk from the last field to the first, writing from the end of the room to its front: when
 * the head of a nested message is due its length is known, where protobuf-c walks all of it once
 * for the lengths and once for the bytes, and moves each nested message. What it writes is what
 * protobuf-c would; a message with anything unusual (a oneof, a packed list, a number with a fixed
 * size, unknown fields) is left to that.
 *
 * Nearly all messages fit in the room on the stack; they are copied once, into as much memory of
 * the arena as they take.
 */
#include "lib/schema/encode_plain.h"

#include <string.h>
#include "lib/schema/wire_field.h"

#define ROOM_FIRST 4096
#define VARINT_MAX 10

/* What is written stands in [at, end). */
struct writer {
        struct arena *arena;
        uint8_t *start;
        uint8_t *at;
        uint8_t *end;
};

/* In an arena's memory twice as large; what was written stays at the end. */
static void grow(struct writer *writer, size_t size)
{
        size_t len = (size_t)(writer->end - writer->at);
        size_t capacity = 2 * ((size_t)(writer->end - writer->start) + size);
        uint8_t *start = arena_room(writer->arena, capacity);

        memcpy(start + capacity - len, writer->at, len);
        writer->start = start;
        writer->end = start + capacity;
        writer->at = writer->end - len;
}

/* Room for so many bytes before what is written. */
static inline uint8_t *put(struct writer *writer, size_t size)
{
        if (size > (size_t)(writer->at - writer->start))
                grow(writer, size);
        return writer->at -= size;
}

static inline void put_varint(struct writer *writer, uint64_t number)
{
        uint8_t bytes[VARINT_MAX];
        size_t len = 0;

        if (number < 0x80) {
                *put(writer, 1) = (uint8_t)number;
                return;
        }
        for (; number >= 0x80; number >>= 7)
                bytes[len++] = (uint8_t)(number | 0x80);
        bytes[len++] = (uint8_t)number;
        memcpy(put(writer, len), bytes, len);
}

static void put_tag(struct writer *writer, const ProtobufCFieldDescriptor *field, enum wire wire)
{
        put_varint(writer, (uint64_t)field->id << 3 | wire);
}

static void put_bytes(struct writer *writer, const void *data, size_t len)
{
        if (len > 0)
                memcpy(put(writer, len), data, len);
        put_varint(writer, len);
}

/* A number or a flag as a varint, or the bits of one that is written otherwise. False: neither. */
static bool number_of(
        const ProtobufCFieldDescriptor *field, const uint8_t *member, uint64_t *number)
{
        const int32_t *small;

        switch (field->type) {
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_ENUM:
                small = (const void *)member;
                *number = (uint64_t)(int64_t)*small;
                return true;
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_SINT32:
        case PROTOBUF_C_TYPE_FIXED32:
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_FLOAT:
                *number = *(const uint32_t *)(const void *)member;
                return true;
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_FIXED64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_DOUBLE:
                *number = *(const uint64_t *)(const void *)member;
                return true;
        case PROTOBUF_C_TYPE_BOOL:
                *number = *(const protobuf_c_boolean *)(const void *)member != 0;
                return true;
        case PROTOBUF_C_TYPE_STRING:
        case PROTOBUF_C_TYPE_BYTES:
        case PROTOBUF_C_TYPE_MESSAGE:
                break;
        }
        return false;
}

static bool is_varint(const ProtobufCFieldDescriptor *field)
{
        return field->type == PROTOBUF_C_TYPE_INT32 || field->type == PROTOBUF_C_TYPE_ENUM ||
               field->type == PROTOBUF_C_TYPE_UINT32 || field->type == PROTOBUF_C_TYPE_INT64 ||
               field->type == PROTOBUF_C_TYPE_UINT64 || field->type == PROTOBUF_C_TYPE_BOOL;
}

static bool put_message(struct writer *writer, const ProtobufCMessage *message);

static bool put_nested(struct writer *writer, const ProtobufCMessage *message)
{
        size_t before = (size_t)(writer->end - writer->at);

        if (message != NULL && !put_message(writer, message))
                return false;
        put_varint(writer, (size_t)(writer->end - writer->at) - before);
        return true;
}

/* A text, bytes or message, as an element of a list or alone; false: something else. */
static bool put_long(
        struct writer *writer, const ProtobufCFieldDescriptor *field, const uint8_t *member)
{
        const void *pointer = *(const void *const *)(const void *)member;
        const ProtobufCBinaryData *data = (const void *)member;

        if (field->type == PROTOBUF_C_TYPE_STRING)
                put_bytes(writer, pointer, pointer == NULL ? 0 : strlen(pointer));
        else if (field->type == PROTOBUF_C_TYPE_BYTES)
                put_bytes(writer, data->data, data->len);
        else if (field->type != PROTOBUF_C_TYPE_MESSAGE || !put_nested(writer, pointer))
                return false;
        put_tag(writer, field, WIRE_BYTES);
        return true;
}

/* What a message has nothing of where the field is as it began. */
static bool is_empty(const ProtobufCFieldDescriptor *field, const uint8_t *member)
{
        const char *const *text = (const void *)member;

        if (field->type == PROTOBUF_C_TYPE_BYTES)
                return ((const ProtobufCBinaryData *)(const void *)member)->len == 0;
        return *text == NULL || (field->type == PROTOBUF_C_TYPE_STRING && **text == '\0');
}

static bool put_single(
        struct writer *writer, const ProtobufCFieldDescriptor *field, const uint8_t *member)
{
        uint64_t number;

        if (!number_of(field, member, &number))
                return is_empty(field, member) || put_long(writer, field, member);
        if (number == 0)
                return true;
        if (!is_varint(field))
                return false;
        put_varint(writer, number);
        put_tag(writer, field, WIRE_VARINT);
        return true;
}

static bool put_list(
        struct writer *writer, const ProtobufCFieldDescriptor *field, const uint8_t *message)
{
        size_t count = *(const size_t *)(const void *)(message + field->quantifier_offset);
        const uint8_t *list = *(const uint8_t *const *)(const void *)(message + field->offset);
        size_t size =
                field->type == PROTOBUF_C_TYPE_BYTES ? sizeof(ProtobufCBinaryData) : sizeof(void *);

        if (field->type != PROTOBUF_C_TYPE_BYTES && field->type != PROTOBUF_C_TYPE_STRING &&
                field->type != PROTOBUF_C_TYPE_MESSAGE)
                return count == 0;
        while (count-- > 0)
                if (!put_long(writer, field, list + count * size))
                        return false;
        return true;
}

/* Of fields without a label only these have a quantifier, the number of the one that is set. The
 * flags say so too, from another line of the cache. */
static inline bool is_of_oneof(const ProtobufCFieldDescriptor *field)
{
        return field->label == PROTOBUF_C_LABEL_NONE && field->quantifier_offset != 0;
}

static bool put_message(struct writer *writer, const ProtobufCMessage *message)
{
        const ProtobufCMessageDescriptor *descriptor = message->descriptor;
        const uint8_t *bytes = (const uint8_t *)message;

        if (message->n_unknown_fields > 0)
                return false;
        for (unsigned i = descriptor->n_fields; i-- > 0;) {
                const ProtobufCFieldDescriptor *field = &descriptor->fields[i];

                if (is_of_oneof(field)) {
                        if (*(const uint32_t *)(const void *)(bytes + field->quantifier_offset) ==
                                field->id)
                                return false;
                        continue;
                }
                if (field->label == PROTOBUF_C_LABEL_REPEATED) {
                        if (!put_list(writer, field, bytes))
                                return false;
                } else if (field->label != PROTOBUF_C_LABEL_NONE ||
                           !put_single(writer, field, bytes + field->offset)) {
                        return false;
                }
        }
        return true;
}

bool encode_plain(struct arena *arena, const void *message, struct bytes *out)
{
        uint8_t room[ROOM_FIRST];
        struct writer writer = {.arena = arena,
                .start = room,
                .at = room + sizeof(room),
                .end = room + sizeof(room)};

        if (!put_message(&writer, message))
                return false;
        size_t len = (size_t)(writer.end - writer.at);

        *out = bytes_of(writer.start == room ? arena_copy(arena, writer.at, len) : writer.at, len);
        return true;
}
