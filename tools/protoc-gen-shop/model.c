/*
 * Reads what protoc sent into the model. Four passes, because declarations may name each other in
 * any order: names, then fields (which need all names), then tables (which need all fields), then
 * methods (which need all tables). Lookups walk the lists: a contract has some hundred messages,
 * and a hash table would be more code than this file has left.
 */
#include "tools/protoc-gen-shop/model.h"

#include <stdlib.h>
#include <string.h>
#include "tools/protoc-gen-shop/passes.h"
#include "tools/protoc-gen-shop/names.h"
#include "tools/protoc-gen-shop/source.h"

static void *model_take(void *arena, size_t size)
{
        return arena_alloc(arena, size);
}

static void model_keep(void *arena, void *data)
{
}

ProtobufCAllocator model_allocator(struct arena *arena)
{
        return (ProtobufCAllocator){
                .alloc = model_take, .free = model_keep, .allocator_data = arena};
}

const struct field *model_field(const struct message *message, const char *name)
{
        for (size_t i = 0; i < message->field_count; i++)
                if (strcmp(message->fields[i].name, name) == 0)
                        return &message->fields[i];
        return NULL;
}

const struct table *model_table(const struct model *model, const char *name)
{
        for (size_t i = 0; i < model->table_count; i++)
                if (strcmp(model->tables[i].message->name, name) == 0)
                        return &model->tables[i];
        return NULL;
}

const struct table *model_owner_keys(const struct model *model)
{
        for (size_t i = 0; i < model->table_count; i++)
                if (model->tables[i].options->owner_keys)
                        return &model->tables[i];
        return NULL;
}

const struct file *model_file(const struct model *model, const char *name)
{
        for (size_t i = 0; i < model->file_count; i++)
                if (strcmp(model->files[i].name, name) == 0)
                        return &model->files[i];
        return NULL;
}

bool model_imports(const struct file *file, const struct message *message)
{
        const Google__Protobuf__FileDescriptorProto *proto = file->proto;

        for (size_t i = 0; i < proto->n_dependency; i++)
                if (strcmp(proto->dependency[i], message->source) == 0)
                        return true;
        return false;
}

const struct field *model_child_field(const struct table *parent, const struct table *child)
{
        for (size_t i = 0; i < parent->message->field_count; i++) {
                const struct field *field = &parent->message->fields[i];

                if (field->rule->child && field->message == child->message)
                        return field;
        }
        return NULL;
}

bool model_holds_personal(const struct message *message)
{
        for (size_t i = 0; i < message->field_count; i++)
                if (model_personal(&message->fields[i]))
                        return true;
        return false;
}

bool model_personal(const struct field *field)
{
        return field->rule->personal ||
               (field->message != NULL && model_holds_personal(field->message));
}

/* ---- names ---- */

static int message_compare(const void *a, const void *b)
{
        return strcmp(
                ((const struct message *)a)->full_name, ((const struct message *)b)->full_name);
}

static int enum_compare(const void *a, const void *b)
{
        return strcmp(((const struct enumeration *)a)->full_name,
                ((const struct enumeration *)b)->full_name);
}

static int value_compare(const void *a, const void *b)
{
        const Google__Protobuf__EnumValueDescriptorProto *left =
                *(Google__Protobuf__EnumValueDescriptorProto *const *)a;
        const Google__Protobuf__EnumValueDescriptorProto *right =
                *(Google__Protobuf__EnumValueDescriptorProto *const *)b;

        return (left->number > right->number) - (left->number < right->number);
}

/* What protobuf-c calls it: the file's c_package in place of its package. */
static void message_names(struct arena *arena, struct message *message, const char *package)
{
        const char *c_name = arena_printf(arena, "%s.%s", package, message->name);

        message->c_type = name_type(arena, c_name);
        message->descriptor = arena_printf(arena, "%s__descriptor", name_full_lower(arena, c_name));
        message->init = arena_printf(arena, "%s__INIT", name_full_upper(arena, c_name));
        message->lower = name_lower(arena, message->name);
        message->upper = name_upper(arena, message->name);
}

