/*
 * Answers and errors, for people (text) or programs (a JSON object a line). Text is one field a
 * line, indented like the message; amounts in minor units are shown as they are stored, since only
 * the currency knows where the point goes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"
#include "lib/base/utf8.h"
#include "lib/schema/json.h"
#include "tools/shopctl/shopctl.h"

/* Of 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
#define SECONDS_MIN INT64_C(-62135596800)
#define SECONDS_MAX INT64_C(253402300799)

static void print_fields(const struct schema_message *schema, const void *message, int depth);

static void print_indent(int depth)
{
        printf("%*s", depth * 2, "");
}

static bool is_timestamp(const struct schema_message *schema)
{
        return schema == NULL || strcmp(schema->descriptor->name, "google.protobuf.Timestamp") == 0;
}

static void print_timestamp(const void *time)
{
        const ProtobufCMessageDescriptor *descriptor = ((const ProtobufCMessage *)time)->descriptor;
        int64_t seconds = schema_number_at(time, &descriptor->fields[0], 0);
        int64_t nanos = schema_number_at(time, &descriptor->fields[1], 0);
        char text[CLOCK_TEXT_MAX];

        if (seconds < SECONDS_MIN || seconds > SECONDS_MAX)
                printf("%" PRId64 " s\n", seconds); /* no time that a shop would say */
        else
                puts(clock_format(seconds * 1000000 + nanos / 1000, text));
}

static void print_enum(const ProtobufCFieldDescriptor *field, int64_t number)
{
        const ProtobufCEnumValue *value =
                protobuf_c_enum_descriptor_get_value(field->descriptor, (int)number);

        if (value != NULL)
                puts(value->name);
        else
                printf("%" PRId64 "\n", number);
}

static void print_hex(struct bytes bytes)
{
        char *hex = calloc(1, bytes.len * 2 + 1);

        bytes_to_hex(bytes, hex);
        puts(hex);
        free(hex);
}

/* A value that fits on the line of its name. */
static void print_scalar(const ProtobufCFieldDescriptor *field, const void *message, size_t i)
{
        if (field->type == PROTOBUF_C_TYPE_STRING) {
                print_shown(stdout, schema_text_at(message, field, i));
                putchar('\n');
        } else if (field->type == PROTOBUF_C_TYPE_BYTES)
                print_hex(schema_bytes_at(message, field, i));
        else if (field->type == PROTOBUF_C_TYPE_BOOL)
                puts(schema_number_at(message, field, i) ? "yes" : "no");
        else if (field->type == PROTOBUF_C_TYPE_ENUM)
                print_enum(field, schema_number_at(message, field, i));
        else if (field->type == PROTOBUF_C_TYPE_UINT64)
                printf("%" PRIu64 "\n", (uint64_t)schema_number_at(message, field, i));
        else
                printf("%" PRId64 "\n", schema_number_at(message, field, i));
}

static bool is_set(const void *message, const ProtobufCFieldDescriptor *field)
{
        if (field->type == PROTOBUF_C_TYPE_STRING)
                return schema_text_at(message, field, 0)[0] != '\0';
        if (field->type == PROTOBUF_C_TYPE_BYTES)
                return schema_bytes_at(message, field, 0).len > 0;
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                return schema_message_at(message, field, 0) != NULL;
        return schema_number_at(message, field, 0) != 0;
}

static void print_field(const struct schema_field *rule, const ProtobufCFieldDescriptor *field,
        const void *message, int depth)
{
        size_t count = field->label == PROTOBUF_C_LABEL_REPEATED ? schema_count(message, field)
                                                                 : is_set(message, field);

        for (size_t i = 0; i < count; i++) {
                const void *inner;

                print_indent(depth);
                if (field->label == PROTOBUF_C_LABEL_REPEATED)
                        printf("%s[%zu]: ", field->name, i);
                else
                        printf("%s: ", field->name);
                if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
                        print_scalar(field, message, i);
                        continue;
                }
                inner = schema_message_at(message, field, i);
                if (is_timestamp(rule->message)) {
                        print_timestamp(inner);
                        continue;
                }
                putchar('\n');
                print_fields(rule->message, inner, depth + 1);
        }
}

