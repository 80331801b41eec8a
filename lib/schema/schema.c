/*
 * Looking things up in the generated tables, and reading a message's fields by descriptor. The
 * tables are sorted where they are long (methods, messages, enums) and searched in halves.
 *
 * Refused: hash tables built at start. They would be mutable state beside constants, and a search
 * over 250 names takes eight comparisons.
 */
#include "lib/schema/schema.h"

#include <assert.h>

#define SECOND_US INT64_C(1000000)

const char *schema_role_name(enum role role)
{
        static const char *const names[ROLE_COUNT] = {
                [ROLE_ANYONE] = "ANYONE",
                [ROLE_GUEST] = "GUEST",
                [ROLE_MEMBER] = "MEMBER",
                [ROLE_SYSTEM] = "SYSTEM",
                [ROLE_ADMINISTRATOR] = "ADMINISTRATOR",
                [ROLE_IMPORTER] = "IMPORTER",
                [ROLE_PRODUCT_SPECIALIST] = "PRODUCT_SPECIALIST",
                [ROLE_BUYER] = "BUYER",
                [ROLE_WAREHOUSE] = "WAREHOUSE",
                [ROLE_ANALYST] = "ANALYST",
                [ROLE_SERVICE_AGENT] = "SERVICE_AGENT",
                [ROLE_SPECIALIST] = "SPECIALIST",
                [ROLE_SERVICE_LEAD] = "SERVICE_LEAD",
                [ROLE_FINANCE] = "FINANCE",
                [ROLE_RISK] = "RISK",
                [ROLE_OPERATIONS] = "OPERATIONS",
        };

        return (unsigned)role < ROLE_COUNT && names[role] != NULL ? names[role] : "";
}

