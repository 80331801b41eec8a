/*
 * Create and Update. The pipeline has refused what the caller may not set; here the rest of the
 * row is filled in by the words of the contract: an id, the owner, create_time and update_time,
 * a state's first value. The etag is the store's sequence of the row and is never stored.
 *
 * An empty mask means every writable field that is set, "*" every writable field; so the answer
 * of a Get can be changed and given back as it is. What only the shop sets must then be as it is.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include "lib/schema/decode.h"
#include "server/change.h"
#include "server/fields.h"
#include "server/work.h"

static const ProtobufCFieldDescriptor *field_at(const struct schema_table *table, uint16_t at)
{
        return &table->message->descriptor->fields[at];
}

static const void *given_row(const struct work *work)
{
        const struct schema_method *method = work->plan->method;

        return schema_message_at(
                work->request, &method->request->descriptor->fields[method->resource], 0);
}

/* A row of its own that shares what it points to. */
static void *copy_row(struct call *call, const struct schema_table *table, const void *row)
{
        return arena_copy(call->arena, row, table->message->descriptor->sizeof_message);
}

static void set_time(
        struct call *call, const struct schema_table *table, void *row, const char *name)
{
        uint16_t at = fields_time_named(table->message, name);

        if (at == SCHEMA_NONE)
                return;
        Timestamp *now = call_now(call);

        memcpy((char *)row + field_at(table, at)->offset, &now, sizeof(now));
}

static void set_state(const struct schema_table *table, void *row)
{
        uint16_t at = schema_field_named(table->message, "state");
        const int32_t first = 1;

        if (at == SCHEMA_NONE || field_at(table, at)->type != PROTOBUF_C_TYPE_ENUM ||
                fields_set(row, field_at(table, at)))
                return;
        memcpy((char *)row + field_at(table, at)->offset, &first, sizeof(first));
}

static void tell(
        struct call *call, const struct schema_table *table, const void *row, const char *what)
{
        struct key_value key[KEY_PARTS_MAX];
        const char *owner = "";

        fields_key(table, row, key);
        if (table_is_owned(table))
                owner = txn_owner(call->txn, table, key);
        call_event(call,
                arena_printf(call->arena, "%s.%s",
                        fields_table_name(call->arena, table, NAME_SNAKE), what),
                fields_key_text(call->arena, table, key), owner == NULL ? "" : owner, NULL);
}

static void clear_etag(const struct schema_table *table, void *row)
{
        if (table->etag != SCHEMA_NONE)
                schema_clear(table->message, row, table->etag);
}

/* The children of a document that is created become rows: parent's key first, then their place. */
static void insert_children(struct call *call, const struct schema_table *table, const void *row)
{
        for (uint16_t i = 0; i < table->child_count; i++) {
                const struct schema_table *child = table->children[i].table;
                const ProtobufCFieldDescriptor *list = field_at(table, table->children[i].field);

                for (size_t n = 0; n < schema_count(row, list); n++) {
                        void *element = copy_row(call, child, schema_message_at(row, list, n));
                        const ProtobufCFieldDescriptor *first = field_at(child, child->key[0]);
                        struct key_value key[KEY_PARTS_MAX];

                        fields_key(table, row, key);
                        fields_set_text(element, first, key[0].text);
                        if (child->key_count > 1) {
                                int64_t number = (int64_t)n + 1;
                                const ProtobufCFieldDescriptor *place =
                                        field_at(child, child->key[1]);
                                bool wide = key_type_of(place) != KEY_TEXT &&
                                            (place->type == PROTOBUF_C_TYPE_INT64 ||
                                                    place->type == PROTOBUF_C_TYPE_UINT64);

                                memcpy((char *)element + place->offset, &number, wide ? 8 : 4);
                        }
                        if (child->owner != SCHEMA_NONE && table->owner != SCHEMA_NONE) {
                                struct key_value owner =
                                        key_value_of(row, field_at(table, table->owner));

                                fields_set_text(element, field_at(child, child->owner), owner.text);
                        }
                        txn_insert(call->txn, child, element);
                }
        }
}

