/*
 * protobuf-c keeps messages as C structs and describes them by offsets; what standard methods
 * need of that is here, in one place, because it is the one thing in the pipeline that a compiler
 * cannot check.
 */
#include "server/fields.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include "lib/schema/decode.h"

void fields_copy(void *to, const void *from, const ProtobufCFieldDescriptor *field)
{
        bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;

        memcpy((char *)to + field->offset, (const char *)from + field->offset,
                repeated ? sizeof(void *) : schema_element_size(field));
        if (field->quantifier_offset == 0)
                return;
        size_t size = repeated ? sizeof(size_t) : 4;

        memcpy((char *)to + field->quantifier_offset, (const char *)from + field->quantifier_offset,
                size);
}

bool fields_set(const void *message, const ProtobufCFieldDescriptor *field)
{
        return schema_count(message, field) > 0;
}

/* Of a value only one field, encoded. */
static struct bytes encode_field(struct arena *arena, const struct schema_message *message,
        const ProtobufCFieldDescriptor *field, const void *value)
{
        void *alone = arena_alloc(arena, message->descriptor->sizeof_message);

        schema_message_init(message, alone);
        fields_copy(alone, value, field);
        return encode(arena, alone);
}

bool fields_same(struct arena *arena, const struct schema_message *message, uint16_t field,
        const void *a, const void *b)
{
        const ProtobufCFieldDescriptor *descriptor = &message->descriptor->fields[field];
        struct bytes left = encode_field(arena, message, descriptor, a);
        struct bytes right = encode_field(arena, message, descriptor, b);

        return bytes_equal(left, right);
}

void fields_set_text(void *message, const ProtobufCFieldDescriptor *field, const char *text)
{
        assert(field->type == PROTOBUF_C_TYPE_STRING);
        memcpy((char *)message + field->offset, &text, sizeof(text));
}

uint32_t fields_hidden(const struct schema_method *method)
{
        return SCHEMA_INPUT_ONLY | (method->secret ? 0 : SCHEMA_SECRET);
}

bool fields_flagged(const struct schema_message *message, uint32_t flags)
{
        for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
                const struct schema_field *field = &message->fields[i];

                if (field->flags & flags)
                        return true;
                if (field->message != NULL && fields_flagged(field->message, flags))
                        return true;
        }
        return false;
}

void fields_hide(const struct schema_message *message, void *value, uint32_t flags)
{
        for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];

                if (message->fields[i].flags & flags) {
                        schema_clear(message, value, (uint16_t)i);
                        continue;
                }
                if (message->fields[i].message == NULL)
                        continue;
                for (size_t n = schema_count(value, field); n-- > 0;)
                        fields_hide(message->fields[i].message,
                                (void *)schema_message_at(value, field, n), flags);
        }
}

void fields_key(const struct schema_table *table, const void *row, struct key_value *out)
{
        assert(table->key_count <= KEY_PARTS_MAX);
        for (uint16_t i = 0; i < table->key_count; i++)
                out[i] = key_value_of(row, &table->message->descriptor->fields[table->key[i]]);
}

const char *fields_key_text(
        struct arena *arena, const struct schema_table *table, const struct key_value *key)
{
        const char *text = "";

        for (uint16_t i = 0; i < table->key_count; i++) {
                const char *separator = i == 0 ? "" : "/";

                switch (key[i].type) {
                case KEY_TEXT:
                        text = arena_printf(arena, "%s%s%s", text, separator, key[i].text);
                        break;
                case KEY_INT:
                        text = arena_printf(arena, "%s%s%" PRId64, text, separator, key[i].number);
                        break;
                case KEY_UINT:
                        text = arena_printf(arena, "%s%s%" PRIu64, text, separator, key[i].natural);
                        break;
                case KEY_BOOL:
                        text = arena_printf(arena, "%s%s%d", text, separator, key[i].flag);
                        break;
                case KEY_BYTES:
                        text = arena_printf(arena, "%s%s(bytes)", text, separator);
                        break;
                }
        }
        return text;
}

uint16_t fields_time_named(const struct schema_message *message, const char *name)
{
        uint16_t at = schema_field_named(message, name);

        if (at == SCHEMA_NONE)
                return SCHEMA_NONE;
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[at];
        const ProtobufCMessageDescriptor *type = field->descriptor;

        if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED ||
                strcmp(type->name, "google.protobuf.Timestamp") != 0)
                return SCHEMA_NONE;
        return at;
}

const char *fields_table_name(
        struct arena *arena, const struct schema_table *table, enum name_case name_case)
{
        char *out = arena_alloc(arena, 2 * strlen(table->name) + 1);
        size_t len = 0;

        for (const char *at = table->name; *at != '\0'; at++) {
                if (isupper((unsigned char)*at) && at != table->name)
                        out[len++] = name_case == NAME_WORDS ? ' ' : '_';
                out[len++] = (char)(name_case == NAME_UPPER ? toupper((unsigned char)*at)
                                                            : tolower((unsigned char)*at));
        }
        return out;
}
