/* Refusals of what makes a message a row: numbers, keys, indexes, owners, children, sizes. */
#include "tools/protoc-gen-shop/check.h"

#include <string.h>
#include "lib/schema/schema.h"
#include "tools/protoc-gen-shop/sizes.h"

/* What stands in a key or an index; place is "key" or "index". */
static void check_key_field(struct model *model, const struct table *table, const char *place,
        const char *name, const struct field *field)
{
        const struct message *message = table->message;

        if (field == NULL) {
                refuse_field(model, message, name, "table %s names no such field", place);
                return;
        }
        if (field->repeated || field->key_class == KEY_CLASS_NONE)
                refuse_field(model, message, name, "a table %s cannot hold %s", place,
                        field->repeated ? "a repeated field" : "a field of this type");
        if (field->rule->secret)
                refuse_field(model, message, name, "a table %s cannot hold secret data", place);
}

static bool keys_are_known(const struct table *table)
{
        for (size_t i = 0; i < table->key_count; i++)
                if (table->key[i] == NULL)
                        return false;
        return true;
}

/* What is personal stands in an index only as a hash, and in a primary key not at all. */
static void check_blind(struct model *model, const struct table *table, const struct index *index)
{
        bool personal = false;

        for (size_t i = 0; i < index->field_count; i++) {
                const struct field *field = index->fields[i];

                if (field == NULL || !field->rule->personal)
                        continue;
                personal = true;
                if (!index->options->blind)
                        refuse_field(model, table->message, field->name,
                                "a table index cannot hold personal data unless it says"
                                " blind: true");
                else if (field->key_class != KEY_CLASS_TEXT)
                        refuse_field(model, table->message, field->name,
                                "a blind index holds personal texts, and this is none");
        }
        if (index->options->blind && !personal)
                refuse_message(model, table->message,
                        "index %s says blind and is on no personal field", index->name);
}

static void check_index(struct model *model, const struct table *table, const struct index *index)
{
        uint32_t number = index->options->number;

        if (number < 1 || number > 255)
                refuse_message(model, table->message, "index number %u is not in 1 to 255", number);
        if (index->field_count == 0)
                refuse_message(model, table->message, "index %u is on no field", number);
        for (size_t i = 0; i < index->field_count; i++)
                check_key_field(model, table, "index", index->options->on[i], index->fields[i]);
        check_blind(model, table, index);
        for (const struct index *other = table->indexes; other != index; other++)
                if (other->options->number == number)
                        refuse_message(
                                model, table->message, "index number %u is used twice", number);
        if (keys_are_known(table) && sizes_key_bytes(table, index) > LIMIT_KEY_BYTES)
                refuse_message(model, table->message,
                        "index %s can take %llu bytes, more than the %d of a key: lower max_len or"
                        " give the texts a format",
                        index->name, (unsigned long long)sizes_key_bytes(table, index),
                        LIMIT_KEY_BYTES);
}

static void check_key(struct model *model, const struct table *table)
{
        for (size_t i = 0; i < table->key_count; i++) {
                check_key_field(model, table, "key", table->key_names[i], table->key[i]);
                if (table->key[i] != NULL && table->key[i]->rule->personal)
                        refuse_field(model, table->message, table->key_names[i],
                                "a table key cannot hold personal data");
        }
        if (keys_are_known(table) && sizes_key_bytes(table, NULL) > LIMIT_KEY_BYTES)
                refuse_message(model, table->message,
                        "its key can take %llu bytes, more than %d: lower max_len or give the texts"
                        " a format",
                        (unsigned long long)sizes_key_bytes(table, NULL), LIMIT_KEY_BYTES);
}

static void check_owner(struct model *model, const struct table *table)
{
        const Shop__TableOptions *options = table->options;

        if (options->owner != NULL && table->owner == NULL)
                refuse_field(
                        model, table->message, options->owner, "table owner names no such field");
        if (table->owner != NULL &&
                (table->owner->key_class != KEY_CLASS_TEXT || table->owner->repeated))
                refuse_field(model, table->message, options->owner,
                        "the owner must be a string, the id of a row");
        if (options->in == NULL)
                return;
        if (options->owner == NULL)
                refuse_message(model, table->message,
                        "in: \"%s\" wants an owner field to say under whose row", options->in);
        if (model_table(model, options->in) == NULL && model->mode == MODE_SERVER)
                refuse_message(model, table->message, "in names no table: \"%s\"", options->in);
}

