/*
 * Messages and their fields' rules as constants. Limits that a field does not declare get their
 * defaults here, so that lib/schema/rules.c compares numbers and knows no defaults.
 */
#include "tools/protoc-gen-shop/emit.h"
#include "tools/protoc-gen-shop/sizes.h"
#include "tools/protoc-gen-shop/names.h"

static void emit_flags(struct buffer *out, const Shop__FieldRule *rule)
{
        const struct {
                bool set;
                const char *name;
        } flags[] = {
                {rule->required, "REQUIRED"},
                {rule->output_only, "OUTPUT_ONLY"},
                {rule->immutable, "IMMUTABLE"},
                {rule->input_only, "INPUT_ONLY"},
                {rule->personal, "PERSONAL"},
                {rule->secret, "SECRET"},
                {rule->child, "CHILD"},
                {rule->weak, "WEAK"},
                {rule->has_min, "HAS_MIN"},
                {rule->has_max, "HAS_MAX"},
        };
        const char *before = ".flags = ";

        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
                if (!flags[i].set)
                        continue;
                buffer_printf(out, "%sSCHEMA_%s", before, flags[i].name);
                before = " | ";
        }
        if (before[0] == ' ')
                buffer_printf(out, ", ");
}

/* The least int64_t has no literal in C. */
static void emit_bound(struct buffer *out, const char *name, int64_t value)
{
        if (value == INT64_MIN)
                buffer_printf(out, ".%s = INT64_MIN, ", name);
        else
                buffer_printf(out, ".%s = INT64_C(%lld), ", name, (long long)value);
}

static void emit_field(struct buffer *out, const struct model *model, const struct field *field)
{
        const Shop__FieldRule *rule = field->rule;

        buffer_printf(out, "        {/* %s */ ", field->name);
        emit_flags(out, rule);
        if (rule->min_len > 0)
                buffer_printf(out, ".len_min = %u, ", rule->min_len);
        if (sizes_has_len(field))
                buffer_printf(out, ".len_max = %u, ", sizes_len_max(field));
        if (rule->min_items > 0)
                buffer_printf(out, ".items_min = %u, ", rule->min_items);
        if (field->repeated)
                buffer_printf(out, ".items_max = %u, ", sizes_items_max(field));
        if (rule->has_min)
                emit_bound(out, "min", rule->min);
        if (rule->has_max)
                emit_bound(out, "max", rule->max);
        if (rule->format != 0)
                buffer_printf(out, ".format = %d, ", (int)rule->format);
        if (field->ref != NULL)
                buffer_printf(out, ".ref = &%s_table, ", field->ref->message->lower);
        if (field->message != NULL)
                buffer_printf(out, ".message = &%s_message, ", field->message->lower);
        buffer_printf(out, "\n         .doc = %s},\n", text_literal(model->arena, field->doc));
}

void emit_messages(struct buffer *out, const struct model *model)
{
        for (size_t i = 0; i < model->message_count; i++) {
                const struct message *message = &model->messages[i];

                if (message->field_count > 0) {
                        buffer_printf(out, "static const struct schema_field %s_fields[] = {\n",
                                message->lower);
                        for (size_t k = 0; k < message->field_count; k++)
                                emit_field(out, model, &message->fields[k]);
                        buffer_printf(out, "};\n");
                }
                buffer_printf(out,
                        "static const struct schema_message %s_message = {\n"
                        "        .descriptor = &%s,\n",
                        message->lower, message->descriptor);
                if (message->field_count > 0)
                        buffer_printf(out, "        .fields = %s_fields,\n", message->lower);
                if (message->table != NULL)
                        buffer_printf(out, "        .table = &%s_table,\n", message->lower);
                buffer_printf(out, "        .doc = %s,\n};\n\n",
                        text_literal(model->arena, message->doc));
        }
}
