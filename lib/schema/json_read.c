/*
 * jansson parses (and refuses what is not JSON, duplicate keys, NUL, wrong UTF-8), then the tree
 * is read by the message's descriptor. Every number goes through 128 bits and is compared with the
 * range of its type, so nothing is cut silently.
 *
 * Refused: reading 64-bit numbers only from strings, as the letter of the format has it; people
 * type numbers. What does not fit in a double is refused where it came as one.
 */
#include "lib/schema/json_parts.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>

#include "lib/base/clock.h"
#include "lib/schema/base64.h"

#define DOUBLE_EXACT_MAX 9007199254740992.0 /* 2^53 */

typedef __int128 wide;

bool json_bad_value(struct json_reader *reader, const char *path, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        error_violation(reader->error, path, "BAD_VALUE", "%s %s", path,
                arena_vprintf(reader->arena, format, args));
        va_end(args);
        return false;
}

/* ---- numbers ---- */

static bool parse_integer(const char *text, wide *out)
{
        bool negative = *text == '-';
        wide number = 0;

        text += negative;
        if (*text == '\0')
                return false;
        for (; *text != '\0'; text++) {
                if (*text < '0' || *text > '9' || number > UINT64_MAX)
                        return false;
                number = number * 10 + (*text - '0');
        }
        *out = negative ? -number : number;
        return true;
}

static bool integer_of(json_t *json, wide *out)
{
        double real;

        if (json_is_integer(json)) {
                *out = json_integer_value(json);
                return true;
        }
        if (json_is_string(json))
                return parse_integer(json_string_value(json), out);
        if (!json_is_real(json))
                return false;
        real = json_real_value(json);
        if (real != floor(real) || fabs(real) > DOUBLE_EXACT_MAX)
                return false;
        *out = (wide)real;
        return true;
}

static bool fits(wide number, const ProtobufCFieldDescriptor *field)
{
        switch (field->type) {
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_SINT32:
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_ENUM:
                return number >= INT32_MIN && number <= INT32_MAX;
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
                return number >= 0 && number <= UINT32_MAX;
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
                return number >= INT64_MIN && number <= INT64_MAX;
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                return number >= 0 && number <= UINT64_MAX;
        case PROTOBUF_C_TYPE_BOOL:
        case PROTOBUF_C_TYPE_FLOAT:
        case PROTOBUF_C_TYPE_DOUBLE:
        case PROTOBUF_C_TYPE_STRING:
        case PROTOBUF_C_TYPE_BYTES:
        case PROTOBUF_C_TYPE_MESSAGE:
                break;
        }
        assert(!"not an integer");
        return false;
}

static bool read_integer(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
        const char *path, json_t *json, void *place)
{
        uint64_t bits;
        wide number;

        if (!integer_of(json, &number))
                return json_bad_value(reader, path, "must be a whole number");
        if (!fits(number, field))
                return json_bad_value(reader, path, "is out of the range of its type");
        bits = (uint64_t)number;
        memcpy(place, &bits, schema_element_size(field)); /* little-endian, as lib/schema is */
        return true;
}

static bool read_real(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
        const char *path, json_t *json, void *place)
{
        double number;

        if (!json_is_number(json))
                return json_bad_value(reader, path, "must be a number");
        number = json_number_value(json);
        if (field->type == PROTOBUF_C_TYPE_DOUBLE)
                *(double *)place = number;
        else if (fabs(number) > (double)FLT_MAX)
                return json_bad_value(reader, path, "is out of the range of its type");
        else
                *(float *)place = (float)number;
        return true;
}

/* ---- what is written as text ---- */

static bool read_bool(struct json_reader *reader, const char *path, json_t *json, void *place)
{
        if (!json_is_boolean(json))
                return json_bad_value(reader, path, "must be true or false");
        *(protobuf_c_boolean *)place = json_is_true(json);
        return true;
}

static bool read_text(struct json_reader *reader, const char *path, json_t *json, void *place)
{
        if (!json_is_string(json))
                return json_bad_value(reader, path, "must be a text in quotes");
        *(const char **)place = arena_text(reader->arena, json_string_value(json));
        return true;
}

static bool read_bytes(struct json_reader *reader, const char *path, json_t *json, void *place)
{
        struct bytes bytes;

        if (!json_is_string(json) || !base64_read(reader->arena, json_string_value(json), &bytes))
                return json_bad_value(reader, path, "must be bytes in base64");
        *(ProtobufCBinaryData *)place =
                (ProtobufCBinaryData){.len = bytes.len, .data = (uint8_t *)bytes.data};
        return true;
}

static bool refuse_enum(struct json_reader *reader, const ProtobufCEnumDescriptor *descriptor,
        const char *path, const char *name)
{
        const char **names = arena_array(reader->arena, const char *, descriptor->n_values);
        const char *nearest;

        for (unsigned i = 0; i < descriptor->n_values; i++)
                names[i] = descriptor->values[i].name;
        nearest = json_nearest(name, names, descriptor->n_values);
        if (nearest == NULL)
                return json_bad_value(
                        reader, path, "must be one of %s, not %s", descriptor->short_name, name);
        return json_bad_value(reader, path, "must be one of %s, not %s; the nearest is %s",
                descriptor->short_name, name, nearest);
}

static bool read_enum(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
        const char *path, json_t *json, void *place)
{
        const ProtobufCEnumDescriptor *descriptor = field->descriptor;
        const ProtobufCEnumValue *value = NULL;

        if (json_is_string(json))
                value = protobuf_c_enum_descriptor_get_value_by_name(
                        descriptor, json_string_value(json));
        else if (json_is_integer(json))
                value = schema_enum_value(field, json_integer_value(json));
        else
                return json_bad_value(
                        reader, path, "must be the name of a value of %s", descriptor->short_name);
        if (value == NULL)
                return json_is_string(json)
                               ? refuse_enum(reader, descriptor, path, json_string_value(json))
                               : json_bad_value(reader, path, "is not a value of %s",
                                         descriptor->short_name);
        *(int32_t *)place = value->value;
        return true;
}