/* By whom its rows are found without going through those of everybody. */
static bool starts_with_owner(const struct table *table)
{
        if (table->options->in != NULL || table->key[0] == table->owner)
                return true;
        for (size_t i = 0; i < table->index_count; i++)
                if (table->indexes[i].field_count > 0 &&
                        table->indexes[i].fields[0] == table->owner)
                        return true;
        return false;
}

/* The row that its key begins with is the owner's. */
static bool hangs_on_owned(const struct table *table)
{
        const struct table *holder = table->key[0]->ref;

        return holder != NULL && holder->owner != NULL && holder->key_count == 1 &&
               starts_with_owner(holder);
}

/* What becomes of rows when their owner is erased is said, and those rows can be found. */
static void check_erasure(struct model *model, const struct table *table)
{
        const Shop__TableOptions *options = table->options;

        if (table->owner == NULL || table->parent != NULL || options->owner_keys) {
                if (options->forget || options->book)
                        refuse_message(model, table->message,
                                "forget and book are for tables with an owner, and children do as"
                                " their parent");
                return;
        }
        if (options->forget == options->book)
                refuse_message(model, table->message,
                        "its rows have an owner: say forget, that they go when the owner is"
                        " erased, or book, that they stay");
        if (options->forget && options->log)
                refuse_message(model, table->message, "the rows of a log cannot be forgotten");
        if (keys_are_known(table) && !starts_with_owner(table) && !hangs_on_owned(table))
                refuse_message(model, table->message,
                        "nobody finds an owner's rows: begin the key or an index with %s or with a"
                        " row of theirs, or say in",
                        table->owner->name);
}

static void check_parent(struct model *model, const struct table *table)
{
        const char *name = table->options->child_of;
        const struct table *parent = table->parent;

        if (name == NULL)
                return;
        if (parent == NULL) {
                if (model->mode == MODE_SERVER)
                        refuse_message(
                                model, table->message, "child_of names no table: \"%s\"", name);
                return;
        }
        const char *first = arena_printf(model->arena, "%s_id", parent->message->lower);
        if (table->key_count < 2 || strcmp(table->key_names[0], first) != 0)
                refuse_message(model, table->message,
                        "the key of a child of %s must begin with \"%s\" and go on", name, first);
        if (parent->key_count != 1)
                refuse_message(model, table->message,
                        "child_of wants a parent whose key is one field, %s has %zu", name,
                        parent->key_count);
        if (model_child_field(parent, table) == NULL)
                refuse_message(model, table->message,
                        "child_of wants a field of %s that holds the rows and says (rule).child",
                        name);
}

static void check_log(struct model *model, const struct table *table)
{
        const Shop__TableOptions *options = table->options;

        if (options->chained && !options->log)
                refuse_message(model, table->message, "chained wants log");
        if (!options->log)
                return;
        if (table->key_count != 1 ||
                (table->key[0] != NULL &&
                        table->key[0]->proto->type !=
                                GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT64))
                refuse_message(model, table->message, "the key of a log must be one uint64");
        if (options->in != NULL || options->child_of != NULL)
                refuse_message(model, table->message,
                        "a log is a tree of its own: neither in nor child_of");
}

/* A log is a tree of its own in the database, which has so many. */
static void check_log_count(struct model *model)
{
        size_t count = 0;

        for (size_t i = 0; i < model->table_count; i++) {
                const struct table *table = &model->tables[i];

                if (table->options->log && ++count == SCHEMA_LOGS_MAX + 1)
                        refuse_message(model, table->message,
                                "it is one log too many: there may be %d", SCHEMA_LOGS_MAX);
        }
}

