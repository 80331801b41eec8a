/*
 * Messages as JSON, written straight into a buffer by walking the descriptor. Sub-messages are
 * followed by their own descriptors, so messages of google.protobuf need no table.
 *
 * Refused: building a tree of a JSON library first. Answers may hold a thousand rows, and the
 * tree would cost more than decoding them.
 */
#include "lib/schema/json.h"

#include <inttypes.h>
#include <math.h>

#include "lib/base/clock.h"
#include "lib/schema/base64.h"

struct writer {
        struct buffer *out;
        enum json_style style;
        int depth;
};

void json_write_text(struct buffer *out, const char *text)
{
        buffer_append_quoted(out, bytes_of_text(text));
}

static void put(struct writer *writer, const char *text)
{
        buffer_append_text(writer->out, text);
}

static void new_line(struct writer *writer)
{
        static const char spaces[] = "                                ";
        size_t width = (size_t)writer->depth * 2;

        if (writer->style != JSON_INDENT)
                return;
        put(writer, "\n");
        buffer_append(writer->out, spaces, width < sizeof(spaces) ? width : sizeof(spaces) - 1);
}

static void open_with(struct writer *writer, const char *bracket)
{
        put(writer, bracket);
        writer->depth++;
}

static void close_with(struct writer *writer, const char *bracket)
{
        writer->depth--;
        new_line(writer);
        put(writer, bracket);
}

static void write_real(struct writer *writer, double number)
{
        if (isnan(number))
                put(writer, "\"NaN\"");
        else if (isinf(number))
                put(writer, number < 0 ? "\"-Infinity\"" : "\"Infinity\"");
        else
                buffer_printf(writer->out, "%.17g", number);
}

static void write_enum(struct writer *writer, const ProtobufCFieldDescriptor *field, int64_t number)
{
        const ProtobufCEnumValue *value = schema_enum_value(field, number);

        if (value != NULL)
                json_write_text(writer->out, value->name);
        else
                buffer_printf(writer->out, "%" PRId64, number);
}

static void write_bytes(struct writer *writer, struct bytes bytes)
{
        put(writer, "\"");
        base64_write(writer->out, bytes);
        put(writer, "\"");
}

static void write_message(
        struct writer *writer, const ProtobufCMessageDescriptor *descriptor, const void *value);

/* A single value of a field; value points to it. */
static void write_value(
        struct writer *writer, const ProtobufCFieldDescriptor *field, const void *message, size_t i)
{
        const char *array = schema_member(message, field);

        switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
                json_write_text(writer->out, schema_text_at(message, field, i));
                return;
        case PROTOBUF_C_TYPE_BYTES:
                write_bytes(writer, schema_bytes_at(message, field, i));
                return;
        case PROTOBUF_C_TYPE_MESSAGE:
                write_message(writer, field->descriptor, schema_message_at(message, field, i));
                return;
        case PROTOBUF_C_TYPE_ENUM:
                write_enum(writer, field, schema_number_at(message, field, i));
                return;
        case PROTOBUF_C_TYPE_BOOL:
                put(writer, schema_number_at(message, field, i) ? "true" : "false");
                return;
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_SINT32:
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
                buffer_printf(writer->out, "%" PRId64, schema_number_at(message, field, i));
                return;
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
                buffer_printf(writer->out, "\"%" PRId64 "\"", schema_number_at(message, field, i));
                return;
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                buffer_printf(writer->out, "\"%" PRIu64 "\"",
                        (uint64_t)schema_number_at(message, field, i));
                return;
        case PROTOBUF_C_TYPE_FLOAT:
        case PROTOBUF_C_TYPE_DOUBLE:
                break;
        }
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
                array = *(const char *const *)array;
        if (field->type == PROTOBUF_C_TYPE_FLOAT)
                write_real(writer, (double)((const float *)array)[i]);
        else
                write_real(writer, ((const double *)array)[i]);
}

