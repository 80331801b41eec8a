/*
 * Reads services into the model's methods. A standard method is bound to its table here by the
 * names of the improvement proposals (https://google.aip.dev/131 to 135, 158): page_size,
 * update_mask and so on, so that server/standard.c finds positions and compares no names.
 */
#include "tools/protoc-gen-shop/passes.h"

#include <stdlib.h>
#include <string.h>
#include "tools/protoc-gen-shop/names.h"
#include "tools/protoc-gen-shop/source.h"

static int method_compare(const void *a, const void *b)
{
        return strcmp(((const struct method *)a)->wire, ((const struct method *)b)->wire);
}

static void read_kind(struct method *method)
{
        const Shop__MethodOptions *options = method->options;
        const struct {
                const char *table;
                enum schema_kind kind;
        } kinds[] = {
                {options->get, METHOD_GET},
                {options->list, METHOD_LIST},
                {options->create, METHOD_CREATE},
                {options->update, METHOD_UPDATE},
                {options->delete_, METHOD_DELETE},
        };

        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                if (kinds[i].table == NULL)
                        continue;
                method->kind_count++;
                method->kind = kinds[i].kind;
                method->table_name = kinds[i].table;
        }
}

static const struct field *field_of_row(const struct message *message, const struct table *table)
{
        for (size_t i = 0; i < message->field_count; i++)
                if (message->fields[i].message == table->message)
                        return &message->fields[i];
        return NULL;
}

/* The field of the row that a filter's name means, without the suffix of a range. */
static const struct field *filtered_field(
        struct arena *arena, const struct table *table, const char *name, const char *suffix)
{
        size_t len = strlen(name), suffix_len = strlen(suffix);

        if (len <= suffix_len || strcmp(name + len - suffix_len, suffix) != 0)
                return NULL;
        return model_field(
                table->message, arena_printf(arena, "%.*s", (int)(len - suffix_len), name));
}

static struct filter read_filter(
        struct arena *arena, const struct table *table, const struct field *request)
{
        struct filter filter = {.request = request, .type = EQUAL};

        filter.row = model_field(table->message, request->name);
        if (filter.row == NULL) {
                filter.type = FROM;
                filter.row = filtered_field(arena, table, request->name, "_from");
        }
        if (filter.row == NULL) {
                filter.type = BEFORE;
                filter.row = filtered_field(arena, table, request->name, "_before");
        }
        return filter;
}

static void read_list(struct model *model, struct method *method)
{
        const struct message *request = method->request;

        method->page_size = model_field(request, "page_size");
        method->page_token = model_field(request, "page_token");
        method->items = field_of_row(method->response, method->table);
        method->next_page_token = model_field(method->response, "next_page_token");
        method->filters = arena_array(model->arena, struct filter, request->field_count);
        for (size_t i = 0; i < request->field_count; i++) {
                const struct field *field = &request->fields[i];

                if (field != method->page_size && field != method->page_token)
                        method->filters[method->filter_count++] =
                                read_filter(model->arena, method->table, field);
        }
}

static bool is_cursor(const struct field *field)
{
        return field != NULL && !field->repeated &&
               (field->key_class == KEY_CLASS_UINT || field->key_class == KEY_CLASS_ENUM);
}

/* after_number is answered by last_number, and any other number by its namesake. */
static void read_cursor(struct model *model, struct method *method)
{
        static const char after[] = "after_";

        for (size_t i = 0; i < method->request->field_count; i++) {
                const struct field *field = &method->request->fields[i];
                const char *name = field->name;

                if (strncmp(name, after, strlen(after)) == 0)
                        name = arena_printf(model->arena, "last_%s", name + strlen(after));
                const struct field *next = model_field(method->response, name);

                if (!is_cursor(field) || !is_cursor(next))
                        continue;
                method->cursor = field;
                method->next_cursor = next;
                return;
        }
}

static void bind_table(struct model *model, struct method *method)
{
        method->table = model_table(model, method->table_name);
        if (method->table == NULL || method->request == NULL || method->response == NULL)
                return;
        if (method->kind == METHOD_LIST)
                read_list(model, method);
        if (method->kind == METHOD_CREATE || method->kind == METHOD_UPDATE)
                method->resource = field_of_row(method->request, method->table);
        if (method->kind == METHOD_UPDATE)
                method->update_mask = model_field(method->request, "update_mask");
}

static void read_method(struct model *model, const struct file *file, size_t service, size_t place)
{
        struct method *method = &model->methods[model->method_count++];
        const Google__Protobuf__ServiceDescriptorProto *parent = file->proto->service[service];
        const Google__Protobuf__MethodDescriptorProto *proto = parent->method[place];
        const char *domain = file->domain == NULL ? "" : file->domain;
        const Shop__Generator__MethodView *view =
                source_view(model->arena, (const ProtobufCMessage *)proto->options,
                        &shop__generator__method_view__descriptor);

        method->file = file;
        method->service = parent->name;
        method->name = proto->name;
        method->wire = arena_printf(model->arena, "%s.%s", domain, proto->name);
        method->full_name = arena_printf(
                model->arena, "%s.%s/%s", file->proto->package, parent->name, proto->name);
        method->lower =
                arena_printf(model->arena, "%s_%s", domain, name_lower(model->arena, proto->name));
        method->doc = source_doc(
                model->arena, file->proto, (int32_t[]){6, (int32_t)service, 2, (int32_t)place}, 4);
        method->request = model_message(model, proto->input_type);
        method->response = model_message(model, proto->output_type);
        method->options = view->method;
        if (method->options == NULL)
                return;
        read_kind(method);
        if (method->options->lane == SHOP__LANE__WAIT && method->request != NULL &&
                method->response != NULL)
                read_cursor(model, method);
        if (method->table_name != NULL)
                bind_table(model, method);
}

void methods_read(struct model *model)
{
        size_t count = 0;

        for (size_t i = 0; i < model->file_count; i++)
                for (size_t k = 0; k < model->files[i].proto->n_service; k++)
                        count += model->files[i].proto->service[k]->n_method;
        model->methods = arena_array(model->arena, struct method, count);
        for (size_t i = 0; i < model->file_count; i++)
                for (size_t k = 0; k < model->files[i].proto->n_service; k++)
                        for (size_t j = 0; j < model->files[i].proto->service[k]->n_method; j++)
                                read_method(model, &model->files[i], k, j);
        qsort(model->methods, model->method_count, sizeof(model->methods[0]), method_compare);
}
