/*
 * Requests by rule instead of by hand: ninety of them written out would say nothing that the
 * contract does not, and a new method would need one more before its access could be tested.
 */
#include "tests/domain/matrix_request.h"

#include <inttypes.h>
#include <string.h>

enum purpose { PURPOSE_REQUEST, PURPOSE_CREATE, PURPOSE_UPDATE };

struct writer {
        struct arena *arena;
        matrix_row *row;
        void *context;
        bool *named;
};

bool matrix_owned(const struct schema_table *table)
{
        for (; table != NULL; table = table->parent)
                if (table->owner != SCHEMA_NONE)
                        return true;
        return false;
}

static const char *write_message(
        struct writer *writer, const struct schema_message *message, enum purpose purpose);

static const char *text_value(struct writer *writer, const struct schema_field *rule)
{
        static const char *const texts[] = {
                [FORMAT_ANY] = "words",
                [FORMAT_ID] = "W0",
                [FORMAT_EMAIL] = "w@example.com",
                [FORMAT_PHONE] = "+441130000000",
                [FORMAT_CURRENCY] = "GBP",
                [FORMAT_COUNTRY] = "GB",
                [FORMAT_LANGUAGE] = "en",
                [FORMAT_SLUG] = "word",
                [FORMAT_DECIMAL] = "0.1",
                [FORMAT_LINE] = "words",
                [FORMAT_NAME] = "Words",
        };
        const char *text = texts[rule->format];

        while (strlen(text) < rule->len_min)
                text = arena_printf(writer->arena, "%s%s", text, texts[rule->format]);
        return arena_printf(writer->arena, "\"%s\"", text);
}

static const char *number_value(struct writer *writer, const struct schema_field *rule)
{
        int64_t value = (rule->flags & SCHEMA_HAS_MIN) && rule->min > 0 ? rule->min : 1;

        return arena_printf(writer->arena, "\"%" PRId64 "\"", value);
}

static const char *value_of(struct writer *writer, const ProtobufCFieldDescriptor *field,
        const struct schema_field *rule)
{
        const ProtobufCEnumDescriptor *values = field->descriptor;

        if (rule->ref != NULL && field->type == PROTOBUF_C_TYPE_STRING) {
                const char *id = writer->row(writer->context, rule->ref);

                if (id == NULL)
                        return NULL;
                *writer->named |= matrix_owned(rule->ref);
                return arena_printf(writer->arena, "\"%s\"", id);
        }
        if (rule->message != NULL)
                return write_message(writer, rule->message, PURPOSE_REQUEST);
        if (field->type == PROTOBUF_C_TYPE_STRING)
                return text_value(writer, rule);
        if (field->type == PROTOBUF_C_TYPE_BYTES)
                return "\"AA==\"";
        if (field->type == PROTOBUF_C_TYPE_BOOL)
                return "true";
        if (field->type == PROTOBUF_C_TYPE_ENUM)
                return arena_printf(writer->arena, "\"%s\"", values->values[1].name);
        return number_value(writer, rule);
}

static bool is_settable(const struct schema_field *rule, enum purpose purpose)
{
        if (purpose == PURPOSE_REQUEST)
                return true;
        if (rule->flags & SCHEMA_OUTPUT_ONLY)
                return false;
        return purpose == PURPOSE_CREATE || !(rule->flags & SCHEMA_IMMUTABLE);
}

/* What must be there, and every name of a row that somebody owns. */
static bool is_wanted(const struct schema_field *rule)
{
        return (rule->flags & SCHEMA_REQUIRED) || rule->items_min > 0 ||
               (rule->ref != NULL && matrix_owned(rule->ref));
}

static const char *write_message(
        struct writer *writer, const struct schema_message *message, enum purpose purpose)
{
        const char *text = "{";

        for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
                const struct schema_field *rule = &message->fields[i];
                bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;

                if (!is_settable(rule, purpose) || !is_wanted(rule))
                        continue;
                const char *value = value_of(writer, field, rule);

                if (value != NULL)
                        text = arena_printf(writer->arena,
                                repeated ? "%s%s\"%s\":[%s]" : "%s%s\"%s\":%s", text,
                                text[1] == '\0' ? "" : ",", field->name, value);
        }
        return arena_printf(writer->arena, "%s}", text);
}

/* An Update names its row by key and changes one harmless field. */
static const char *write_update(struct writer *writer, const struct schema_method *method)
{
        const struct schema_message *message = method->table->message;
        const char *text = write_message(writer, message, PURPOSE_UPDATE);
        const char *id = writer->row(writer->context, method->table);
        const char *change = "";

        *writer->named |= matrix_owned(method->table);
        for (unsigned i = 0; i < message->descriptor->n_fields && text[1] == '}'; i++) {
                const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
                const struct schema_field *rule = &message->fields[i];
                bool plain = field->type == PROTOBUF_C_TYPE_STRING && rule->ref == NULL &&
                             strcmp(field->name, "etag") != 0;

                if (plain && is_settable(rule, PURPOSE_UPDATE))
                        change = arena_printf(
                                writer->arena, ",\"%s\":%s", field->name, text_value(writer, rule));
        }
        return arena_printf(writer->arena, "{\"id\":\"%s\"%s%s%s", id, change,
                text[1] == '}' ? "" : ",", text + 1);
}

const char *matrix_request(struct arena *arena, const struct schema_method *method, matrix_row *row,
        void *context, bool *named)
{
        struct writer writer = {.arena = arena, .row = row, .context = context, .named = named};
        const char *resource;

        *named = false;
        if (method->kind != METHOD_CREATE && method->kind != METHOD_UPDATE)
                return write_message(&writer, method->request, PURPOSE_REQUEST);
        if (method->kind == METHOD_CREATE)
                resource = write_message(&writer, method->table->message, PURPOSE_CREATE);
        else
                resource = write_update(&writer, method);
        return arena_printf(arena, "{\"%s\":%s}",
                method->request->descriptor->fields[method->resource].name, resource);
}
