/*
 * Reads the messages that are rows into the model's tables. A name that is no field stays NULL, for
 * check_tables.c to refuse with everything else.
 */
#include <stdlib.h>
#include "tools/protoc-gen-shop/passes.h"
#include "tools/protoc-gen-shop/source.h"

static int table_compare(const void *a, const void *b)
{
        uint32_t left = ((const struct table *)a)->options->number;
        uint32_t right = ((const struct table *)b)->options->number;

        return (left > right) - (left < right);
}

static void read_index(struct arena *arena, const struct table *table,
        const Shop__IndexOptions *options, struct index *out)
{
        out->options = options;
        out->field_count = options->n_on;
        out->fields = arena_array(arena, const struct field *, options->n_on);
        out->name = "";
        for (size_t i = 0; i < options->n_on; i++) {
                out->fields[i] = model_field(table->message, options->on[i]);
                out->name =
                        arena_printf(arena, "%s%s%s", out->name, i == 0 ? "" : "_", options->on[i]);
        }
        out->under_owner = table->options->in != NULL && out->field_count > 0 &&
                           out->fields[0] == table->owner;
}

static void read_table(struct model *model, const struct message *message, struct table *out)
{
        static const char *const id[] = {"id"};
        const Shop__TableOptions *options = out->options;

        out->message = message;
        out->key_count = options->n_key == 0 ? 1 : options->n_key;
        out->key_names = options->n_key == 0 ? id : (const char *const *)options->key;
        out->key = arena_array(model->arena, const struct field *, out->key_count);
        for (size_t i = 0; i < out->key_count; i++)
                out->key[i] = model_field(message, out->key_names[i]);
        if (options->owner != NULL)
                out->owner = model_field(message, options->owner);
        out->etag = model_field(message, "etag");
        out->index_count = options->n_index;
        out->indexes = arena_array(model->arena, struct index, options->n_index);
        for (size_t i = 0; i < options->n_index; i++)
                read_index(model->arena, out, options->index[i], &out->indexes[i]);
}

void tables_read(struct model *model)
{
        model->tables = arena_array(model->arena, struct table, model->message_count);
        for (size_t i = 0; i < model->message_count; i++) {
                struct message *message = &model->messages[i];
                const Shop__Generator__MessageView *view =
                        source_view(model->arena, (const ProtobufCMessage *)message->proto->options,
                                &shop__generator__message_view__descriptor);

                if (view->table != NULL) {
                        struct table *table = &model->tables[model->table_count++];

                        table->options = view->table;
                        read_table(model, message, table);
                }
        }
        qsort(model->tables, model->table_count, sizeof(model->tables[0]), table_compare);
        for (size_t i = 0; i < model->table_count; i++) {
                struct table *table = &model->tables[i];

                ((struct message *)table->message)->table = table;
                if (table->options->child_of != NULL)
                        table->parent = model_table(model, table->options->child_of);
        }
        for (size_t i = 0; i < model->message_count; i++)
                for (size_t k = 0; k < model->messages[i].field_count; k++) {
                        struct field *field = &model->messages[i].fields[k];

                        if (field->rule->ref != NULL)
                                field->ref = model_table(model, field->rule->ref);
                }
}
