/*
 * Get, List, Create, Update and Delete for every table of the contract, from its description.
 * Two hundred methods share these; what a table needs beyond them is a custom method, never a
 * special case here.
 *
 * Get copies stored bytes into the answer where nothing of them must be hidden. Delete asks first
 * who refers to the row, by the indexes that the generator wants for that; refused: taking the
 * referring rows away too, which no caller has asked for.
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

void answer_hide(struct work *work)
{
        const struct schema_message *message = work->plan->method->response;
        struct arena *arena = work->call.arena;

        if (!work->plan->has_masked)
                return;
        void *row = decode_trusted(arena, message->descriptor, work->answer);

        fields_hide(message, row, fields_hidden(work->plan->method));
        work->answer = encode(arena, row);
}

static enum status get(struct work *work)
{
        struct call *call = &work->call;
        const struct schema_table *table = work->plan->method->table;
        struct key_value key[KEY_PARTS_MAX];

        request_key(work, key);
        enum status status = own_row(call, table, key, "");

        if (status != OK)
                return status;
        work->answer = table->child_count > 0 ? txn_document_bytes(call->txn, table, key)
                                              : txn_get_bytes(call->txn, table, key);
        answer_hide(work);
        return OK;
}

/* A row that refers by a field to the one with this key, or NULL. The generator has seen that a key
 * or an index begins with the field. */
static const void *referrer_by(
        struct txn *txn, const struct schema_table *table, uint16_t at, const struct key_value *key)
{
        const struct schema_index *index = NULL;

        for (uint16_t i = 0; i < table->index_count && index == NULL; i++)
                if (table->indexes[i].fields[0] == at)
                        index = &table->indexes[i];
        return scan_next(txn_scan(txn, table, index, NULL, key, 1, ASCENDING));
}

static enum status in_use(struct call *call, const struct schema_table *table,
        const struct schema_table *referrer, uint16_t at, const void *row)
{
        const char *word = fields_table_name(call->arena, table, NAME_WORDS);
        struct key_value key[KEY_PARTS_MAX];

        fields_key(referrer, row, key);
        call_fact(call, "table", "%s", referrer->name);
        call_fact(call, "field", "%s", referrer->message->descriptor->fields[at].name);
        if (call_is_staff(call))
                call_fact(call, "key", "%s", fields_key_text(call->arena, referrer, key));
        return call_fail(call, FAILED_PRECONDITION,
                arena_printf(call->arena, "%s_IN_USE",
                        fields_table_name(call->arena, table, NAME_UPPER)),
                "the %s is named by a %s, in %s", word,
                fields_table_name(call->arena, referrer, NAME_WORDS),
                referrer->message->descriptor->fields[at].name);
}

/* Rows that refer to this one keep it; its own children go with it. */
static enum status check_referrers(
        struct work *work, const struct schema_table *table, const struct key_value *key)
{
        const struct schema *schema = work->private.pipeline->options.schema;

        for (size_t i = 0; i < schema->table_count; i++) {
                const struct schema_table *other = schema->tables[i];

                for (uint16_t at = 0; at < other->message->descriptor->n_fields; at++) {
                        const struct schema_field *field = &other->message->fields[at];

                        if (field->ref != table || (field->flags & SCHEMA_WEAK) ||
                                other->parent == table)
                                continue;
                        const void *row = referrer_by(work->call.txn, other, at, key);

                        if (row != NULL)
                                return in_use(&work->call, table, other, at, row);
                }
        }
        return OK;
}

enum status standard_delete(struct work *work)
{
        struct call *call = &work->call;
        const struct schema_table *table = work->plan->method->table;
        struct key_value key[KEY_PARTS_MAX];

        request_key(work, key);
        enum status status = own_row(call, table, key, "");

        if (status == OK)
                status = check_referrers(work, table, key);
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
