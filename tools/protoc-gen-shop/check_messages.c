/*
 * Refusals of messages, fields and enums, apart from what makes a message a row. A rule that
 * cannot have an effect (a length of a number, a format of an enum) is refused too: its author
 * believes that something is checked which is not.
 */
#include "tools/protoc-gen-shop/check.h"

#include <string.h>
#include "tools/protoc-gen-shop/sizes.h"

#define NO_COMMENT "it has no comment that says what it is"

static bool is_number(const struct field *field)
{
        return field->key_class == KEY_CLASS_INT || field->key_class == KEY_CLASS_UINT;
}

static void check_type(
        struct model *model, const struct message *message, const struct field *field)
{
        const Google__Protobuf__FieldDescriptorProto *proto = field->proto;

        if (proto->proto3_optional)
                refuse_field(model, message, field->name,
                        "optional is not for this contract: use an update mask or a message");
        if (proto->type == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_DOUBLE ||
                proto->type == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_FLOAT)
                refuse_field(model, message, field->name,
                        "there is no floating point in this contract: use minor units or a text of"
                        " FORMAT_DECIMAL");
        if (proto->type_name != NULL && field->message == NULL && field->enumeration == NULL)
                refuse_field(model, message, field->name,
                        "its type %s is in none of the contract's files", proto->type_name + 1);
}

static void check_numbers(
        struct model *model, const struct message *message, const struct field *field)
{
        const Shop__FieldRule *rule = field->rule;
        bool bounded = rule->has_min || rule->has_max;

        if (bounded && !is_number(field))
                refuse_field(model, message, field->name, "min and max are for numbers");
        if (rule->has_min && rule->has_max && rule->min > rule->max)
                refuse_field(model, message, field->name, "min is above max");
        if (!rule->required || field->repeated)
                return;
        if (field->key_class == KEY_CLASS_BOOL)
                refuse_field(model, message, field->name,
                        "required on a bool would refuse false: use an enum");
        if (is_number(field) && bounded && (!rule->has_min || rule->min <= 0) &&
                (!rule->has_max || rule->max >= 0))
                refuse_field(model, message, field->name,
                        "required would refuse 0, which its min and max allow: leave required away"
                        " or change them");
}

static void check_lengths(
        struct model *model, const struct message *message, const struct field *field)
{
        const Shop__FieldRule *rule = field->rule;

        if ((rule->has_min_len || rule->has_max_len) && !sizes_has_len(field))
                refuse_field(
                        model, message, field->name, "min_len and max_len are for texts and bytes");
        else if (rule->min_len > sizes_len_max(field))
                refuse_field(model, message, field->name, "min_len is above max_len (%u)",
                        sizes_len_max(field));
        if (rule->format != SHOP__FORMAT__FORMAT_ANY && field->key_class != KEY_CLASS_TEXT)
                refuse_field(model, message, field->name, "format is for texts");
        if ((rule->has_min_items || rule->has_max_items) && !field->repeated)
                refuse_field(model, message, field->name,
                        "min_items and max_items are for repeated fields");
        else if (rule->min_items > sizes_items_max(field))
                refuse_field(model, message, field->name, "min_items is above max_items (%u)",
                        sizes_items_max(field));
}

static void check_ref(struct model *model, const struct message *message, const struct field *field)
{
        const struct table *table = field->ref;

        if (field->rule->ref != NULL && table == NULL && model->mode == MODE_SERVER)
                refuse_field(model, message, field->name, "ref names no table: \"%s\"",
                        field->rule->ref);
        if (table == NULL || table->key[0] == NULL)
                return;
        if (table->key_count != 1 || table->key[0]->key_class != field->key_class)
                refuse_field(model, message, field->name,
                        "ref wants the key of %s, one field of the same type", field->rule->ref);
}

static void check_child(
        struct model *model, const struct message *message, const struct field *field)
{
        const struct message *rows = field->message;

        if (!field->rule->child)
                return;
        if (!field->repeated || rows == NULL || rows->table == NULL || message->table == NULL ||
                rows->table->parent != message->table)
                refuse_field(model, message, field->name,
                        "child wants a repeated message that is a table with child_of: \"%s\"",
                        message->name);
}