static void check_special_fields(struct model *model, const struct table *table)
{
        const struct field *state = model_field(table->message, "state");

        if (table->etag != NULL &&
                (table->etag->key_class != KEY_CLASS_TEXT || table->etag->repeated))
                refuse_field(model, table->message, "etag", "an etag must be a string");
        if (state != NULL && state->key_class == KEY_CLASS_ENUM && !state->rule->output_only)
                refuse_field(model, table->message, "state",
                        "a state is changed by methods, never set: it must be output_only");
}

static void check_size(struct model *model, const struct table *table)
{
        if (table->message->recursive || table->options->large)
                return;
        uint64_t bytes = sizes_row_bytes(table);
        if (bytes > LIMIT_ROW_BYTES)
                refuse_message(model, table->message,
                        "its worst row takes %llu bytes, more than %d: lower max_len and max_items,"
                        " make a child table, or say large: true",
                        (unsigned long long)bytes, LIMIT_ROW_BYTES);
}

/* Whose key seals what is personal must be known before anything is opened: from a field that is
 * not sealed itself, or from the owner under whom the row lies. */
static bool has_owner(const struct table *table)
{
        const struct table *root = table;

        while (root->parent != NULL)
                root = root->parent;
        return table->owner != NULL || root->options->in != NULL;
}

static void check_personal(struct model *model, const struct table *table, bool keys)
{
        if (table->message->recursive)
                return;
        if (table->owner != NULL && table->owner->rule->personal)
                refuse_field(model, table->message, table->owner->name,
                        "the owner cannot be personal: it tells whose key opens the row");
        for (size_t i = 0; i < table->message->field_count; i++) {
                const struct field *field = &table->message->fields[i];

                if (field->rule->child || !model_personal(field))
                        continue;
                if (!has_owner(table))
                        refuse_field(model, table->message, field->name,
                                "it is personal, and the table has no owner under whose key it"
                                " could be sealed");
                else if (!keys)
                        refuse_field(model, table->message, field->name,
                                "it is personal, and the contract has no table that says"
                                " owner_keys: true");
        }
}

/* lib/store/owner_key.c reads such rows without knowing more than this. */
static void check_owner_keys(struct model *model, const struct table *table)
{
        const struct message *message = table->message;

        if (table->key_count != 1 || table->key[0] == NULL || table->key[0] != table->owner ||
                table->options->in == NULL || message->field_count != 3 ||
                table->key[0]->position != 0 ||
                message->fields[1].proto->type !=
                        GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT64 ||
                message->fields[2].key_class != KEY_CLASS_BYTES)
                refuse_message(model, message,
                        "owner_keys wants three fields: the owner, who is the key and under whom"
                        " the row lies, a uint64 and bytes");
}

/* Tables are sorted by number: equal ones are neighbours. */
static void check_number(struct model *model, size_t place)
{
        const struct table *table = &model->tables[place];
        uint32_t number = table->options->number;

        if (number < 1 || number > 65535)
                refuse_message(
                        model, table->message, "table number %u is not in 1 to 65535", number);
        if (place > 0 && model->tables[place - 1].options->number == number)
                refuse_message(model, table->message, "table number %u is %s's already", number,
                        model->tables[place - 1].message->name);
}

void check_tables(struct model *model)
{
        const struct table *keys = model_owner_keys(model);

        check_log_count(model);
        for (size_t i = 0; i < model->table_count; i++) {
                const struct table *table = &model->tables[i];

                check_number(model, i);
                check_key(model, table);
                for (size_t k = 0; k < table->index_count; k++)
                        check_index(model, table, &table->indexes[k]);
                check_owner(model, table);
                if (model->mode == MODE_SERVER)
                        check_erasure(model, table);
                check_parent(model, table);
                check_log(model, table);
                check_special_fields(model, table);
                check_size(model, table);
                if (model->mode == MODE_SERVER)
                        check_personal(model, table, keys != NULL);
                if (table->options->owner_keys)
                        check_owner_keys(model, table);
                if (table->options->owner_keys && table != keys)
                        refuse_message(model, table->message, "owner_keys is said by %s already",
                                keys->message->name);
        }
}
