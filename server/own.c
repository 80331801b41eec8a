/*
 * Whose rows. Every field of a request that names a row (rule.ref) is looked up here, before the
 * handler: the row must be there, and where the caller may only reach their own, it must be
 * theirs. A foreign row and an absent one are answered with the same bytes, so ids cannot be
 * probed. Refused: leaving this to handlers, where one in two hundred would forget it.
 */
#include <stdio.h>
#include <string.h>
#include "server/fields.h"
#include "server/work.h"

bool table_is_owned(const struct schema_table *table)
{
        for (; table != NULL; table = table->parent)
                if (table->owner != SCHEMA_NONE)
                        return true;
        return false;
}

static enum status no_row(
        struct call *call, const struct schema_table *table, const struct key_value *key)
{
        const char *reason = arena_printf(
                call->arena, "%s_NOT_FOUND", fields_table_name(call->arena, table, NAME_UPPER));

        return error_set(&call->error, NOT_FOUND, reason, "no such %s: %s",
                fields_table_name(call->arena, table, NAME_WORDS),
                fields_key_text(call->arena, table, key));
}

enum status own_row(
        struct call *call, const struct schema_table *table, const struct key_value *key)
{
        if (call->caller->scope != SCOPE_OWN || !table_is_owned(table)) {
                if (!txn_has(call->txn, table, key))
                        return no_row(call, table, key);
                return OK;
        }
        const char *owner = txn_owner(call->txn, table, key);

        if (owner == NULL || strcmp(owner, call->caller->id) != 0)
                return no_row(call, table, key);
        return OK;
}

static struct key_value element_key(
        const void *message, const ProtobufCFieldDescriptor *field, size_t i)
{
        switch (key_type_of(field)) {
        case KEY_TEXT:
                return key_text(schema_text_at(message, field, i));
        case KEY_BYTES:
                return key_bytes(schema_bytes_at(message, field, i));
        case KEY_UINT:
                return key_uint((uint64_t)schema_number_at(message, field, i));
        case KEY_BOOL:
                return key_bool(schema_number_at(message, field, i) != 0);
        case KEY_INT:
                break;
        }
        return key_int(schema_number_at(message, field, i));
}

static enum status own_message(struct call *call, const struct schema_message *schema,
        const void *message, const bool *mask)
{
        for (unsigned i = 0; i < schema->descriptor->n_fields; i++) {
                const struct schema_field *rule = &schema->fields[i];
                const ProtobufCFieldDescriptor *field = &schema->descriptor->fields[i];
                bool names = rule->ref != NULL && rule->ref->key_count == 1 &&
                             !(rule->flags & SCHEMA_WEAK);

                if ((!names && rule->message == NULL) || (mask != NULL && !mask[i]))
                        continue;
                for (size_t n = 0; n < schema_count(message, field); n++) {
                        enum status status = OK;

                        if (names) {
                                struct key_value key = element_key(message, field, n);

                                if (!key_value_unset(key))
                                        status = own_row(call, rule->ref, &key);
                        } else {
                                status = own_message(call, rule->message,
                                        schema_message_at(message, field, n), NULL);
                        }
                        if (status != OK)
                                return status;
                }
        }
        return OK;
}

enum status own_request(struct work *work)
{
        const struct schema_method *method = work->plan->method;
        const void *message = work->request;
        const bool *mask = NULL;

        /* Get and Delete name one row, by its key: the standard method looks at it anyway. */
        if (!work->plan->has_refs || method->kind == METHOD_GET || method->kind == METHOD_DELETE)
                return OK;
        const struct schema_message *schema = method->request;

        if (method->kind == METHOD_CREATE || method->kind == METHOD_UPDATE) {
                message = schema_message_at(
                        message, &schema->descriptor->fields[method->resource], 0);
                schema = method->table->message;
                if (method->kind == METHOD_UPDATE)
                        mask = standard_mask(work);
        }
        return own_message(&work->call, schema, message, mask);
}
