/*
 * Refusals of methods. Standard ones are held to the shape of the improvement proposals to the
 * letter, extra fields included: server/standard.c would silently ignore them.
 */
#include "tools/protoc-gen-shop/check.h"

#include <string.h>

static bool name_begins(const char *name, const char *word)
{
        return strncmp(name, word, strlen(word)) == 0;
}

/* GetProduct, and ListProducts with its pages; ListProductForSale puts a product on a list. */
static bool sounds_like_a_read(struct arena *arena, const struct method *method)
{
        if (name_begins(method->name, "Get"))
                return true;
        return name_begins(method->name, "List") &&
               strcmp(method->response->name, arena_printf(arena, "%sResponse", method->name)) == 0;
}

static void check_clear(struct model *model, const struct method *method, const Shop__Allow *allow)
{
        if (!allow->clear)
                return;
        if (allow->scope == SHOP__SCOPE__OWN)
                refuse_method(model, method, "rows of one's own are always clear");
        if (method->response != NULL && !model_holds_personal(method->response))
                refuse_method(model, method, "clear, but its answer has nothing personal");
}

static void check_options(struct model *model, const struct method *method)
{
        const Shop__MethodOptions *options = method->options;

        if (options->lane == SHOP__LANE__LANE_UNSPECIFIED)
                refuse_method(model, method, "it has no lane");
        if (options->n_allow == 0)
                refuse_method(
                        model, method, "it allows nobody: say allow: { role: ... scope: ... }");
        for (size_t i = 0; i < options->n_allow; i++) {
                if (options->allow[i]->role == SHOP__ROLE__ROLE_UNSPECIFIED ||
                        options->allow[i]->scope == SHOP__SCOPE__SCOPE_UNSPECIFIED)
                        refuse_method(model, method, "it allows an unspecified role or scope");
                check_clear(model, method, options->allow[i]);
                for (size_t k = 0; k < i; k++)
                        if (options->allow[k]->role == options->allow[i]->role)
                                refuse_method(model, method, "it allows the same role twice");
        }
        if (options->prepare && options->lane != SHOP__LANE__SLOW)
                refuse_method(model, method, "prepare wants lane SLOW");
        if (options->lane == SHOP__LANE__WAIT && method->cursor == NULL)
                refuse_method(model, method,
                        "a method of lane WAIT says where to go on: after_<what> in the request"
                        " and last_<what> in the response, or a number or enum of one name in "
                        "both");
        if (options->lane == SHOP__LANE__WRITE && sounds_like_a_read(model->arena, method))
                refuse_method(model, method, "a method of lane WRITE is not called Get or List");
        if (method->kind_count > 1)
                refuse_method(model, method,
                        "it says more than one of get, list, create, update and delete");
        if (method->kind != METHOD_CUSTOM && options->prepare)
                refuse_method(model, method, "a standard method has no prepare step");
}

/* ---- the shape of standard methods ---- */

static bool is_one_text(const struct field *field)
{
        return field != NULL && field->key_class == KEY_CLASS_TEXT && !field->repeated;
}

static bool same_type(const struct field *a, const struct field *b)
{
        return a->key_class == b->key_class && a->enumeration == b->enumeration && !a->repeated &&
               !b->repeated;
}

/* Get and Delete: the key by the row's own names, nothing else. */
static void check_key_request(struct model *model, const struct method *method)
{
        const struct table *table = method->table;

        for (size_t i = 0; i < table->key_count; i++) {
                const struct field *given = model_field(method->request, table->key_names[i]);

                if (given == NULL || table->key[i] == NULL || !same_type(given, table->key[i]))
                        refuse_method(model, method,
                                "%s must have the key field \"%s\" as %s has it",
                                method->request->name, table->key_names[i], method->table_name);
        }
        if (method->request->field_count != table->key_count)
                refuse_method(model, method, "%s must have the key of %s and nothing else",
                        method->request->name, method->table_name);
}

