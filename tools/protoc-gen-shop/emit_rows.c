/*
 * X.rows.h: the server's names for messages, enums and fields, and typed one-line wrappers over
 * lib/store/store.h for each table. They are functions rather than macros for the sake of the
 * types in their parameters: order_get(txn, cart) does not compile.
 */
#include "tools/protoc-gen-shop/emit.h"

#include <string.h>
#include "tools/protoc-gen-shop/names.h"

/* How a wrapper's parameters and the key they make look in C. */
struct parameters {
        char *declaration; /* ", const char *id, int64_t create_time_us" */
        char *values;      /* "key_text(id), key_int(create_time_us)" */
};

static struct parameters parameters_none(void)
{
        return (struct parameters){.declaration = "", .values = ""};
}

static struct parameters parameters_add(
        struct arena *arena, struct parameters before, const struct field *field)
{
        const struct {
                const char *type, *key, *suffix;
        } forms[] = {
                [KEY_CLASS_NONE] = {"", "", ""},
                [KEY_CLASS_TEXT] = {"const char *", "key_text", ""},
                [KEY_CLASS_BYTES] = {"struct bytes ", "key_bytes", ""},
                [KEY_CLASS_BOOL] = {"bool ", "key_bool", ""},
                [KEY_CLASS_UINT] = {"uint64_t ", "key_uint", ""},
                [KEY_CLASS_INT] = {"int64_t ", "key_int", ""},
                [KEY_CLASS_ENUM] = {NULL, "key_int", ""},
                [KEY_CLASS_TIME] = {"int64_t ", "key_int", "_us"},
        };
        const char *type = forms[field->key_class].type;

        if (type == NULL)
                type = arena_printf(arena, "%s ", field->enumeration->name);
        return (struct parameters){
                .declaration = arena_printf(arena, "%s, %s%s%s", before.declaration, type,
                        field->name, forms[field->key_class].suffix),
                .values = arena_printf(arena, "%s%s%s(%s%s)", before.values,
                        before.values[0] == 0 ? "" : ", ", forms[field->key_class].key, field->name,
                        forms[field->key_class].suffix),
        };
}

static struct parameters parameters_of(
        struct arena *arena, const struct field *const *fields, size_t count)
{
        struct parameters parameters = parameters_none();

        for (size_t i = 0; i < count; i++)
                parameters = parameters_add(arena, parameters, fields[i]);
        return parameters;
}

/* ---- names ---- */

static void emit_message_names(struct buffer *out, const struct message *message)
{
        buffer_printf(out, "typedef %s %s;\n#define %s_INIT %s\n", message->c_type, message->name,
                message->upper, message->init);
}

/* Of rows: "PRODUCT__STATE__NUMBER", for those who read a row as it is stored. */
static void emit_field_numbers(
        struct buffer *out, struct arena *arena, const struct message *message)
{
        for (size_t i = 0; message->table != NULL && i < message->field_count; i++) {
                const struct field *field = &message->fields[i];

                buffer_printf(out, "#define %s__%s__NUMBER %d\n", message->upper,
                        name_upper(arena, field->name), (int)field->proto->number);
        }
}

static void emit_enum_names(
        struct buffer *out, struct arena *arena, const struct enumeration *enumeration)
{
        buffer_printf(out, "typedef %s %s;\n", enumeration->c_type, enumeration->name);
        for (size_t i = 0; i < enumeration->value_count; i++)
                buffer_printf(out, "#define %s SHOP__%s__%s\n", enumeration->values[i]->name,
                        name_upper(arena, enumeration->name), enumeration->values[i]->name);
}

static void emit_names(struct buffer *out, const struct model *model, const struct file *file)
{
        for (size_t i = 0; i < model->message_count; i++) {
                const struct message *message = &model->messages[i];

                if (message->file == file ||
                        (message->file == NULL && model_imports(file, message)))
                        emit_message_names(out, message);
                if (message->file == file)
                        emit_field_numbers(out, model->arena, message);
        }
        for (size_t i = 0; i < model->enum_count; i++)
                if (model->enums[i].file == file)
                        emit_enum_names(out, model->arena, &model->enums[i]);
        buffer_printf(out, "\n");
}

/* ---- wrappers ---- */

/* static inline <type><table>_<verb>(struct txn *txn<parameters>) { return <call>; } */
static void emit_wrapper(struct buffer *out, const char *prototype, const char *call)
{
        buffer_printf(out, "static inline %s\n{\n        %s;\n}\n", prototype, call);
}

