/*
 * X.handlers.h and shop.methods.c. Thunks instead of casts of function pointers: the compiler
 * checks each handler against its method's messages, and a call through a pointer of another type
 * is undefined.
 */
#include "tools/protoc-gen-shop/emit.h"

#include <string.h>

static const char *prepare_prototype(const struct model *model, const struct method *method)
{
        return arena_printf(model->arena,
                "enum status %s_prepare(struct call *call,\n        const %s *request)",
                method->lower, method->request->name);
}

static const char *run_prototype(const struct model *model, const struct method *method)
{
        return arena_printf(model->arena,
                "enum status %s(struct call *call,\n        const %s *request, %s *response)",
                method->lower, method->request->name, method->response->name);
}

void emit_handlers(struct outputs *outputs, const struct model *model, const struct file *file)
{
        struct buffer *out = output_begin(
                outputs, arena_printf(model->arena, "%s.handlers.h", file->base), file->name);

        buffer_printf(out, "#include \"server/call.h\"\n#include \"%s.rows.h\"\n\n", file->base);
        for (size_t i = 0; i < model->method_count; i++) {
                const struct method *method = &model->methods[i];

                if (method->file != file)
                        continue;
                if (method->kind == METHOD_CUSTOM)
                        buffer_printf(out, "%s;\n", run_prototype(model, method));
                if (method->options->prepare)
                        buffer_printf(out, "%s;\n", prepare_prototype(model, method));
        }
}

static void emit_thunk(struct buffer *out, const struct method *method)
{
        if (method->kind == METHOD_CUSTOM)
                buffer_printf(out,
                        "static enum status run_%s(\n"
                        "        struct call *call, const void *request, void *response)\n"
                        "{\n        return %s(call, request, response);\n}\n\n",
                        method->lower, method->lower);
        if (method->options->prepare)
                buffer_printf(out,
                        "static enum status prepare_%s(\n"
                        "        struct call *call, const void *request)\n"
                        "{\n        return %s_prepare(call, request);\n}\n\n",
                        method->lower, method->lower);
}

void emit_thunks(struct outputs *outputs, const struct model *model)
{
        struct buffer *out = output_begin(outputs, "shop.methods.c", "the contract");

        buffer_printf(out, "#include \"server/method.h\"\n");
        for (size_t i = 0; i < model->file_count; i++)
                if (model->files[i].proto->n_service > 0)
                        buffer_printf(out, "#include \"%s.handlers.h\"\n", model->files[i].base);
        buffer_printf(out, "\n");
        for (size_t i = 0; i < model->method_count; i++)
                emit_thunk(out, &model->methods[i]);
        buffer_printf(out, "const struct server_method server_methods[] = {\n");
        for (size_t i = 0; i < model->method_count; i++) {
                const struct method *method = &model->methods[i];

                buffer_printf(out, "        {/* %s */", method->wire);
                if (method->kind == METHOD_CUSTOM)
                        buffer_printf(out, " .run = run_%s,", method->lower);
                if (method->options->prepare)
                        buffer_printf(out, " .prepare = prepare_%s,", method->lower);
                buffer_printf(out, "%s},\n", method->kind == METHOD_CUSTOM ? "" : " .run = NULL");
        }
        buffer_printf(out, "        {.run = NULL},\n};\n");
}