/* Create and Update: the row by its name. */
static void check_row_request(struct model *model, const struct method *method)
{
        const char *lower = method->table->message->lower;
        const struct field *mask = method->update_mask;
        size_t count = method->kind == METHOD_UPDATE ? 2 : 1;

        if (method->resource == NULL || method->resource->repeated ||
                strcmp(method->resource->name, lower) != 0)
                refuse_method(model, method, "%s must have the field \"%s %s\"",
                        method->request->name, method->table_name, lower);
        if (method->kind == METHOD_UPDATE &&
                (mask == NULL || mask->message == NULL || mask->repeated ||
                        strcmp(mask->message->full_name, "google.protobuf.FieldMask") != 0))
                refuse_method(model, method,
                        "%s must have the field \"google.protobuf.FieldMask update_mask\"",
                        method->request->name);
        if (method->request->field_count != count)
                refuse_method(model, method, "%s must have the row%s and nothing else",
                        method->request->name, count == 2 ? ", update_mask" : "");
}

static void check_list_shape(struct model *model, const struct method *method)
{
        const char *request = method->request->name, *response = method->response->name;

        if (method->page_size == NULL || method->page_size->repeated ||
                method->page_size->proto->type !=
                        GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT32)
                refuse_method(model, method, "%s must have the field \"int32 page_size\"", request);
        if (!is_one_text(method->page_token))
                refuse_method(
                        model, method, "%s must have the field \"string page_token\"", request);
        if (method->items == NULL || !method->items->repeated)
                refuse_method(model, method, "%s must have a field \"repeated %s\"", response,
                        method->table_name);
        if (!is_one_text(method->next_page_token))
                refuse_method(model, method, "%s must have the field \"string next_page_token\"",
                        response);
        if (method->response->field_count != 2)
                refuse_method(model, method,
                        "%s must have the rows, next_page_token and nothing else", response);
}

static void check_response(struct model *model, const struct method *method)
{
        const char *wanted = method->kind == METHOD_DELETE ? "google.protobuf.Empty"
                                                           : method->table->message->full_name;

        if (strcmp(method->response->full_name, wanted) != 0)
                refuse_method(model, method, "it must answer %s, not %s", wanted,
                        method->response->full_name);
}

/* ---- filters ---- */

static bool equals_on(const struct method *method, const struct field *row)
{
        for (size_t i = 0; i < method->filter_count; i++)
                if (method->filters[i].row == row && method->filters[i].type == EQUAL)
                        return true;
        return false;
}

static bool scope_gives_owner(const struct method *method)
{
        for (size_t i = 0; i < method->options->n_allow; i++)
                if (method->options->allow[i]->scope == SHOP__SCOPE__OWN)
                        return true;
        return false;
}

/* Whether an order of fields has row behind nothing but what other filters or the scope fix. */
static bool order_serves(const struct method *method, const struct field *const *order,
        size_t count, const struct field *row)
{
        for (size_t i = 0; i < count; i++) {
                bool fixed = equals_on(method, order[i]) ||
                             (order[i] == method->table->owner && scope_gives_owner(method));

                if (order[i] == row)
                        return true;
                if (!fixed)
                        return false;
        }
        return false;
}

static bool table_serves(const struct method *method, const struct field *row)
{
        const struct table *table = method->table;

        if (row == table->owner && table->options->in != NULL)
                return true;
        if (order_serves(method, table->key, table->key_count, row))
                return true;
        for (size_t i = 0; i < table->index_count; i++)
                if (order_serves(
                            method, table->indexes[i].fields, table->indexes[i].field_count, row))
                        return true;
        return false;
}

static void check_filter(
        struct model *model, const struct method *method, const struct filter *filter)
{
        const struct message *request = method->request;

        if (filter->row == NULL) {
                refuse_field(model, request, filter->request->name,
                        "%s has no such field to filter by", method->table_name);
                return;
        }
        if (!same_type(filter->request, filter->row))
                refuse_field(model, request, filter->request->name,
                        "a filter must have the type of %s's %s", method->table_name,
                        filter->row->name);
        if (filter->type != EQUAL && filter->row->key_class != KEY_CLASS_TIME &&
                filter->row->key_class != KEY_CLASS_INT && filter->row->key_class != KEY_CLASS_UINT)
                refuse_field(
                        model, request, filter->request->name, "ranges are for numbers and times");
        if (!table_serves(method, filter->row))
                refuse_field(model, request, filter->request->name,
                        "no index of %s serves this filter: one must begin with %s, or with other"
                        " filters and then %s",
                        method->table_name, filter->row->name, filter->row->name);
}

