/* Methods as constants, in the order of their names on the wire. */
#include "tools/protoc-gen-shop/emit.h"
#include "tools/protoc-gen-shop/names.h"

static const char *const kind_names[] = {
        [METHOD_CUSTOM] = "METHOD_CUSTOM",
        [METHOD_GET] = "METHOD_GET",
        [METHOD_LIST] = "METHOD_LIST",
        [METHOD_CREATE] = "METHOD_CREATE",
        [METHOD_UPDATE] = "METHOD_UPDATE",
        [METHOD_DELETE] = "METHOD_DELETE",
};

static void emit_position(struct buffer *out, const char *name, const struct field *field)
{
        if (field == NULL)
                buffer_printf(out, "         .%s = SCHEMA_NONE,\n", name);
        else
                buffer_printf(out, "         .%s = %u,\n", name, field->position);
}

static void emit_filters(struct buffer *out, const struct method *method)
{
        static const char *const types[] = {
                [EQUAL] = "FILTER_EQUAL", [FROM] = "FILTER_FROM", [BEFORE] = "FILTER_BEFORE"};

        if (method->filter_count == 0)
                return;
        buffer_printf(out, "static const struct schema_filter %s_filters[] = {\n", method->lower);
        for (size_t i = 0; i < method->filter_count; i++)
                buffer_printf(out,
                        "        {.request_field = %u, .table_field = %u, .type = %s},\n",
                        method->filters[i].request->position, method->filters[i].row->position,
                        types[method->filters[i].type]);
        buffer_printf(out, "};\n");
}

static void emit_allow(struct buffer *out, const struct method *method)
{
        buffer_printf(out, "static const struct schema_allow %s_allow[] = {", method->lower);
        for (size_t i = 0; i < method->options->n_allow; i++)
                buffer_printf(out, "%s{%d, %d, %s}", i == 0 ? "" : ", ",
                        (int)method->options->allow[i]->role,
                        (int)method->options->allow[i]->scope,
                        method->options->allow[i]->clear ? "true" : "false");
        buffer_printf(out, "};\n");
}

static void emit_method(struct buffer *out, struct arena *arena, const struct method *method)
{
        const Shop__MethodOptions *options = method->options;

        buffer_printf(out,
                "        {.name = \"%s\",\n         .full_name = \"%s\",\n         .doc = %s,\n"
                "         .lane = %d,\n         .kind = %s,\n",
                method->wire, method->full_name, text_literal(arena, method->doc),
                (int)options->lane, kind_names[method->kind]);
        if (method->table != NULL)
                buffer_printf(out, "         .table = &%s_table,\n", method->table->message->lower);
        buffer_printf(out,
                "         .request = &%s_message,\n         .response = &%s_message,\n"
                "         .allow = %s_allow,\n         .allow_count = %zu,\n"
                "         .prepare = %s,\n         .secret = %s,\n         .personal = %s,\n",
                method->request->lower, method->response->lower, method->lower, options->n_allow,
                options->prepare ? "true" : "false", options->secret ? "true" : "false",
                model_holds_personal(method->response) ? "true" : "false");
        emit_position(out, "resource", method->resource);
        emit_position(out, "update_mask", method->update_mask);
        emit_position(out, "items", method->items);
        emit_position(out, "page_size", method->page_size);
        emit_position(out, "page_token", method->page_token);
        emit_position(out, "next_page_token", method->next_page_token);
        if (method->filter_count > 0)
                buffer_printf(out, "         .filters = %s_filters,\n", method->lower);
        buffer_printf(out, "         .filter_count = %zu},\n", method->filter_count);
}

void emit_methods(struct buffer *out, const struct model *model)
{
        for (size_t i = 0; i < model->method_count; i++) {
                emit_filters(out, &model->methods[i]);
                emit_allow(out, &model->methods[i]);
        }
        buffer_printf(out, "\nstatic const struct schema_method methods[] = {\n");
        for (size_t i = 0; i < model->method_count; i++)
                emit_method(out, model->arena, &model->methods[i]);
        buffer_printf(out, "        {.name = NULL},\n};\n\n");
}