static void write_repeated(
        struct writer *writer, const ProtobufCFieldDescriptor *field, const void *message)
{
        size_t count = schema_count(message, field);

        open_with(writer, "[");
        for (size_t i = 0; i < count; i++) {
                if (i > 0)
                        put(writer, ",");
                new_line(writer);
                write_value(writer, field, message, i);
        }
        /* A template shows what an element looks like. */
        if (count == 0 && field->type == PROTOBUF_C_TYPE_MESSAGE)
                write_message(writer, field->descriptor, NULL);
        close_with(writer, "]");
}

/* The value of a field that is not set, for JSON_FULL. */
static void write_default(
        struct writer *writer, const ProtobufCFieldDescriptor *field, const void *message)
{
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                write_message(writer, field->descriptor, NULL);
        else
                write_value(writer, field, message, 0);
}

static bool is_written(
        const struct writer *writer, const ProtobufCFieldDescriptor *field, const void *message)
{
        if (schema_count(message, field) > 0)
                return true;
        return writer->style == JSON_FULL && !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF);
}

static void write_fields(
        struct writer *writer, const ProtobufCMessageDescriptor *descriptor, const void *message)
{
        size_t written = 0;

        open_with(writer, "{");
        for (unsigned i = 0; i < descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &descriptor->fields[i];

                if (!is_written(writer, field, message))
                        continue;
                if (written++ > 0)
                        put(writer, ",");
                new_line(writer);
                json_write_text(writer->out, field->name);
                put(writer, writer->style == JSON_INDENT ? ": " : ":");
                if (field->label == PROTOBUF_C_LABEL_REPEATED)
                        write_repeated(writer, field, message);
                else if (schema_count(message, field) > 0)
                        write_value(writer, field, message, 0);
                else
                        write_default(writer, field, message);
        }
        if (written > 0) {
                close_with(writer, "}");
                return;
        }
        writer->depth--;
        put(writer, "}");
}

static void write_mask(struct writer *writer, const void *value)
{
        const ProtobufCFieldDescriptor *paths =
                ((const ProtobufCMessage *)value)->descriptor->fields;
        struct buffer joined = {0};

        for (size_t i = 0; i < schema_count(value, paths); i++) {
                if (i > 0)
                        buffer_append(&joined, ",", 1);
                buffer_append_text(&joined, schema_text_at(value, paths, i));
        }
        buffer_append_quoted(writer->out, bytes_of(joined.data, joined.len));
        buffer_release(&joined);
}

/* A message with every field at its default, as a template shows one that is absent. */
static void write_absent(struct writer *writer, const ProtobufCMessageDescriptor *descriptor)
{
        struct arena arena;
        void *empty;

        if (schema_known(descriptor) == SCHEMA_TIMESTAMP) {
                put(writer, "null");
                return;
        }
        arena_init(&arena);
        empty = arena_alloc(&arena, descriptor->sizeof_message);
        protobuf_c_message_init(descriptor, empty);
        write_message(writer, descriptor, empty);
        arena_release(&arena);
}

static void write_message(
        struct writer *writer, const ProtobufCMessageDescriptor *descriptor, const void *value)
{
        char time[CLOCK_TEXT_MAX];

        if (value == NULL) {
                write_absent(writer, descriptor);
                return;
        }
        switch (schema_known(descriptor)) {
        case SCHEMA_TIMESTAMP:
                json_write_text(writer->out, clock_format(schema_time_us(value), time));
                return;
        case SCHEMA_FIELD_MASK:
                write_mask(writer, value);
                return;
        case SCHEMA_EMPTY:
        case SCHEMA_PLAIN:
                write_fields(writer, descriptor, value);
                return;
        }
}

void json_write(struct buffer *out, const struct schema_message *message, const void *value,
        enum json_style style)
{
        struct writer writer = {.out = out, .style = style};

        write_message(&writer, message->descriptor, value);
}
