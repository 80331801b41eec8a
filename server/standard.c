/*
 * Get, List, Create, Update and Delete for every table of the contract, from its description.
 * Two hundred methods share these; what a table needs beyond them is a custom method, never a
 * special case here.
 *
 * Get copies stored bytes into the answer where nothing of them must be hidden.
 */
#include "lib/schema/decode.h"
#include "server/fields.h"
#include "server/work.h"

/* The table's key from fields of the request with the same names. */
static void request_key(const struct work *work, struct key_value *key)
{
        const struct schema_method *method = work->plan->method;
        const struct schema_table *table = method->table;

        for (uint16_t i = 0; i < table->key_count; i++) {
                const char *name = table->message->descriptor->fields[table->key[i]].name;
                uint16_t at = schema_field_named(method->request, name);

                key[i] = key_value_of(work->request, &method->request->descriptor->fields[at]);
        }
}

static enum status get(struct work *work)
{
        struct call *call = &work->call;
        const struct schema_table *table = work->plan->method->table;
        struct key_value key[KEY_PARTS_MAX];

        request_key(work, key);
        enum status status = own_row(call, table, key);

        if (status != OK)
                return status;
        work->answer = table->child_count > 0 ? txn_document_bytes(call->txn, table, key)
                                              : txn_get_bytes(call->txn, table, key);
        if (!work->plan->has_masked)
                return OK;
        void *row = decode_trusted(call->arena, table->message->descriptor, work->answer);

        fields_hide(table->message, row, fields_hidden(work->plan->method));
        work->answer = encode(call->arena, row);
        return OK;
}

enum status standard_delete(struct work *work)
{
        struct call *call = &work->call;
        const struct schema_table *table = work->plan->method->table;
        struct key_value key[KEY_PARTS_MAX];

        request_key(work, key);
        enum status status = own_row(call, table, key);

        if (status != OK)
                return status;
        const char *owner = table_is_owned(table) ? txn_owner(call->txn, table, key) : "";

        for (uint16_t i = 0; i < table->child_count; i++) {
                const struct schema_table *child = table->children[i].table;
                struct scan *scan =
                        txn_scan(call->txn, child, NULL, NULL, key, table->key_count, ASCENDING);
                const void *row;

                while ((row = scan_next(scan)) != NULL) {
                        struct key_value child_key[KEY_PARTS_MAX];

                        fields_key(child, row, child_key);
                        txn_delete(call->txn, child, child_key);
                }
        }
        txn_delete(call->txn, table, key);
        call_event(call,
                arena_printf(call->arena, "%s.deleted",
                        fields_table_name(call->arena, table, NAME_SNAKE)),
                fields_key_text(call->arena, table, key), owner, NULL);
        work->answer = (struct bytes){0};
        return OK;
}

enum status standard_run(struct work *work)
{
        switch (work->plan->method->kind) {
        case METHOD_GET:
                return get(work);
        case METHOD_LIST:
                return standard_list(work);
        case METHOD_CREATE:
                return standard_create(work);
        case METHOD_UPDATE:
                return standard_update(work);
        case METHOD_DELETE:
                return standard_delete(work);
        case METHOD_CUSTOM:
                break;
        }
        return error_set(&work->call.error, UNIMPLEMENTED, "METHOD_NOT_FOUND",
                "%s is not served here", work->plan->method->name);
}
