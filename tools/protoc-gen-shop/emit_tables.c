/* Tables with their keys, indexes and children as constants. */
#include "tools/protoc-gen-shop/emit.h"

#define FLAG(condition) ((condition) ? "true" : "false")

static void emit_positions(struct buffer *out, const struct field *const *fields, size_t count)
{
        for (size_t i = 0; i < count; i++)
                buffer_printf(out, "%s%u", i == 0 ? "" : ", ", fields[i]->position);
}

static void emit_position(struct buffer *out, const char *name, const struct field *field)
{
        if (field == NULL)
                buffer_printf(out, "        .%s = SCHEMA_NONE,\n", name);
        else
                buffer_printf(out, "        .%s = %u,\n", name, field->position);
}

static void emit_indexes(struct buffer *out, const struct table *table)
{
        const char *lower = table->message->lower;

        for (size_t i = 0; i < table->index_count; i++) {
                buffer_printf(out, "static const uint16_t %s_index_%u[] = {", lower,
                        table->indexes[i].options->number);
                emit_positions(out, table->indexes[i].fields, table->indexes[i].field_count);
                buffer_printf(out, "};\n");
        }
        buffer_printf(out, "static const struct schema_index %s_indexes[] = {\n", lower);
        for (size_t i = 0; i < table->index_count; i++) {
                const struct index *index = &table->indexes[i];

                buffer_printf(out,
                        "        {.number = %u, .name = \"%s\", .fields = %s_index_%u,"
                        " .field_count = %zu,\n         .unique = %s, .sparse = %s, .blind = %s,"
                        " .under_owner = %s},\n",
                        index->options->number, index->name, lower, index->options->number,
                        index->field_count, FLAG(index->options->unique),
                        FLAG(index->options->sparse), FLAG(index->options->blind),
                        FLAG(index->under_owner));
        }
        buffer_printf(out, "};\n");
}

static size_t emit_children(
        struct buffer *out, const struct model *model, const struct table *table)
{
        size_t count = 0;

        for (size_t i = 0; i < model->table_count; i++) {
                const struct table *child = &model->tables[i];
                const struct field *field =
                        child->parent == table ? model_child_field(table, child) : NULL;

                if (field == NULL)
                        continue;
                if (count++ == 0)
                        buffer_printf(out, "static const struct schema_child %s_children[] = {\n",
                                table->message->lower);
                buffer_printf(out, "        {.field = %u, .table = &%s_table},\n", field->position,
                        child->message->lower);
        }
        if (count > 0)
                buffer_printf(out, "};\n");
        return count;
}

/* What is personal, but for child fields, whose rows are tables of their own. */
static size_t emit_sealed(struct buffer *out, const struct table *table)
{
        const struct message *message = table->message;
        size_t count = 0;

        for (size_t i = 0; i < message->field_count; i++) {
                const struct field *field = &message->fields[i];

                if (field->rule->child || !model_personal(field))
                        continue;
                if (count++ == 0)
                        buffer_printf(out, "static const uint16_t %s_sealed[] = {", message->lower);
                buffer_printf(out, "%s%u", count == 1 ? "" : ", ", field->position);
        }
        if (count > 0)
                buffer_printf(out, "};\n");
        return count;
}

static void emit_table(struct buffer *out, const struct model *model, const struct table *table)
{
        const char *lower = table->message->lower;
        const Shop__TableOptions *options = table->options;
        size_t children = emit_children(out, model, table);
        size_t sealed = emit_sealed(out, table);

        if (table->index_count > 0)
                emit_indexes(out, table);
        buffer_printf(out, "static const uint16_t %s_key[] = {", lower);
        emit_positions(out, table->key, table->key_count);
        buffer_printf(out,
                "};\n%sconst struct schema_table %s_table = {\n        .number = %u,\n"
                "        .name = \"%s\",\n        .message = &%s_message,\n"
                "        .key = %s_key,\n        .key_count = %zu,\n",
                model->mode == MODE_SERVER ? "" : "static ", lower, options->number,
                table->message->name, lower, lower, table->key_count);
        emit_position(out, "owner", table->owner);
        emit_position(out, "etag", table->etag);
        buffer_printf(out,
                "        .under_owner = %s,\n        .log = %s,\n        .chained = %s,\n"
                "        .large = %s,\n        .forget = %s,\n",
                FLAG(options->in != NULL), FLAG(options->log), FLAG(options->chained),
                FLAG(options->large), FLAG(options->forget));
        if (sealed > 0)
                buffer_printf(out, "        .sealed = %s_sealed,\n        .sealed_count = %zu,\n",
                        lower, sealed);
        if (table->parent != NULL)
                buffer_printf(out, "        .parent = &%s_table,\n", table->parent->message->lower);
        if (children > 0)
                buffer_printf(out, "        .children = %s_children,\n", lower);
        buffer_printf(out, "        .child_count = %zu,\n", children);
        if (table->index_count > 0)
                buffer_printf(out, "        .indexes = %s_indexes,\n", lower);
        buffer_printf(out, "        .index_count = %zu,\n};\n\n", table->index_count);
}

void emit_tables(struct buffer *out, const struct model *model)
{
        for (size_t i = 0; i < model->table_count; i++)
                emit_table(out, model, &model->tables[i]);
}