/* Depth first; message->visiting marks the way from the root to here. */
static bool is_recursive(struct message *message)
{
        bool found = message->visiting;

        if (found || message->checked)
                return found;
        message->visiting = true;
        for (size_t i = 0; i < message->field_count && !found; i++)
                if (message->fields[i].message != NULL)
                        found = is_recursive((struct message *)message->fields[i].message);
        message->visiting = false;
        message->checked = !found;
        return found;
}

static void check_message(struct model *model, struct message *message)
{
        const Google__Protobuf__DescriptorProto *proto = message->proto;

        if (message->doc[0] == 0)
                refuse_message(model, message, NO_COMMENT);
        if (proto->n_nested_type > 0 || proto->n_enum_type > 0)
                refuse_message(model, message,
                        "it declares %s inside: maps are not for this contract, and messages and"
                        " enums stand at the top of a file",
                        proto->n_nested_type > 0 ? proto->nested_type[0]->name
                                                 : proto->enum_type[0]->name);
        message->recursive = is_recursive(message);
        if (message->recursive)
                refuse_message(model, message, "it contains itself: no recursive messages");
        for (size_t i = 0; i < message->field_count; i++) {
                const struct field *field = &message->fields[i];

                if (field->doc[0] == 0)
                        refuse_field(model, message, field->name, NO_COMMENT);
                check_type(model, message, field);
                check_numbers(model, message, field);
                check_lengths(model, message, field);
                check_ref(model, message, field);
                check_child(model, message, field);
        }
}

static void check_enum(struct model *model, const struct enumeration *enumeration)
{
        if (enumeration->doc[0] == 0)
                refuse_file(model, enumeration->file, "enum %s: " NO_COMMENT, enumeration->name);
        for (size_t i = 0; i < enumeration->value_count; i++)
                if (enumeration->value_docs[i][0] == 0)
                        refuse_file(model, enumeration->file, "enum %s, value %s: " NO_COMMENT,
                                enumeration->name, enumeration->values[i]->name);
}

static bool has_value(const struct enumeration *enumeration, const char *name)
{
        for (size_t i = 0; i < enumeration->value_count; i++)
                if (strcmp(enumeration->values[i]->name, name) == 0)
                        return true;
        return false;
}

/* The server's aliases are macros without a prefix. */
static void check_values(struct model *model, const struct enumeration *one)
{
        for (const struct enumeration *other = model->enums; other != one; other++)
                for (size_t i = 0; i < one->value_count; i++)
                        if (has_value(other, one->values[i]->name))
                                refuse_file(model, one->file,
                                        "enum %s, value %s: enum %s of %s has that value too",
                                        one->name, one->values[i]->name, other->name,
                                        other->file->name);
}

/* C has one name space for all of them. */
static void check_unique(struct model *model)
{
        for (size_t i = 0; i < model->message_count; i++) {
                const struct message *message = &model->messages[i];

                for (size_t k = 0; k < i; k++)
                        if (strcmp(model->messages[k].name, message->name) == 0)
                                refuse_message(model, message,
                                        "%s has a message of that name too: names are unique over"
                                        " the contract",
                                        model->messages[k].source);
                for (size_t k = 0; k < model->enum_count; k++)
                        if (strcmp(model->enums[k].name, message->name) == 0)
                                refuse_message(model, message,
                                        "%s has an enum of that name: names are unique over the"
                                        " contract",
                                        model->enums[k].file->name);
        }
        for (size_t i = 0; i < model->enum_count; i++)
                for (size_t k = 0; k < i; k++)
                        if (strcmp(model->enums[k].name, model->enums[i].name) == 0)
                                refuse_file(model, model->enums[i].file,
                                        "enum %s: %s has an enum of that name too: names are"
                                        " unique over the contract",
                                        model->enums[i].name, model->enums[k].file->name);
}

void check_messages(struct model *model)
{
        for (size_t i = 0; i < model->message_count; i++)
                if (model->messages[i].file != NULL)
                        check_message(model, &model->messages[i]);
        for (size_t i = 0; i < model->enum_count; i++) {
                check_enum(model, &model->enums[i]);
                check_values(model, &model->enums[i]);
        }
        check_unique(model);
}