static void read_message(struct model *model, const struct file *file,
        const Google__Protobuf__FileDescriptorProto *proto, size_t i)
{
        struct message *message = &model->messages[model->message_count++];

        message->file = file;
        message->source = proto->name;
        message->proto = proto->message_type[i];
        message->name = message->proto->name;
        message->full_name = arena_printf(model->arena, "%s.%s", proto->package, message->name);
        message->doc = "";
        if (file != NULL)
                message->doc = source_doc(model->arena, proto, (int32_t[]){4, (int32_t)i}, 2);
        message_names(model->arena, message, file == NULL ? proto->package : "shop");
}

static void read_enum(struct model *model, const struct file *file, size_t i)
{
        struct enumeration *out = &model->enums[model->enum_count++];
        struct arena *arena = model->arena;

        out->file = file;
        out->proto = file->proto->enum_type[i];
        out->name = out->proto->name;
        out->full_name = arena_printf(arena, "%s.%s", file->proto->package, out->name);
        out->c_type = name_type(arena, arena_printf(arena, "shop.%s", out->name));
        out->lower = name_lower(arena, out->name);
        out->doc = source_doc(arena, file->proto, (int32_t[]){5, (int32_t)i}, 2);
        out->value_count = out->proto->n_value;
        out->values =
                arena_copy(arena, out->proto->value, out->value_count * sizeof(out->values[0]));
        qsort(out->values, out->value_count, sizeof(out->values[0]), value_compare);
        out->value_docs = arena_array(arena, const char *, out->value_count);
        for (size_t k = 0; k < out->value_count; k++) {
                int32_t place = 0;

                while (out->proto->value[place] != out->values[k])
                        place++;
                out->value_docs[k] =
                        source_doc(arena, file->proto, (int32_t[]){5, (int32_t)i, 2, place}, 4);
        }
}

/* "checkout" of "shop.checkout.v1". */
static const char *domain_of(struct arena *arena, const char *package)
{
        char *rest = arena_text(arena, package == NULL ? "" : package);
        const char *first = strsep(&rest, ".");
        const char *domain = rest == NULL ? NULL : strsep(&rest, ".");

        if (strcmp(first, "shop") != 0 || domain == NULL || rest == NULL || rest[0] != 'v' ||
                rest[1] < '1' || rest[1] > '9' ||
                strspn(rest + 1, "0123456789") != strlen(rest + 1))
                return NULL;
        return domain;
}

static struct file *read_file(
        struct model *model, const Google__Protobuf__FileDescriptorProto *proto)
{
        struct file *file = &model->files[model->file_count++];
        size_t len = strlen(proto->name);

        file->proto = proto;
        file->name = proto->name;
        file->base = arena_printf(model->arena, "%.*s", (int)(len - strlen(".proto")), proto->name);
        file->domain = domain_of(model->arena, proto->package);
        file->options = source_view(model->arena, (const ProtobufCMessage *)proto->options,
                &shop__generator__file_view__descriptor);
        return file;
}

static bool file_is_ours(const Shop__Generator__PluginRequest *request,
        const Google__Protobuf__FileDescriptorProto *proto)
{
        for (size_t i = 0; i < request->n_file_to_generate; i++)
                if (strcmp(request->file_to_generate[i], proto->name) == 0)
                        return true;
        return false;
}

/* Google's timestamp, field mask and empty; descriptor.proto is only there for its options. */
static bool file_is_foreign(const Google__Protobuf__FileDescriptorProto *proto)
{
        return proto->package != NULL && strcmp(proto->package, "google.protobuf") == 0 &&
               strcmp(proto->name, "google/protobuf/descriptor.proto") != 0;
}

static void read_names(struct model *model)
{
        const Shop__Generator__PluginRequest *request = model->request;
        size_t messages = 0, enums = 0;

        for (size_t i = 0; i < request->n_proto_file; i++) {
                messages += request->proto_file[i]->n_message_type;
                enums += request->proto_file[i]->n_enum_type;
        }
        model->files = arena_array(model->arena, struct file, request->n_proto_file);
        model->messages = arena_array(model->arena, struct message, messages);
        model->enums = arena_array(model->arena, struct enumeration, enums);
        for (size_t i = 0; i < request->n_proto_file; i++) {
                const Google__Protobuf__FileDescriptorProto *proto = request->proto_file[i];
                bool ours = file_is_ours(request, proto);
                const struct file *file = ours ? read_file(model, proto) : NULL;

                for (size_t k = 0; (ours || file_is_foreign(proto)) && k < proto->n_message_type;
                        k++)
                        read_message(model, file, proto, k);
                for (size_t k = 0; ours && k < proto->n_enum_type; k++)
                        read_enum(model, file, k);
        }
        qsort(model->messages, model->message_count, sizeof(model->messages[0]), message_compare);
        qsort(model->enums, model->enum_count, sizeof(model->enums[0]), enum_compare);
}

