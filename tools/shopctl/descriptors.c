/*
 * A linear look for each name: a contract has some hundreds, and this program asks once. Everything
 * comes over the wire and none of it from the tables that this program was built with.
 */
#include "tools/shopctl/descriptors.h"

#include <ctype.h>
#include <string.h>

#include "lib/schema/decode.h"

typedef Google__Protobuf__FileDescriptorSet FileSet;
typedef Google__Protobuf__FileDescriptorProto File;
typedef Google__Protobuf__DescriptorProto Message;
typedef Google__Protobuf__EnumDescriptorProto Enum;
typedef Google__Protobuf__FieldDescriptorProto Field;
typedef Google__Protobuf__MethodDescriptorProto Method;

/* Any name may be missing in what a stranger sent. */
static const char *text_of(const char *name)
{
        return name != NULL ? name : "";
}

static void show_line(FILE *file, const char *text)
{
        print_shown(file, text);
        fputc('\n', file);
}

enum status descriptors_read(struct descriptors *out, struct arena *arena,
        const Shop__GetContractResponse *contract, struct error *error)
{
        const struct decode_limits limits = {
                .bytes_max = 4u << 20, .fields_max = 1u << 20, .memory_max = 256u << 20};
        const ProtobufCBinaryData *bytes = &contract->descriptor_set;
        const FileSet *set =
                decode_guarded(arena, &google__protobuf__file_descriptor_set__descriptor,
                        bytes_of(bytes->data, bytes->len), &limits, error);

        if (set == NULL)
                return error->code;
        *out = (struct descriptors){contract, set};
        return OK;
}

size_t descriptors_list(
        const struct descriptors *descriptors, FILE *file, enum output output, const char *prefix)
{
        const Shop__GetContractResponse *contract = descriptors->contract;
        size_t shown = 0;

        for (size_t i = 0; i < contract->n_methods; i++) {
                const Shop__MethodSummary *method = contract->methods[i];

                if (strncmp(method->name, prefix, strlen(prefix)) != 0)
                        continue;
                print_method(file, output, method->name, method->description);
                shown++;
        }
        return shown;
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

static void describe_field(FILE *file, const Field *field)
{
        const ProtobufCEnumValue *type = protobuf_c_enum_descriptor_get_value(
                &google__protobuf__field_descriptor_proto__type__descriptor, (int)field->type);
        bool repeated =
                field->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;

        fputs(repeated ? "  repeated " : "  ", file);
        if (field->type_name != NULL && field->type_name[0] != '\0')
                print_shown(file, short_name(field->type_name));
        else if (type != NULL)
                for (const char *c = type->name + strlen("TYPE_"); *c != '\0'; c++)
                        fputc(tolower((unsigned char)*c), file);
        fputc(' ', file);
        show_line(file, text_of(field->name));
}

static bool describe_message(const FileSet *set, FILE *file, const char *name)
{
        for (size_t i = 0; i < set->n_file; i++)
                for (size_t m = 0; m < set->file[i]->n_message_type; m++) {
                        const Message *message = set->file[i]->message_type[m];

                        if (strcmp(text_of(message->name), name) != 0)
                                continue;
                        fputs("\nmessage ", file);
                        show_line(file, name);
                        for (size_t f = 0; f < message->n_field; f++)
                                describe_field(file, message->field[f]);
                        return true;
                }
        return false;
}

static bool describe_enum(const FileSet *set, FILE *file, const char *name)
{
        for (size_t i = 0; i < set->n_file; i++)
                for (size_t e = 0; e < set->file[i]->n_enum_type; e++) {
                        const Enum *values = set->file[i]->enum_type[e];

                        if (strcmp(text_of(values->name), name) != 0)
                                continue;
                        fputs("\nenum ", file);
                        show_line(file, name);
                        for (size_t v = 0; v < values->n_value; v++) {
                                fputs("  ", file);
                                show_line(file, text_of(values->value[v]->name));
                        }
                        return true;
                }
        return false;
}

static void show_summary(const Shop__GetContractResponse *contract, FILE *file, const char *name)
{
        for (size_t i = 0; i < contract->n_methods; i++)
                if (strcmp(contract->methods[i]->name, name) == 0) {
                        show_line(file, name);
                        fputs("  ", file);
                        show_line(file, contract->methods[i]->description);
                }
}

bool descriptors_describe(const struct descriptors *descriptors, FILE *file, const char *name)
{
        const FileSet *set = descriptors->set;
        const Method *method = find_method(set, name);

        if (method == NULL)
                return describe_message(set, file, name) || describe_enum(set, file, name);
        show_summary(descriptors->contract, file, name);
        describe_message(set, file, short_name(method->input_type));
        describe_message(set, file, short_name(method->output_type));
        return true;
}