static void print_fields(const struct schema_message *schema, const void *message, int depth)
{
        for (unsigned i = 0; i < schema->descriptor->n_fields; i++)
                print_field(&schema->fields[i], &schema->descriptor->fields[i], message, depth);
}

void print_message(
        const struct settings *settings, const struct schema_message *schema, const void *message)
{
        struct buffer out = {0};

        if (settings->output == OUTPUT_TEXT) {
                print_fields(schema, message, 0);
                return;
        }
        json_write(&out, schema, message, JSON_LINE);
        fwrite(out.data, 1, out.len, stdout);
        putchar('\n');
        buffer_release(&out);
}

static void print_localized_json(struct buffer *out, const char *locale, const char *localized)
{
        if (locale == NULL)
                return;
        buffer_printf(out, ",\"localized\":{\"locale\":");
        json_write_text(out, locale);
        buffer_printf(out, ",\"message\":");
        json_write_text(out, localized);
        buffer_printf(out, "}");
}

/* The error as one JSON object, for programs that read standard error. */
static void print_error_json(const struct shop_error *error)
{
        struct buffer out = {0};

        buffer_printf(&out, "{\"code\":\"%s\",\"reason\":", shop_status_name(error->code));
        json_write_text(&out, error->reason);
        buffer_printf(&out, ",\"message\":");
        json_write_text(&out, error->message);
        print_localized_json(&out, error->locale, error->localized);
        buffer_printf(&out, ",\"violations\":[");
        for (size_t i = 0; i < error->violation_count; i++) {
                buffer_printf(&out, "%s{\"field\":", i > 0 ? "," : "");
                json_write_text(&out, error->violations[i].field);
                buffer_printf(&out, ",\"reason\":");
                json_write_text(&out, error->violations[i].reason);
                buffer_printf(&out, ",\"description\":");
                json_write_text(&out, error->violations[i].description);
                print_localized_json(
                        &out, error->violations[i].locale, error->violations[i].localized);
                buffer_printf(&out, "}");
        }
        buffer_printf(&out, "],\"facts\":{");
        for (size_t i = 0; i < error->fact_count; i++) {
                buffer_printf(&out, "%s", i > 0 ? "," : "");
                json_write_text(&out, error->facts[i].name);
                buffer_printf(&out, ":");
                json_write_text(&out, error->facts[i].value);
        }
        buffer_printf(&out, "}}\n");
        fwrite(out.data, 1, out.len, stderr);
        buffer_release(&out);
}

/* A line of parts that may be the server's. */
static void print_parts(const char *const *parts, size_t count)
{
        for (size_t i = 0; i < count; i++)
                print_shown(stderr, parts[i]);
        fputc('\n', stderr);
}

static void print_error_text(const struct shop_error *error)
{
        print_parts((const char *const[]){shop_status_name(error->code), " ", error->reason, ": ",
                            error->message},
                5);
        if (error->locale != NULL)
                print_parts((const char *const[]){"  ", error->localized}, 2);
        for (size_t i = 0; i < error->violation_count; i++) {
                const struct shop_violation *violation = &error->violations[i];

                print_parts(
                        (const char *const[]){"  ", violation->field, ": ", violation->description},
                        4);
                if (violation->locale != NULL)
                        print_parts((const char *const[]){"    ", violation->localized}, 2);
        }
        for (size_t i = 0; i < error->fact_count; i++)
                print_parts((const char *const[]){"  ", error->facts[i].name, " = ",
                                    error->facts[i].value},
                        4);
        if (error->retry_delay_ms > 0)
                fprintf(stderr, "  try again in %" PRId64 " ms\n", error->retry_delay_ms);
}

int print_error(const struct settings *settings, const struct shop_error *error)
{
        if (settings->output == OUTPUT_JSON)
                print_error_json(error);
        else
                print_error_text(error);
        return EXIT_STATUS_BASE + (int)error->code;
}

int print_local_error(const struct settings *settings, const struct error *error)
{
        struct shop_violation violations[16];
        struct shop_error copy = {
                .code = (enum shop_status)error->code,
                .reason = error->reason,
                .message = error->message,
                .violations = violations,
        };

        for (const struct violation *v = error->violations; v != NULL && copy.violation_count < 16;
                v = v->next)
                violations[copy.violation_count++] = (struct shop_violation){
                        .field = v->field, .reason = v->reason, .description = v->description};
        return print_error(settings, &copy);
}