static void emit_reads(
        struct buffer *out, struct arena *arena, const struct table *table, bool has_children)
{
        const char *type = table->message->name, *lower = table->message->lower;
        struct parameters key = parameters_of(arena, table->key, table->key_count);

        emit_wrapper(out,
                arena_printf(arena, "%s *%s_get(struct txn *txn%s)", type, lower, key.declaration),
                arena_printf(arena,
                        "return txn_get(txn, &%s_table, (const struct key_value[]){%s})", lower,
                        key.values));
        emit_wrapper(out,
                arena_printf(arena, "bool %s_has(struct txn *txn%s)", lower, key.declaration),
                arena_printf(arena,
                        "return txn_has(txn, &%s_table, (const struct key_value[]){%s})", lower,
                        key.values));
        emit_wrapper(out,
                arena_printf(arena, "struct stored %s_stored(struct txn *txn%s)", lower,
                        key.declaration),
                arena_printf(arena,
                        "return txn_stored(txn, &%s_table, (const struct key_value[]){%s})", lower,
                        key.values));
        if (table->options->in == NULL && !table->options->log)
                emit_wrapper(out,
                        arena_printf(arena, "const %s *%s_get_shared(struct txn *txn%s)", type,
                                lower, key.declaration),
                        arena_printf(arena,
                                "return txn_get_shared(txn, &%s_table,"
                                " (const struct key_value[]){%s})",
                                lower, key.values));
        if (has_children)
                emit_wrapper(out,
                        arena_printf(arena, "%s *%s_document(struct txn *txn%s)", type, lower,
                                key.declaration),
                        arena_printf(arena,
                                "return txn_document(txn, &%s_table,"
                                " (const struct key_value[]){%s})",
                                lower, key.values));
}

static void emit_writes(struct buffer *out, struct arena *arena, const struct table *table)
{
        const char *type = table->message->name, *lower = table->message->lower;
        struct parameters key = parameters_of(arena, table->key, table->key_count);

        if (table->options->log) {
                emit_wrapper(out,
                        arena_printf(
                                arena, "uint64_t %s_append(struct txn *txn, %s *row)", lower, type),
                        arena_printf(arena, "return txn_append(txn, &%s_table, row)", lower));
                return;
        }
        emit_wrapper(out,
                arena_printf(arena, "void %s_insert(struct txn *txn, const %s *row)", lower, type),
                arena_printf(arena, "txn_insert(txn, &%s_table, row)", lower));
        emit_wrapper(out,
                arena_printf(arena, "void %s_update(struct txn *txn, const %s *row)", lower, type),
                arena_printf(arena, "txn_update(txn, &%s_table, row)", lower));
        emit_wrapper(out,
                arena_printf(arena, "void %s_delete(struct txn *txn%s)", lower, key.declaration),
                arena_printf(arena, "txn_delete(txn, &%s_table, (const struct key_value[]){%s})",
                        lower, key.values));
}

/* A scan and its reverse. index: a C expression; owner: "NULL" or a parameter. */
struct scan_form {
        const char *name; /* "order_by_state" */
        const char *index;
        const char *owner;
        struct parameters parameters; /* in the prototype */
        const char *values;           /* in the key, "" for none */
        size_t count;
};

static void emit_scan(struct buffer *out, struct arena *arena, const struct table *table,
        const struct scan_form *form)
{
        static const struct {
                const char *suffix, *direction;
        } ways[] = {{"", "ASCENDING"}, {"_latest", "DESCENDING"}};

        for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
                const char *values = "NULL";

                if (form->count > 0)
                        values =
                                arena_printf(arena, "(const struct key_value[]){%s}", form->values);
                emit_wrapper(out,
                        arena_printf(arena, "struct scan *%s%s(struct txn *txn%s)", form->name,
                                ways[i].suffix, form->parameters.declaration),
                        arena_printf(arena,
                                "return txn_scan(txn, &%s_table, %s, %s,\n"
                                "                %s, %zu, %s)",
                                table->message->lower, form->index, form->owner, values,
                                form->count, ways[i].direction));
        }
}