/* ---- fields ---- */

static enum key_class key_class_of(const struct field *field)
{
        switch ((int)field->proto->type) {
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING:
                return KEY_CLASS_TEXT;
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BYTES:
                return KEY_CLASS_BYTES;
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BOOL:
                return KEY_CLASS_BOOL;
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_ENUM:
                return KEY_CLASS_ENUM;
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT32:
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT64:
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_FIXED32:
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_FIXED64:
                return KEY_CLASS_UINT;
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT32:
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT64:
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_SINT32:
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_SINT64:
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_SFIXED32:
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_SFIXED64:
                return KEY_CLASS_INT;
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE:
                return strcmp(field->proto->type_name, ".google.protobuf.Timestamp") == 0
                               ? KEY_CLASS_TIME
                               : KEY_CLASS_NONE;
        default:
                return KEY_CLASS_NONE;
        }
}

static int field_compare(const void *a, const void *b)
{
        int32_t left = ((const struct field *)a)->proto->number;
        int32_t right = ((const struct field *)b)->proto->number;

        return (left > right) - (left < right);
}

static void read_field(struct model *model, const struct message *message, size_t message_place,
        size_t place, struct field *out)
{
        const Google__Protobuf__FieldDescriptorProto *proto = message->proto->field[place];
        const Shop__Generator__FieldView *view = source_view(model->arena,
                (const ProtobufCMessage *)proto->options, &shop__generator__field_view__descriptor);
        static const Shop__FieldRule none = SHOP__FIELD_RULE__INIT;

        out->proto = proto;
        out->name = proto->name;
        out->rule = view->rule != NULL ? view->rule : &none;
        out->repeated =
                proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
        out->message = model_message(model, proto->type_name);
        out->enumeration = model_enum(model, proto->type_name);
        out->key_class = key_class_of(out);
        out->doc = "";
        if (message->file != NULL)
                out->doc = source_doc(model->arena, message->file->proto,
                        (int32_t[]){4, (int32_t)message_place, 2, (int32_t)place}, 4);
}

static void read_fields(struct model *model, struct message *message)
{
        size_t place = 0;

        message->field_count = message->proto->n_field;
        message->fields = arena_array(model->arena, struct field, message->field_count);
        if (message->file != NULL)
                while (message->file->proto->message_type[place] != message->proto)
                        place++;
        for (size_t i = 0; i < message->field_count; i++)
                read_field(model, message, place, i, &message->fields[i]);
        qsort(message->fields, message->field_count, sizeof(message->fields[0]), field_compare);
        for (size_t i = 0; i < message->field_count; i++)
                message->fields[i].position = (uint16_t)i;
}

const struct message *model_message(const struct model *model, const char *type_name)
{
        for (size_t i = 0; type_name != NULL && i < model->message_count; i++)
                if (strcmp(model->messages[i].full_name, type_name + 1) == 0)
                        return &model->messages[i];
        return NULL;
}

const struct enumeration *model_enum(const struct model *model, const char *type_name)
{
        for (size_t i = 0; type_name != NULL && i < model->enum_count; i++)
                if (strcmp(model->enums[i].full_name, type_name + 1) == 0)
                        return &model->enums[i];
        return NULL;
}

void model_read(struct model *model, struct arena *arena,
        const Shop__Generator__PluginRequest *request, enum mode mode)
{
        *model = (struct model){.arena = arena, .mode = mode, .request = request};
        read_names(model);
        for (size_t i = 0; i < model->message_count; i++)
                read_fields(model, &model->messages[i]);
        tables_read(model);
        methods_read(model);
}
