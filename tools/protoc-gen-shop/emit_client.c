/*
 * X.client.h and X.client.c: one constant, one blocking and one asynchronous function per method,
 * and an iterator per List and per method that waits. They are compiled into the user's program, so
 * that libshop.so exports calls over descriptors only and stays compatible when the contract grows.
 */
#include "tools/protoc-gen-shop/emit.h"

#include <string.h>
#include "tools/protoc-gen-shop/names.h"

/* What goes through a method's answers: its name in the library, and the word for it. */
struct iterator {
        const char *type;
        const char *word;
};

static const struct iterator *iterator_of(const struct method *method)
{
        static const struct iterator pages = {"shop_pages", "pages"};
        static const struct iterator watch = {"shop_watch", "watch"};

        if (method->kind == METHOD_LIST)
                return &pages;
        return method->cursor != NULL ? &watch : NULL;
}

static const char *call_prototype(struct arena *arena, const struct method *method)
{
        return arena_printf(arena,
                "enum shop_status shop_%s(struct shop_channel *channel,\n"
                "        const %s *request, const struct shop_call_options *options,\n"
                "        %s **response, struct shop_error *error)",
                method->lower, method->request->c_type, method->response->c_type);
}

static const char *start_prototype(struct arena *arena, const struct method *method)
{
        return arena_printf(arena,
                "uint64_t shop_%s_start(struct shop_channel *channel,\n"
                "        const %s *request, const struct shop_call_options *options,\n"
                "        shop_done *done, void *context)",
                method->lower, method->request->c_type);
}

static const char *begin_prototype(
        struct arena *arena, const struct method *method, const struct iterator *iterator)
{
        return arena_printf(arena,
                "void shop_%s_%s(struct %s *%s,\n"
                "        struct shop_channel *channel, const %s *request)",
                method->lower, iterator->word, iterator->type, iterator->word,
                method->request->c_type);
}

static const char *next_prototype(
        struct arena *arena, const struct method *method, const struct iterator *iterator)
{
        return arena_printf(arena,
                "enum shop_status shop_%s_next(struct %s *%s,\n"
                "        %s **response, struct shop_error *error)",
                method->lower, iterator->type, iterator->word, method->response->c_type);
}

static void emit_prototypes(struct buffer *out, struct arena *arena, const struct method *method)
{
        const struct iterator *iterator = iterator_of(method);

        buffer_printf(out, "extern const struct shop_method shop_%s_method;\n", method->lower);
        text_comment(out, method->doc);
        buffer_printf(out, "%s;\n", call_prototype(arena, method));
        buffer_printf(out, "%s;\n", start_prototype(arena, method));
        if (iterator != NULL)
                buffer_printf(out, "%s;\n%s;\n", begin_prototype(arena, method, iterator),
                        next_prototype(arena, method, iterator));
        buffer_printf(out, "\n");
}

static void emit_functions(struct buffer *out, struct arena *arena, const struct method *method)
{
        const char *lower = method->lower;
        const struct iterator *iterator = iterator_of(method);

        buffer_printf(out,
                "const struct shop_method shop_%s_method = {\n        .name = \"%s\",\n"
                "        .lane = %d,\n        .request = &%s,\n        .response = &%s,\n",
                lower, method->wire, (int)method->options->lane, method->request->descriptor,
                method->response->descriptor);
        if (method->cursor != NULL)
                buffer_printf(out, "        .cursor = %d,\n        .next_cursor = %d,\n",
                        method->cursor->proto->number, method->next_cursor->proto->number);
        buffer_printf(out, "};\n\n");
        buffer_printf(out,
                "%s\n{\n        return shop_invoke(channel, &shop_%s_method, &request->base,"
                " options,\n                (ProtobufCMessage **)response, error);\n}\n\n",
                call_prototype(arena, method), lower);
        buffer_printf(out,
                "%s\n{\n        return shop_start(channel, &shop_%s_method, &request->base,"
                " options,\n                done, context);\n}\n\n",
                start_prototype(arena, method), lower);
        if (iterator == NULL)
                return;
        buffer_printf(out,
                "%s\n{\n        shop_%s_init(%s, channel, &shop_%s_method,"
                " &request->base);\n}\n\n",
                begin_prototype(arena, method, iterator), iterator->word, iterator->word, lower);
        buffer_printf(out,
                "%s\n{\n        return shop_%s_next(%s, (ProtobufCMessage **)response,"
                " error);\n}\n\n",
                next_prototype(arena, method, iterator), iterator->word, iterator->word);
}

void emit_client(struct outputs *outputs, const struct model *model, const struct file *file)
{
        struct arena *arena = model->arena;
        struct buffer *header =
                output_begin(outputs, arena_printf(arena, "%s.client.h", file->base), file->name);
        struct buffer *source =
                output_begin(outputs, arena_printf(arena, "%s.client.c", file->base), file->name);

        buffer_printf(header,
                "#include \"shop.h\"\n#include \"%s.pb-c.h\"\n\n"
                "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n",
                file->base);
        buffer_printf(source, "#include \"%s.client.h\"\n\n", file->base);
        for (size_t i = 0; i < model->method_count; i++) {
                if (model->methods[i].file != file)
                        continue;
                emit_prototypes(header, arena, &model->methods[i]);
                emit_functions(source, arena, &model->methods[i]);
        }
        buffer_printf(header, "#ifdef __cplusplus\n}\n#endif\n");
}