static void emit_primary_scans(struct buffer *out, struct arena *arena, const struct table *table)
{
        const char *lower = table->message->lower;
        bool under_owner = table->options->in != NULL;
        struct parameters first = parameters_of(arena, table->key, 1);

        if (under_owner && table->parent == NULL) {
                struct parameters owner = parameters_add(arena, parameters_none(), table->owner);

                emit_scan(out, arena, table,
                        &(struct scan_form){.name = arena_printf(arena, "%s_of", lower),
                                .index = "NULL",
                                .owner = table->owner->name,
                                .parameters = owner,
                                .values = ""});
                return;
        }
        if (!under_owner)
                emit_scan(out, arena, table,
                        &(struct scan_form){.name = arena_printf(arena, "%s_all", lower),
                                .index = "NULL",
                                .owner = "NULL",
                                .parameters = parameters_none(),
                                .values = ""});
        if (table->key_count > 1)
                emit_scan(out, arena, table,
                        &(struct scan_form){.name = arena_printf(arena, "%s_of", lower),
                                .index = "NULL",
                                .owner = "NULL",
                                .parameters = first,
                                .values = first.values,
                                .count = 1});
}

/* True where an index before this one begins with the same fields: it has the accessor. */
static bool prefix_taken(const struct table *table, size_t index, size_t count)
{
        const struct field **fields = table->indexes[index].fields;

        for (size_t i = 0; i < table->index_count; i++) {
                const struct index *other = &table->indexes[i];
                bool before = other->options->number < table->indexes[index].options->number;

                if (before && other->field_count >= count &&
                        memcmp(other->fields, fields, count * sizeof(fields[0])) == 0)
                        return true;
        }
        return false;
}

static void emit_index_scans(
        struct buffer *out, struct arena *arena, const struct table *table, size_t place)
{
        const struct index *index = &table->indexes[place];
        const char *lower = table->message->lower;
        const char *name = arena_printf(arena, "%s_by", lower);
        const char *constant = arena_printf(arena, "&%s_table.indexes[%zu]", lower, place);

        for (size_t count = 1; count <= index->field_count; count++) {
                struct parameters parameters = parameters_of(arena, index->fields, count);

                name = arena_printf(arena, "%s_%s", name, index->fields[count - 1]->name);
                if (!prefix_taken(table, place, count))
                        emit_scan(out, arena, table,
                                &(struct scan_form){.name = name,
                                        .index = constant,
                                        .owner = "NULL",
                                        .parameters = parameters,
                                        .values = parameters.values,
                                        .count = count});
        }
        if (!index->under_owner)
                emit_scan(out, arena, table,
                        &(struct scan_form){
                                .name = arena_printf(arena, "%s_all_by_%s", lower, index->name),
                                .index = constant,
                                .owner = "NULL",
                                .parameters = parameters_none(),
                                .values = ""});
        if (index->options->unique) {
                struct parameters all = parameters_of(arena, index->fields, index->field_count);

                emit_wrapper(out,
                        arena_printf(arena, "%s *%s_get_by_%s(struct txn *txn%s)",
                                table->message->name, lower, index->name, all.declaration),
                        arena_printf(arena,
                                "return txn_get_by(txn, &%s_table, %s,\n"
                                "                (const struct key_value[]){%s})",
                                lower, constant, all.values));
        }
}

static bool table_has_children(const struct model *model, const struct table *table)
{
        for (size_t i = 0; i < model->table_count; i++)
                if (model->tables[i].parent == table)
                        return true;
        return false;
}

static void emit_table_wrappers(
        struct buffer *out, const struct model *model, const struct table *table)
{
        const char *lower = table->message->lower;

        buffer_printf(out, "extern const struct schema_table %s_table;\n", lower);
        emit_reads(out, model->arena, table, table_has_children(model, table));
        emit_writes(out, model->arena, table);
        emit_primary_scans(out, model->arena, table);
        for (size_t i = 0; i < table->index_count; i++)
                emit_index_scans(out, model->arena, table, i);
        emit_wrapper(out,
                arena_printf(model->arena, "%s *%s_next(struct scan *scan)", table->message->name,
                        lower),
                "return scan_next(scan)");
        buffer_printf(out, "\n");
}

void emit_rows(struct outputs *outputs, const struct model *model, const struct file *file)
{
        struct buffer *out = output_begin(
                outputs, arena_printf(model->arena, "%s.rows.h", file->base), file->name);

        buffer_printf(out, "#include \"lib/store/store.h\"\n#include \"%s.pb-c.h\"\n", file->base);
        for (size_t i = 0; i < file->proto->n_dependency; i++) {
                const struct file *import = model_file(model, file->proto->dependency[i]);

                if (import != NULL)
                        buffer_printf(out, "#include \"%s.rows.h\"\n", import->base);
        }
        buffer_printf(out, "\n");
        emit_names(out, model, file);
        for (size_t i = 0; i < model->table_count; i++)
                if (model->tables[i].message->file == file)
                        emit_table_wrappers(out, model, &model->tables[i]);
}
