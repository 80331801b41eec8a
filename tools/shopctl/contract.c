/*
 * What can be called, from the tables of the contract: lists, documentation, templates, and the
 * nearest name to a misspelt one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/schema/json.h"
#include "tools/shopctl/shopctl.h"

static const struct schema *schema(void)
{
        return &shop_client_schema;
}

const struct schema_method *contract_method(const char *name)
{
        const struct schema_method *method = schema_method(schema(), bytes_of_text(name));
        const char **names;
        const char *nearest;

        if (method != NULL)
                return method;
        names = calloc(schema()->method_count, sizeof *names);
        for (size_t i = 0; i < schema()->method_count; i++)
                names[i] = schema()->methods[i].name;
        nearest = json_nearest(name, names, schema()->method_count);
        if (nearest != NULL)
                fprintf(stderr, "shopctl: no method or command %s; did you mean %s?\n", name,
                        nearest);
        else
                fprintf(stderr, "shopctl: no method or command %s; see shopctl list\n", name);
        free(names);
        return NULL;
}

static bool from_server(int argc, char **argv)
{
        return argc > 1 && strcmp(argv[1], "--from-server") == 0;
}

int contract_list(struct settings *settings, int argc, char **argv)
{
        if (from_server(argc, argv))
                return reflect_list(settings, argc > 2 ? argv[2] : "");
        const char *prefix = argc > 1 ? argv[1] : "";
        size_t shown = 0;

        for (size_t i = 0; i < schema()->method_count; i++) {
                const struct schema_method *m = &schema()->methods[i];

                if (strncmp(m->name, prefix, strlen(prefix)) != 0)
                        continue;
                shown++;
                print_method(stdout, settings->output, m->name, m->doc);
        }
        if (shown > 0)
                return 0;
        fprintf(stderr, "shopctl: no method begins with %s\n", prefix);
        return EXIT_STATUS_BASE + SHOP_NOT_FOUND;
}

static const char *type_name(const ProtobufCFieldDescriptor *field)
{
        static const char *const names[] = {
                [PROTOBUF_C_TYPE_INT32] = "int32",
                [PROTOBUF_C_TYPE_SINT32] = "sint32",
                [PROTOBUF_C_TYPE_SFIXED32] = "sfixed32",
                [PROTOBUF_C_TYPE_INT64] = "int64",
                [PROTOBUF_C_TYPE_SINT64] = "sint64",
                [PROTOBUF_C_TYPE_SFIXED64] = "sfixed64",
                [PROTOBUF_C_TYPE_UINT32] = "uint32",
                [PROTOBUF_C_TYPE_FIXED32] = "fixed32",
                [PROTOBUF_C_TYPE_UINT64] = "uint64",
                [PROTOBUF_C_TYPE_FIXED64] = "fixed64",
                [PROTOBUF_C_TYPE_FLOAT] = "float",
                [PROTOBUF_C_TYPE_DOUBLE] = "double",
                [PROTOBUF_C_TYPE_BOOL] = "bool",
                [PROTOBUF_C_TYPE_STRING] = "string",
                [PROTOBUF_C_TYPE_BYTES] = "bytes",
        };

        if (field->type == PROTOBUF_C_TYPE_ENUM)
                return ((const ProtobufCEnumDescriptor *)field->descriptor)->short_name;
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                return ((const ProtobufCMessageDescriptor *)field->descriptor)->short_name;
        return names[field->type];
}

static void describe_limits(const ProtobufCFieldDescriptor *field, const struct schema_field *rule)
{
        if (rule->flags & SCHEMA_REQUIRED)
                printf(", required");
        if (rule->flags & SCHEMA_OUTPUT_ONLY)
                printf(", set by the shop");
        if (rule->flags & SCHEMA_IMMUTABLE)
                printf(", cannot be changed");
        if (rule->flags & SCHEMA_PERSONAL)
                printf(", personal");
        if (rule->ref != NULL)
                printf(", names a %s", rule->ref->name);
        if (field->type == PROTOBUF_C_TYPE_STRING && rule->len_max > 0)
                printf(", at most %u characters", rule->len_max);
        if (rule->flags & SCHEMA_HAS_MIN)
                printf(", at least %lld", (long long)rule->min);
        if (rule->flags & SCHEMA_HAS_MAX)
                printf(", at most %lld", (long long)rule->max);
}

static void describe_message(const struct schema_message *message)
{
        printf("\nmessage %s\n  %s\n", message->descriptor->short_name, message->doc);
        for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];

                printf("  %s%s %s", field->label == PROTOBUF_C_LABEL_REPEATED ? "repeated " : "",
                        type_name(field), field->name);
                describe_limits(field, &message->fields[i]);
                printf("\n      %s\n", message->fields[i].doc);
        }
}

static void describe_method(const struct schema_method *m)
{
        static const char *const lanes[] = {"", "READ", "WRITE", "SLOW", "WAIT"};
        static const char *const scopes[] = {"", "own rows", "the team's rows", "all rows"};

        printf("%s (%s)\n  %s\n  lane %s; for", m->name, m->full_name, m->doc, lanes[m->lane]);
        for (unsigned i = 0; i < m->allow_count; i++)
                printf("%s %s (%s%s)", i > 0 ? "," : "", schema_role_name(m->allow[i].role),
                        scopes[m->allow[i].scope],
                        m->allow[i].clear ? ", personal data clear" : "");
        printf("\n");
        describe_message(m->request);
        describe_message(m->response);
}

/* A message or enum whose short or full name this is. */
static bool describe_type(const char *name)
{
        for (size_t i = 0; i < schema()->message_count; i++) {
                const struct schema_message *m = schema()->messages[i];

                if (strcmp(m->descriptor->short_name, name) == 0 ||
                        strcmp(m->descriptor->name, name) == 0) {
                        describe_message(m);
                        return true;
                }
        }
        for (size_t i = 0; i < schema()->enum_count; i++) {
                const struct schema_enum *e = schema()->enums[i];

                if (strcmp(e->descriptor->short_name, name) != 0 &&
                        strcmp(e->descriptor->name, name) != 0)
                        continue;
                printf("enum %s\n  %s\n", e->descriptor->short_name, e->doc);
                for (unsigned v = 0; v < e->descriptor->n_values; v++)
                        printf("  %s\n      %s\n", e->values[v].name, e->values[v].doc);
                return true;
        }
        return false;
}

