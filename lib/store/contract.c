/*
 * What the database was written with, as lines of "what: how", sorted: one for every message,
 * field, enum value, table, index and method. A program may open it when each of these lines is
 * also its own; what it has beyond them is new. Comparing two encoded FileDescriptorSets would
 * need their options parsed and would call a changed comment a change; the set is kept beside the
 * lines for tools that want to read an old database.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include "lib/store/internal.h"

#define DIFFERENCES_TOLD 3

static const char *field_type(const ProtobufCFieldDescriptor *field)
{
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                return ((const ProtobufCMessageDescriptor *)field->descriptor)->name;
        if (field->type == PROTOBUF_C_TYPE_ENUM)
                return ((const ProtobufCEnumDescriptor *)field->descriptor)->name;
        return "";
}

static void message_lines(struct buffer *out, const struct schema_message *message)
{
        const ProtobufCMessageDescriptor *descriptor = message->descriptor;

        buffer_printf(out, "message %s\n", descriptor->name);
        for (unsigned i = 0; i < descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
                bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;

                buffer_printf(out, "field %s.%u: %s type %d %s%s\n", descriptor->name, field->id,
                        field->name, field->type, field_type(field), repeated ? " repeated" : "");
        }
}

static void enum_lines(struct buffer *out, const ProtobufCEnumDescriptor *descriptor)
{
        buffer_printf(out, "enum %s\n", descriptor->name);
        for (unsigned i = 0; i < descriptor->n_values; i++)
                buffer_printf(out, "value %s.%d: %s\n", descriptor->name,
                        descriptor->values[i].value, descriptor->values[i].name);
}

static void field_names(struct buffer *out, const struct schema_table *table,
        const uint16_t *fields, uint16_t count)
{
        for (uint16_t i = 0; i < count; i++)
                buffer_printf(out, "%s%s", i > 0 ? "," : "",
                        table->message->descriptor->fields[fields[i]].name);
}

static void table_lines(struct buffer *out, const struct schema_table *table)
{
        buffer_printf(out, "table %u: %s key ", table->number, table->name);
        field_names(out, table, table->key, table->key_count);
        if (table->owner != SCHEMA_NONE && table->under_owner)
                buffer_printf(
                        out, " owner %s", table->message->descriptor->fields[table->owner].name);
        buffer_printf(out, "%s%s%s%s%s\n", table->under_owner ? " in" : "",
                table->log ? " log" : "", table->chained ? " chained" : "",
                table->parent != NULL ? " child of " : "",
                table->parent != NULL ? table->parent->name : "");
        for (uint16_t i = 0; i < table->index_count; i++) {
                const struct schema_index *index = &table->indexes[i];

                buffer_printf(out, "index %u.%u: ", table->number, index->number);
                field_names(out, table, index->fields, index->field_count);
                buffer_printf(out, "%s%s%s%s\n", index->unique ? " unique" : "",
                        index->sparse ? " sparse" : "", index->under_owner ? " in" : "",
                        index->blind ? " blind" : "");
        }
        for (uint16_t i = 0; i < table->sealed_count; i++) {
                const ProtobufCFieldDescriptor *field =
                        &table->message->descriptor->fields[table->sealed[i]];

                buffer_printf(out, "sealed %u.%u: %s\n", table->number, field->id, field->name);
        }
}

static int compare_lines(const void *a, const void *b)
{
        const char *const *left = a;
        const char *const *right = b;

        return strcmp(*left, *right);
}

/* Splits text (which it changes) into lines in the arena; the last of them is NULL. */
static const char **lines_split(struct arena *arena, char *text)
{
        size_t count = 0;
        size_t at = 0;

        for (const char *c = text; *c != '\0'; c++)
                count += *c == '\n';
        const char **lines = arena_array(arena, const char *, count + 1);
        for (char *line = text; at < count; line = strchr(line, '\0') + 1) {
                *strchr(line, '\n') = '\0';
                lines[at++] = line;
        }
        return lines;
}