/* Names the row: as the client may, or by a new id. */
static enum status name_row(struct work *work, void *row)
{
        struct call *call = &work->call;
        const struct schema_table *table = work->plan->method->table;
        const ProtobufCFieldDescriptor *first = field_at(table, table->key[0]);
        struct key_value key[KEY_PARTS_MAX];

        if (table->key_count == 1 && first->type == PROTOBUF_C_TYPE_STRING &&
                !fields_set(row, first))
                fields_set_text(row, first, call_new_id(call));
        fields_key(table, row, key);
        for (uint16_t i = 0; i < table->key_count; i++)
                if (key_value_unset(key[i]) && key[i].type == KEY_TEXT)
                        return call_fail_field(call, field_at(table, table->key[i])->name,
                                "REQUIRED", "%s must be given",
                                field_at(table, table->key[i])->name);
        if (!txn_has(call->txn, table, key))
                return OK;
        return call_fail(call, ALREADY_EXISTS,
                arena_printf(call->arena, "%s_EXISTS",
                        fields_table_name(call->arena, table, NAME_UPPER)),
                "there is already a %s: %s", fields_table_name(call->arena, table, NAME_WORDS),
                fields_key_text(call->arena, table, key));
}

static enum status own_new_row(struct work *work, void *row)
{
        struct call *call = &work->call;
        const struct schema_table *table = work->plan->method->table;

        if (table->owner == SCHEMA_NONE)
                return OK;
        const ProtobufCFieldDescriptor *owner = field_at(table, table->owner);

        if (call->caller->scope == SCOPE_OWN)
                fields_set_text(row, owner, call->caller->id);
        if (!fields_set(row, owner))
                return call_fail_field(
                        call, owner->name, "REQUIRED", "%s must be given", owner->name);
        return OK;
}

/* The row as it is now, with its new etag. */
static void answer_row(struct work *work, void *row)
{
        struct call *call = &work->call;
        const struct schema_table *table = work->plan->method->table;

        if (table->etag != SCHEMA_NONE)
                fields_set_text(row, field_at(table, table->etag),
                        arena_printf(call->arena, "%" PRIu64, txn_sequence(call->txn)));
        fields_hide(table->message, row, fields_hidden(work->plan->method));
        work->response = row;
        work->answer = encode(call->arena, row);
}

enum status standard_create(struct work *work)
{
        struct call *call = &work->call;
        const struct schema_table *table = work->plan->method->table;
        void *row = copy_row(call, table, given_row(work));

        clear_etag(table, row);
        enum status status = own_new_row(work, row);

        if (status == OK)
                status = name_row(work, row);
        if (status != OK)
                return status;
        status = change_check_row(
                call, table, row, fields_table_name(call->arena, table, NAME_SNAKE));
        if (status != OK)
                return status;
        set_time(call, table, row, "create_time");
        set_time(call, table, row, "update_time");
        set_state(table, row);
        txn_insert(call->txn, table, row);
        insert_children(call, table, row);
        tell(call, table, row, "created");
        answer_row(work, row);
        return OK;
}

/* ---- update ---- */

bool standard_change(struct work *work, struct change *change)
{
        const struct schema_method *method = work->plan->method;
        const Google__Protobuf__FieldMask *paths =
                method->update_mask == SCHEMA_NONE
                        ? NULL
                        : schema_message_at(work->request,
                                  &method->request->descriptor->fields[method->update_mask], 0);

        return change_of(&work->call, method->table, given_row(work), paths, change);
}

enum status standard_update(struct work *work)
{
        struct call *call = &work->call;
        const struct schema_table *table = work->plan->method->table;
        struct change change;
        void *row;
        bool asked = standard_change(work, &change);

        assert(asked); /* admit_call has seen it */
        enum status status = change_apply(call, &change, &row);

        if (status != OK || row == NULL) /* NULL: the failure is the transaction's */
                return status;
        txn_update(call->txn, table, row);
        tell(call, table, row, "updated");
        answer_row(work, row);
        return OK;
}