const struct schema_method *schema_method(const struct schema *schema, struct bytes name)
{
        size_t low = 0;
        size_t high = schema->method_count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                const struct schema_method *method = &schema->methods[middle];
                int order = bytes_compare(name, bytes_of_text(method->name));

                if (order == 0)
                        return method;
                if (order < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        return NULL;
}

const struct schema_message *schema_message(const struct schema *schema, const char *full_name)
{
        size_t low = 0;
        size_t high = schema->message_count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                const struct schema_message *message = schema->messages[middle];
                int order = strcmp(full_name, message->descriptor->name);

                if (order == 0)
                        return message;
                if (order < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        return NULL;
}

const struct schema_enum *schema_enum(const struct schema *schema, const char *full_name)
{
        size_t low = 0;
        size_t high = schema->enum_count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                const struct schema_enum *found = schema->enums[middle];
                int order = strcmp(full_name, found->descriptor->name);

                if (order == 0)
                        return found;
                if (order < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        return NULL;
}

const struct schema_table *schema_table(const struct schema *schema, uint16_t number)
{
        for (size_t i = 0; i < schema->table_count; i++)
                if (schema->tables[i]->number == number)
                        return schema->tables[i];
        return NULL;
}

const struct schema_table *schema_table_named(const struct schema *schema, const char *name)
{
        for (size_t i = 0; i < schema->table_count; i++)
                if (strcmp(schema->tables[i]->name, name) == 0)
                        return schema->tables[i];
        return NULL;
}

uint16_t schema_field_named(const struct schema_message *message, const char *name)
{
        const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);

        return field == NULL ? SCHEMA_NONE : (uint16_t)(field - message->descriptor->fields);
}

void schema_message_init(const struct schema_message *message, void *out)
{
        protobuf_c_message_init(message->descriptor, out);
}

void schema_clear(const struct schema_message *message, void *value, uint16_t field)
{
        const ProtobufCFieldDescriptor *at = &message->descriptor->fields[field];
        char defaults[message->descriptor->sizeof_message];
        bool repeated = at->label == PROTOBUF_C_LABEL_REPEATED;

        schema_message_init(message, defaults);
        memcpy(schema_member(value, at), schema_member(defaults, at),
                repeated ? sizeof(void *) : schema_element_size(at));
        if (repeated)
                *(size_t *)(void *)((char *)value + at->quantifier_offset) = 0;
}

void *schema_member(const void *message, const ProtobufCFieldDescriptor *field)
{
        return (char *)message + field->offset;
}

size_t schema_element_size(const ProtobufCFieldDescriptor *field)
{
        switch (field->type) {
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_SINT32:
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
        case PROTOBUF_C_TYPE_FLOAT:
        case PROTOBUF_C_TYPE_ENUM:
                return 4;
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
        case PROTOBUF_C_TYPE_DOUBLE:
                return 8;
        case PROTOBUF_C_TYPE_BOOL:
                return sizeof(protobuf_c_boolean);
        case PROTOBUF_C_TYPE_STRING:
        case PROTOBUF_C_TYPE_MESSAGE:
                return sizeof(void *);
        case PROTOBUF_C_TYPE_BYTES:
                return sizeof(ProtobufCBinaryData);
        }
        assert(!"a type that protobuf-c does not have");
        return 0;
}

/* The place of element i. */
static const void *element(const void *message, const ProtobufCFieldDescriptor *field, size_t i)
{
        const char *member = schema_member(message, field);

        if (field->label != PROTOBUF_C_LABEL_REPEATED) {
                assert(i == 0);
                return member;
        }
        return *(const char *const *)member + i * schema_element_size(field);
}

static bool number_is_zero(const void *place, size_t size)
{
        static const char zeros[8];

        return memcmp(place, zeros, size) == 0;
}

static bool value_is_set(const void *place, const ProtobufCFieldDescriptor *field)
{
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                return *(const void *const *)place != NULL;
        if (field->type == PROTOBUF_C_TYPE_STRING)
                return *(const char *const *)place != NULL && **(const char *const *)place != '\0';
        if (field->type == PROTOBUF_C_TYPE_BYTES)
                return ((const ProtobufCBinaryData *)place)->len > 0;
        return !number_is_zero(place, schema_element_size(field));
}

size_t schema_count(const void *message, const ProtobufCFieldDescriptor *field)
{
        const char *quantifier = (const char *)message + field->quantifier_offset;
        const void *place = schema_member(message, field);

        if (field->label == PROTOBUF_C_LABEL_REPEATED)
                return *(const size_t *)quantifier;
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
                return *(const uint32_t *)quantifier == field->id;
        if (field->label == PROTOBUF_C_LABEL_REQUIRED)
                return 1;
        if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->quantifier_offset != 0)
                return *(const protobuf_c_boolean *)quantifier != 0;
        return value_is_set(place, field);
}

const char *schema_text_at(const void *message, const ProtobufCFieldDescriptor *field, size_t i)
{
        const char *text = *(const char *const *)element(message, field, i);

        assert(field->type == PROTOBUF_C_TYPE_STRING);
        return text == NULL ? "" : text;
}

int64_t schema_number_at(const void *message, const ProtobufCFieldDescriptor *field, size_t i)
{
        const void *place = element(message, field, i);

        switch (field->type) {
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_SINT32:
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_ENUM:
                return *(const int32_t *)place;
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
                return *(const uint32_t *)place;
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                return *(const int64_t *)place;
        case PROTOBUF_C_TYPE_BOOL:
                return *(const protobuf_c_boolean *)place != 0;
        case PROTOBUF_C_TYPE_FLOAT:
        case PROTOBUF_C_TYPE_DOUBLE:
        case PROTOBUF_C_TYPE_STRING:
        case PROTOBUF_C_TYPE_BYTES:
        case PROTOBUF_C_TYPE_MESSAGE:
                break;
        }
        assert(!"not an integer");
        return 0;
}

struct bytes schema_bytes_at(const void *message, const ProtobufCFieldDescriptor *field, size_t i)
{
        const ProtobufCBinaryData *data = element(message, field, i);

        assert(field->type == PROTOBUF_C_TYPE_BYTES);
        return bytes_of(data->data, data->len);
}

const void *schema_message_at(const void *message, const ProtobufCFieldDescriptor *field, size_t i)
{
        assert(field->type == PROTOBUF_C_TYPE_MESSAGE);
        return *(const void *const *)element(message, field, i);
}

const ProtobufCEnumValue *schema_enum_value(const ProtobufCFieldDescriptor *field, int64_t number)
{
        assert(field->type == PROTOBUF_C_TYPE_ENUM);
        if (number < INT32_MIN || number > INT32_MAX)
                return NULL;
        return protobuf_c_enum_descriptor_get_value(field->descriptor, (int)number);
}

enum schema_known schema_known(const ProtobufCMessageDescriptor *descriptor)
{
        static const char package[] = "google.protobuf.";
        const char *name = descriptor->name;

        if (strncmp(name, package, sizeof(package) - 1) != 0)
                return SCHEMA_PLAIN;
        name += sizeof(package) - 1;
        if (strcmp(name, "Timestamp") == 0)
                return SCHEMA_TIMESTAMP;
        if (strcmp(name, "FieldMask") == 0)
                return SCHEMA_FIELD_MASK;
        return strcmp(name, "Empty") == 0 ? SCHEMA_EMPTY : SCHEMA_PLAIN;
}

int64_t schema_time_us(const void *timestamp)
{
        const ProtobufCMessage *message = timestamp;
        int64_t seconds, nanos, us;

        if (message == NULL)
                return 0;
        assert(schema_known(message->descriptor) == SCHEMA_TIMESTAMP);
        seconds = schema_number_at(message, &message->descriptor->fields[0], 0);
        nanos = schema_number_at(message, &message->descriptor->fields[1], 0);
        if (__builtin_mul_overflow(seconds, SECOND_US, &us) ||
                __builtin_add_overflow(us, nanos / 1000, &us))
                return seconds < 0 ? INT64_MIN : INT64_MAX;
        return us;
}

void schema_time_set(void *timestamp, int64_t us)
{
        const ProtobufCMessage *message = timestamp;
        int64_t seconds = us / SECOND_US - (us % SECOND_US < 0);
        int64_t fraction = (us % SECOND_US + SECOND_US) % SECOND_US;

        assert(schema_known(message->descriptor) == SCHEMA_TIMESTAMP);
        *(int64_t *)schema_member(message, &message->descriptor->fields[0]) = seconds;
        *(int32_t *)schema_member(message, &message->descriptor->fields[1]) =
                (int32_t)(fraction * 1000);
}