static const char **lines_of_schema(struct arena *arena, const struct schema *schema)
{
        struct buffer out = {0};
        size_t count = 0;

        for (size_t i = 0; i < schema->message_count; i++)
                message_lines(&out, schema->messages[i]);
        for (size_t i = 0; i < schema->enum_count; i++)
                enum_lines(&out, schema->enums[i]->descriptor);
        for (size_t i = 0; i < schema->table_count; i++)
                table_lines(&out, schema->tables[i]);
        for (size_t i = 0; i < schema->method_count; i++)
                buffer_printf(&out, "method %s: %s to %s\n", schema->methods[i].name,
                        schema->methods[i].request->descriptor->name,
                        schema->methods[i].response->descriptor->name);
        const char **lines = lines_split(
                arena, arena_printf(arena, "%.*s", (int)out.len, (const char *)out.data));
        buffer_release(&out);
        while (lines[count] != NULL)
                count++;
        qsort(lines, count, sizeof(*lines), compare_lines);
        return lines;
}

static struct bytes lines_join(struct arena *arena, const char **lines)
{
        struct buffer out = {0};

        for (; *lines != NULL; lines++)
                buffer_printf(&out, "%s\n", *lines);
        struct bytes text = bytes_of(arena_copy(arena, out.data, out.len), out.len);
        buffer_release(&out);
        return text;
}

void build_name(char out[32], uint16_t table, uint8_t index)
{
        snprintf(out, 32, BUILD_PREFIX "%u.%u", table, index);
}

/* Lines begin with the same "table 17:"? */
static bool has_table(const char **lines, unsigned table)
{
        char head[32];
        int len = snprintf(head, sizeof(head), "table %u:", table);

        for (; *lines != NULL; lines++) {
                if (strncmp(*lines, head, (size_t)len) == 0)
                        return true;
        }
        return false;
}

/* A line that the database did not have: an index over rows that exist has to be built, and a
 * field that became personal to be sealed. What was personal stays so: without its line the
 * database is another contract's. */
static void line_added(struct txn *txn, const char **stored, const char *line)
{
        unsigned table, index;
        char name[32];

        if (sscanf(line, "sealed %u.%u:", &table, &index) == 2)
                index = 0;
        else if (sscanf(line, "index %u.%u:", &table, &index) != 2)
                return;
        if (!has_table(stored, table))
                return;
        build_name(name, (uint16_t)table, (uint8_t)index);
        meta_write(txn, name, bytes_of(NULL, 0));
}

static enum status lines_compare(
        struct txn *txn, const char **stored, const char **ours, struct error *error)
{
        struct buffer missing = {0};
        size_t missing_count = 0;
        const char **old = stored;

        while (*old != NULL || *ours != NULL) {
                int order = *old == NULL ? 1 : *ours == NULL ? -1 : strcmp(*old, *ours);

                if (order > 0)
                        line_added(txn, stored, *ours);
                else if (order < 0 && missing_count++ < DIFFERENCES_TOLD)
                        buffer_printf(&missing, "%s'%s'", missing_count > 1 ? ", " : "", *old);
                old += order <= 0;
                ours += order >= 0;
        }
        if (missing_count > 0)
                error_set(error, FAILED_PRECONDITION, "CONTRACT_MISMATCH",
                        "the database was written with %zu declarations that this program does "
                        "not have: %.*s%s",
                        missing_count, (int)missing.len, (const char *)missing.data,
                        missing_count > DIFFERENCES_TOLD ? ", ..." : "");
        buffer_release(&missing);
        return missing_count > 0 ? FAILED_PRECONDITION : OK;
}

enum status contract_open(struct txn *txn, struct error *error)
{
        const struct schema *schema = txn->store->schema;
        const char **ours = lines_of_schema(txn->arena, schema);
        struct bytes text = lines_join(txn->arena, ours);
        struct bytes stored = {NULL, 0};
        struct bytes set = {NULL, 0};
        enum status status = OK;

        bool known = meta_read(txn, "declarations", &stored);
        bool same_set =
                meta_read(txn, "descriptors", &set) && bytes_equal(set, schema->descriptor_set);
        if (known && same_set && bytes_equal(stored, text))
                return OK;
        if (known) {
                char *copy = arena_printf(
                        txn->arena, "%.*s", (int)stored.len, (const char *)stored.data);

                status = lines_compare(txn, lines_split(txn->arena, copy), ours, error);
        }
        if (status == OK) {
                meta_write(txn, "declarations", text);
                meta_write(txn, "descriptors", schema->descriptor_set);
        }
        return status;
}
