/*
 * What a server can be asked, from the server itself: list and describe with --from-server. For a
 * server of another version than this program; everything here comes over the wire and none of it
 * from the tables that this program was built with.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "google/protobuf/descriptor.pb-c.h"
#include "governance.pb-c.h"
#include "lib/schema/decode.h"
#include "tools/shopctl/shopctl.h"

typedef Google__Protobuf__FileDescriptorSet FileSet;
typedef Google__Protobuf__FileDescriptorProto File;
typedef Google__Protobuf__DescriptorProto Message;
typedef Google__Protobuf__EnumDescriptorProto Enum;
typedef Google__Protobuf__FieldDescriptorProto Field;
typedef Google__Protobuf__MethodDescriptorProto Method;

struct reflection {
        const Shop__GetContractResponse *contract;
        const FileSet *set;
};

/* Any name may be missing in what a stranger sent. */
static const char *text_of(const char *name)
{
        return name != NULL ? name : "";
}

/* 0, or the exit status with the reason printed. */
static int fetch(struct settings *settings, struct reflection *reflection)
{
        const struct decode_limits limits = {
                .bytes_max = 4u << 20, .fields_max = 1u << 20, .memory_max = 256u << 20};
        const struct schema_method *method =
                schema_method(&shop_client_schema, bytes_of_text("governance.GetContract"));
        Shop__GetContractRequest request = SHOP__GET_CONTRACT_REQUEST__INIT;
        struct shop_error error = {0};
        struct error problem;

        reflection->contract = session_call(settings, settings->arena, method, &request, &error);
        if (reflection->contract == NULL) {
                int failed = print_error(settings, &error);

                shop_error_release(&error);
                return failed;
        }
        const ProtobufCBinaryData *set = &reflection->contract->descriptor_set;

        error_init(&problem, settings->arena);
        reflection->set =
                decode_guarded(settings->arena, &google__protobuf__file_descriptor_set__descriptor,
                        bytes_of(set->data, set->len), &limits, &problem);
        return reflection->set != NULL ? 0 : print_local_error(settings, &problem);
}

int reflect_list(struct settings *settings, const char *prefix)
{
        struct reflection reflection;
        int failed = fetch(settings, &reflection);
        size_t shown = 0;

        for (size_t i = 0; failed == 0 && i < reflection.contract->n_methods; i++) {
                const Shop__MethodSummary *method = reflection.contract->methods[i];

                if (strncmp(method->name, prefix, strlen(prefix)) != 0)
                        continue;
                contract_print_method(settings, method->name, method->description);
                shown++;
        }
        if (failed == 0 && shown == 0) {
                fprintf(stderr, "shopctl: no method of the server begins with %s\n", prefix);
                failed = EXIT_STATUS_BASE + SHOP_NOT_FOUND;
        }
        return failed;
}

/* "cart" of the package "shop.cart.v1". */
static bool is_domain(const char *package, const char *name, size_t len)
{
        const char *domain = strchr(text_of(package), '.');

        return domain != NULL && strncmp(domain + 1, name, len) == 0 && domain[1 + len] == '.';
}

static const Method *find_method(const FileSet *set, const char *name)
{
        const char *point = strchr(name, '.');

        for (size_t i = 0; point != NULL && i < set->n_file; i++) {
                const File *file = set->file[i];

                if (!is_domain(file->package, name, (size_t)(point - name)))
                        continue;
                for (size_t s = 0; s < file->n_service; s++)
                        for (size_t m = 0; m < file->service[s]->n_method; m++)
                                if (strcmp(text_of(file->service[s]->method[m]->name), point + 1) ==
                                        0)
                                        return file->service[s]->method[m];
        }
        return NULL;
}

/* The part behind the last point. */
static const char *short_name(const char *name)
{
        const char *point = strrchr(text_of(name), '.');

        return point != NULL ? point + 1 : text_of(name);
}

static void describe_field(const Field *field)
{
        const ProtobufCEnumValue *type = protobuf_c_enum_descriptor_get_value(
                &google__protobuf__field_descriptor_proto__type__descriptor, (int)field->type);
        bool repeated =
                field->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;

        printf("  %s", repeated ? "repeated " : "");
        if (field->type_name != NULL && field->type_name[0] != '\0')
                fputs(short_name(field->type_name), stdout);
        else if (type != NULL)
                for (const char *c = type->name + strlen("TYPE_"); *c != '\0'; c++)
                        putchar(tolower((unsigned char)*c));
        printf(" %s\n", text_of(field->name));
}

static bool describe_message(const FileSet *set, const char *name)
{
        for (size_t i = 0; i < set->n_file; i++)
                for (size_t m = 0; m < set->file[i]->n_message_type; m++) {
                        const Message *message = set->file[i]->message_type[m];

                        if (strcmp(text_of(message->name), name) != 0)
                                continue;
                        printf("\nmessage %s\n", name);
                        for (size_t f = 0; f < message->n_field; f++)
                                describe_field(message->field[f]);
                        return true;
                }
        return false;
}

static bool describe_enum(const FileSet *set, const char *name)
{
        for (size_t i = 0; i < set->n_file; i++)
                for (size_t e = 0; e < set->file[i]->n_enum_type; e++) {
                        const Enum *values = set->file[i]->enum_type[e];

                        if (strcmp(text_of(values->name), name) != 0)
                                continue;
                        printf("\nenum %s\n", name);
                        for (size_t v = 0; v < values->n_value; v++)
                                printf("  %s\n", text_of(values->value[v]->name));
                        return true;
                }
        return false;
}

int reflect_describe(struct settings *settings, const char *name)
{
        struct reflection reflection;
        int failed = fetch(settings, &reflection);

        if (failed != 0)
                return failed;
        const Method *method = find_method(reflection.set, name);

        if (method == NULL) {
                if (describe_message(reflection.set, name) || describe_enum(reflection.set, name))
                        return 0;
                fprintf(stderr, "shopctl: the server has no %s\n", name);
                return EXIT_STATUS_BASE + SHOP_NOT_FOUND;
        }
        for (size_t i = 0; i < reflection.contract->n_methods; i++)
                if (strcmp(reflection.contract->methods[i]->name, name) == 0)
                        printf("%s\n  %s\n", name, reflection.contract->methods[i]->description);
        describe_message(reflection.set, short_name(method->input_type));
        describe_message(reflection.set, short_name(method->output_type));
        return 0;
}
