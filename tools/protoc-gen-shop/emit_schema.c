/*
 * shop.schema.h and shop.schema.c: the contract as constants of the types in lib/schema/schema.h.
 * Only data: whatever would need an `if` belongs to the code that reads the data. The tables are
 * visible to the wrappers of the server; the client's copy keeps everything but the schema
 * itself static, so that one test program can hold both.
 */
#include "tools/protoc-gen-shop/emit.h"

#include <stdlib.h>
#include "tools/protoc-gen-shop/names.h"

static void emit_descriptor_set(struct buffer *out, const struct model *model)
{
        size_t count = model->request->n_proto_file;
        Google__Protobuf__FileDescriptorSet set = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_SET__INIT;
        Google__Protobuf__FileDescriptorProto *files =
                arena_array(model->arena, Google__Protobuf__FileDescriptorProto, count);

        set.n_file = count;
        set.file = arena_array(model->arena, Google__Protobuf__FileDescriptorProto *, count);
        for (size_t i = 0; i < count; i++) {
                files[i] = *model->request->proto_file[i];
                files[i].source_code_info = NULL;
                set.file[i] = &files[i];
        }
        size_t len = protobuf_c_message_get_packed_size(&set.base);
        uint8_t *packed = arena_alloc(model->arena, len);
        protobuf_c_message_pack(&set.base, packed);

        buffer_printf(out, "static const uint8_t descriptor_set[] = {");
        for (size_t i = 0; i < len; i++)
                buffer_printf(out, "%s%u,", i % 24 == 0 ? "\n        " : "", packed[i]);
        buffer_printf(out, "\n};\n\n");
}

static void emit_enum(
        struct buffer *out, struct arena *arena, const struct enumeration *enumeration)
{
        buffer_printf(out, "static const struct schema_enum_value_doc %s_values[] = {\n",
                enumeration->lower);
        for (size_t i = 0; i < enumeration->value_count; i++)
                buffer_printf(out, "        {\"%s\", %s},\n", enumeration->values[i]->name,
                        text_literal(arena, enumeration->value_docs[i]));
        buffer_printf(out,
                "};\nstatic const struct schema_enum %s_enum = {\n"
                "        .descriptor = &shop__%s__descriptor,\n        .doc = %s,\n"
                "        .values = %s_values,\n};\n\n",
                enumeration->lower, enumeration->lower, text_literal(arena, enumeration->doc),
                enumeration->lower);
}

/* The lists of everything; each ends in a NULL that is not counted, since C has no empty arrays. */
static void emit_lists(struct buffer *out, const struct model *model)
{
        buffer_printf(out, "static const struct schema_table *const tables[] = {\n");
        for (size_t i = 0; i < model->table_count; i++)
                buffer_printf(out, "        &%s_table,\n", model->tables[i].message->lower);
        buffer_printf(out,
                "        NULL,\n};\n\nstatic const struct schema_message *const messages[] = {\n");
        for (size_t i = 0; i < model->message_count; i++)
                buffer_printf(out, "        &%s_message,\n", model->messages[i].lower);
        buffer_printf(
                out, "        NULL,\n};\n\nstatic const struct schema_enum *const enums[] = {\n");
        for (size_t i = 0; i < model->enum_count; i++)
                buffer_printf(out, "        &%s_enum,\n", model->enums[i].lower);
        buffer_printf(out, "        NULL,\n};\n\n");
}

static void emit_schema_constant(struct buffer *out, const struct model *model)
{
        const struct table *keys = model_owner_keys(model);

        buffer_printf(out,
                "const struct schema %s = {\n"
                "        .tables = tables,\n        .table_count = %zu,\n"
                "        .owner_keys = %s%s,\n        .messages = messages,\n        "
                ".message_count = %zu,\n"
                "        .enums = enums,\n        .enum_count = %zu,\n"
                "        .methods = methods,\n        .method_count = %zu,\n"
                "        .descriptor_set = {descriptor_set, sizeof(descriptor_set)},\n};\n",
                model->mode == MODE_SERVER ? "shop_schema" : "shop_client_schema",
                model->table_count, keys == NULL ? "NULL" : "&",
                keys == NULL ? "" : arena_printf(model->arena, "%s_table", keys->message->lower),
                model->message_count, model->enum_count, model->method_count);
}

void emit_schema(struct outputs *outputs, const struct model *model)
{
        bool server = model->mode == MODE_SERVER;
        struct buffer *header = output_begin(
                outputs, server ? "shop.schema.h" : "shop.client.schema.h", "the contract");

        buffer_printf(header,
                "#include \"lib/schema/schema.h\"\n\nextern const struct schema %s;\n",
                server ? "shop_schema" : "shop_client_schema");

        struct buffer *out = output_begin(
                outputs, server ? "shop.schema.c" : "shop.client.schema.c", "the contract");
        buffer_printf(out, "#include \"%s\"\n", server ? "shop.schema.h" : "shop.client.schema.h");
        for (size_t i = 0; i < model->request->n_proto_file; i++) {
                const char *name = model->request->proto_file[i]->name;

                if (strcmp(name, "protobuf-c/protobuf-c.proto") != 0)
                        buffer_printf(out, "#include \"%.*s.pb-c.h\"\n",
                                (int)(strlen(name) - strlen(".proto")), name);
        }
        buffer_printf(out, "\n");
        for (size_t i = 0; i < model->message_count; i++)
                buffer_printf(out, "static const struct schema_message %s_message;\n",
                        model->messages[i].lower);
        for (size_t i = 0; i < model->table_count; i++)
                buffer_printf(out, "%s const struct schema_table %s_table;\n",
                        server ? "extern" : "static", model->tables[i].message->lower);
        buffer_printf(out, "\n");
        for (size_t i = 0; i < model->enum_count; i++)
                emit_enum(out, model->arena, &model->enums[i]);
        emit_messages(out, model);
        emit_tables(out, model);
        emit_methods(out, model);
        emit_descriptor_set(out, model);
        emit_lists(out, model);
        emit_schema_constant(out, model);
}