static void check_filters(struct model *model, const struct method *method)
{
        const struct field *range = NULL;

        for (size_t i = 0; i < method->filter_count; i++) {
                const struct filter *filter = &method->filters[i];

                check_filter(model, method, filter);
                if (filter->row == NULL || filter->type == EQUAL)
                        continue;
                if (range != NULL && range != filter->row)
                        refuse_field(model, method->request, filter->request->name,
                                "a list has one range, and %s has one already", range->name);
                range = filter->row;
        }
}

/* ---- who refers to what is deleted ---- */

static bool can_be_looked_up(const struct table *table, const struct field *field)
{
        if (table->options->in == NULL && table->key_count > 0 && table->key[0] == field)
                return true;
        for (size_t i = 0; i < table->index_count; i++)
                if (table->indexes[i].field_count > 0 && table->indexes[i].fields[0] == field)
                        return true;
        return false;
}

static bool names_inside(const struct message *message, const struct table *table)
{
        for (size_t i = 0; i < message->field_count; i++) {
                const struct field *field = &message->fields[i];

                if (field->ref == table && !field->rule->weak)
                        return true;
                if (field->message != NULL && field->message->table == NULL &&
                        !field->message->recursive && names_inside(field->message, table))
                        return true;
        }
        return false;
}

/* A delete asks every row that may refer to the one that goes, so each must be found by it. */
static void check_referrer(
        struct model *model, const struct method *method, const struct table *referrer)
{
        const struct message *message = referrer->message;

        if (referrer->parent == method->table)
                return;
        for (size_t i = 0; i < message->field_count; i++) {
                const struct field *field = &message->fields[i];
                bool named = field->ref == method->table && !field->rule->weak;

                if (named && (field->repeated || !can_be_looked_up(referrer, field)))
                        refuse_field(model, message, field->name,
                                "%s can be deleted, so an index must begin with this field, or it"
                                " says weak where the row may be gone",
                                method->table_name);
                if (field->message != NULL && field->message->table == NULL &&
                        !field->message->recursive && names_inside(field->message, method->table))
                        refuse_field(model, message, field->name,
                                "%s can be deleted, so what is inside a field must not refer to it"
                                " unless it says weak",
                                method->table_name);
        }
}

static void check_referrers(struct model *model, const struct method *method)
{
        for (size_t i = 0; i < model->table_count; i++)
                check_referrer(model, method, &model->tables[i]);
}

static void check_standard(struct model *model, const struct method *method)
{
        bool reads = method->kind == METHOD_GET || method->kind == METHOD_LIST;

        if (method->table == NULL) {
                refuse_method(model, method, "there is no table \"%s\"", method->table_name);
                return;
        }
        if (method->options->lane != (reads ? SHOP__LANE__READ : SHOP__LANE__WRITE))
                refuse_method(model, method, "a standard method of this kind has lane %s",
                        reads ? "READ" : "WRITE");
        if (!reads && method->table->options->log)
                refuse_method(
                        model, method, "%s is a log: it is only appended to", method->table_name);
        if (method->kind == METHOD_LIST) {
                check_list_shape(model, method);
                check_filters(model, method);
                return;
        }
        if (method->kind == METHOD_GET || method->kind == METHOD_DELETE)
                check_key_request(model, method);
        else
                check_row_request(model, method);
        if (method->kind == METHOD_DELETE)
                check_referrers(model, method);
        check_response(model, method);
}

void check_methods(struct model *model)
{
        for (size_t i = 0; i < model->method_count; i++) {
                const struct method *method = &model->methods[i];

                if (method->doc[0] == 0)
                        refuse_method(model, method, "it has no comment that says what it does");
                if (method->options == NULL) {
                        refuse_method(model, method,
                                "it has no lane and allows nobody: say option"
                                " (method) = { lane: ... allow: ... }");
                        continue;
                }
                if (method->request == NULL || method->response == NULL) {
                        refuse_method(model, method,
                                "its request or response is in none of the contract's files");
                        continue;
                }
                check_options(model, method);
                if (method->table_name != NULL)
                        check_standard(model, method);
        }
}