int contract_describe(struct settings *settings, int argc, char **argv)
{
        const struct schema_method *method;

        if (from_server(argc, argv) && argc == 3)
                return reflect_describe(settings, argv[2]);
        if (argc != 2) {
                fputs("usage: shopctl describe [--from-server] METHOD|MESSAGE|ENUM\n", stderr);
                return EXIT_USAGE;
        }
        if (strchr(argv[1], '.') == NULL || strncmp(argv[1], "shop.", 5) == 0) {
                if (describe_type(argv[1]))
                        return 0;
        }
        method = contract_method(argv[1]);
        if (method == NULL)
                return EXIT_STATUS_BASE + SHOP_NOT_FOUND;
        describe_method(method);
        return 0;
}

int contract_template(struct settings *settings, int argc, char **argv)
{
        const struct schema_method *method;
        struct buffer out = {0};
        void *request;

        if (argc != 2) {
                fputs("usage: shopctl template METHOD\n", stderr);
                return EXIT_USAGE;
        }
        method = contract_method(argv[1]);
        if (method == NULL)
                return EXIT_STATUS_BASE + SHOP_UNIMPLEMENTED;
        request = arena_alloc(settings->arena, method->request->descriptor->sizeof_message);
        schema_message_init(method->request, request);
        json_write(&out, method->request, request, JSON_FULL);
        fwrite(out.data, 1, out.len, stdout);
        putchar('\n');
        buffer_release(&out);
        return 0;
}