/* ---- messages ---- */

static bool read_time(struct json_reader *reader, const char *path, json_t *json, void *message)
{
        int64_t us;

        if (!json_is_string(json) || clock_parse(json_string_value(json), &us) != 0)
                return json_bad_value(
                        reader, path, "must be a time such as \"2010-12-01T08:26:00Z\"");
        schema_time_set(message, us);
        return true;
}

/* "title,lines.quantity" */
static bool read_mask(struct json_reader *reader, const char *path, json_t *json, void *message)
{
        const ProtobufCFieldDescriptor *paths = ((ProtobufCMessage *)message)->descriptor->fields;
        const char *text = json_string_value(json);
        size_t count = 1;
        char **names;

        if (text == NULL)
                return json_bad_value(reader, path, "must be field names separated by commas");
        if (*text == '\0')
                return true;
        for (const char *at = text; *at != '\0'; at++)
                count += *at == ',';
        names = json_add_elements(reader->arena, paths, message, count);
        for (size_t i = 0; i < count; i++) {
                size_t len = strcspn(text, ",");

                if (len == 0)
                        return json_bad_value(reader, path, "has an empty name");
                names[i] = arena_alloc(reader->arena, len + 1);
                memcpy(names[i], text, len);
                text += len + 1;
        }
        return true;
}

static bool read_object(struct json_reader *reader, const char *path, json_t *json, void *message)
{
        const ProtobufCMessageDescriptor *descriptor = ((ProtobufCMessage *)message)->descriptor;
        bool *seen = arena_array(reader->arena, bool, descriptor->n_fields);
        const char *name;
        json_t *value;

        if (!json_is_object(json))
                return json_bad_value(reader, *path == '\0' ? descriptor->short_name : path,
                        "must be an object in braces");
        json_object_foreach(json, name, value)
        {
                const ProtobufCFieldDescriptor *field = json_field(reader, descriptor, path, name);
                const char *field_path;

                if (field == NULL)
                        return false;
                field_path = json_path(reader->arena, path, field->name);
                if (seen[field - descriptor->fields])
                        return json_bad_value(reader, field_path, "is given twice");
                seen[field - descriptor->fields] = true;
                if (!json_read_field(reader, field, field_path, value, message))
                        return false;
        }
        return true;
}

static bool read_message(struct json_reader *reader, const ProtobufCMessageDescriptor *descriptor,
        const char *path, json_t *json, void **place)
{
        void *message = json_new_message(reader->arena, descriptor);
        bool done = false;

        switch (schema_known(descriptor)) {
        case SCHEMA_TIMESTAMP:
                done = read_time(reader, path, json, message);
                break;
        case SCHEMA_FIELD_MASK:
                done = read_mask(reader, path, json, message);
                break;
        case SCHEMA_EMPTY:
        case SCHEMA_PLAIN:
                done = read_object(reader, path, json, message);
                break;
        }
        if (done)
                *place = message;
        return done;
}

bool json_read_value(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
        const char *path, json_t *json, void *place)
{
        switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
                return read_text(reader, path, json, place);
        case PROTOBUF_C_TYPE_BYTES:
                return read_bytes(reader, path, json, place);
        case PROTOBUF_C_TYPE_MESSAGE:
                return read_message(reader, field->descriptor, path, json, place);
        case PROTOBUF_C_TYPE_ENUM:
                return read_enum(reader, field, path, json, place);
        case PROTOBUF_C_TYPE_BOOL:
                return read_bool(reader, path, json, place);
        case PROTOBUF_C_TYPE_FLOAT:
        case PROTOBUF_C_TYPE_DOUBLE:
                return read_real(reader, field, path, json, place);
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_SINT32:
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                return read_integer(reader, field, path, json, place);
        }
        assert(!"a type that protobuf-c does not have");
        return false;
}

static bool read_list(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
        const char *path, json_t *json, void *message)
{
        size_t before = schema_count(message, field);
        char *place = json_add_elements(reader->arena, field, message, json_array_size(json));
        json_t *element;
        size_t i;

        json_array_foreach(json, i, element)
        {
                const char *element_path = arena_printf(reader->arena, "%s[%zu]", path, before + i);

                if (json_read_value(reader, field, element_path, element,
                            place + i * schema_element_size(field)))
                        continue;
                *(size_t *)((char *)message + field->quantifier_offset) = before;
                return false;
        }
        return true;
}

bool json_read_field(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
        const char *path, json_t *json, void *message)
{
        if (json_is_null(json))
                return true;
        if (field->label != PROTOBUF_C_LABEL_REPEATED) {
                if (!json_read_value(reader, field, path, json, schema_member(message, field)))
                        return false;
                json_mark_set(field, message);
                return true;
        }
        if (!json_is_array(json))
                return json_bad_value(reader, path, "must be a list in brackets");
        return read_list(reader, field, path, json, message);
}

void *json_read(struct arena *arena, const struct schema_message *message, struct bytes text,
        struct error *error)
{
        struct json_reader reader = {.arena = arena, .error = error};
        json_error_t fault;
        json_t *json =
                json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &fault);
        void *value = NULL;
        bool done;

        if (json == NULL) {
                error_set(error, INVALID_ARGUMENT, "BAD_JSON", "line %d, column %d: %s", fault.line,
                        fault.column, fault.text);
                return NULL;
        }
        done = read_message(&reader, message->descriptor, "", json, &value);
        json_decref(json);
        return done ? value : NULL;
}
