/*
 * How a row is changed by an update, for the standard methods and for those of their own. Only
 * the fields of the mask are taken over, so two clients that change different fields of a row do
 * not undo each other; who must not overwrite anything gives the etag. Refused: rows as a whole,
 * which lose what an older client does not know.
 */
#include "server/change.h"

#include <inttypes.h>
#include <string.h>
#include "lib/schema/rules.h"
#include "server/fields.h"
#include "server/work.h"

static const ProtobufCFieldDescriptor *field_at(const struct schema_table *table, uint16_t at)
{
        return &table->message->descriptor->fields[at];
}

enum status change_check_new(
        struct call *call, const struct schema_table *table, const void *row, const char *path)
{
        return rules_check(table->message, row, path, RULES_CREATE, NULL, &call->error);
}

enum status change_check(struct call *call, const struct schema_table *table, const void *given,
        const bool *mask, const char *path)
{
        return rules_check(table->message, given, path, RULES_UPDATE, mask, &call->error);
}

static bool writable(const struct schema_table *table, uint16_t at)
{
        if (table->message->fields[at].flags &
                (SCHEMA_OUTPUT_ONLY | SCHEMA_IMMUTABLE | SCHEMA_CHILD))
                return false;
        for (uint16_t i = 0; i < table->key_count; i++)
                if (table->key[i] == at)
                        return false;
        return at != table->etag && at != table->owner;
}

bool *change_mask(struct call *call, const struct schema_table *table, const void *given,
        const Google__Protobuf__FieldMask *paths)
{
        bool *mask = arena_array(call->arena, bool, table->message->descriptor->n_fields);
        bool all = paths != NULL && paths->n_paths == 1 && strcmp(paths->paths[0], "*") == 0;

        if (paths == NULL || paths->n_paths == 0 || all) {
                for (uint16_t i = 0; i < table->message->descriptor->n_fields; i++)
                        mask[i] = writable(table, i) &&
                                  (all || fields_set(given, field_at(table, i)));
                return mask;
        }
        for (size_t i = 0; i < paths->n_paths; i++) {
                uint16_t at = schema_field_named(table->message, paths->paths[i]);

                if (at == SCHEMA_NONE) {
                        error_violation(&call->error, "update_mask", "UNKNOWN_FIELD",
                                "update_mask: %s has no field %s; paths name whole fields",
                                table->name, paths->paths[i]);
                        return NULL;
                }
                if (!writable(table, at)) {
                        error_violation(&call->error, paths->paths[i], "IMMUTABLE",
                                "%s cannot be changed by an update", paths->paths[i]);
                        return NULL;
                }
                mask[at] = true;
        }
        return mask;
}

static enum status check_etag(struct call *call, const struct schema_table *table,
        const void *given, const struct key_value *key)
{
        if (table->etag == SCHEMA_NONE || !fields_set(given, field_at(table, table->etag)))
                return OK;
        const char *expected = schema_text_at(given, field_at(table, table->etag), 0);
        const char *etag =
                arena_printf(call->arena, "%" PRIu64, txn_row_sequence(call->txn, table, key));

        if (strcmp(etag, expected) == 0)
                return OK;
        call_fail(call, ABORTED, "ETAG_MISMATCH",
                "%s %s was changed since it was read; read it again",
                fields_table_name(call->arena, table, NAME_WORDS),
                fields_key_text(call->arena, table, key));
        call_fact(call, "etag", "%s", etag);
        return ABORTED;
}

static void set_update_time(struct call *call, const struct schema_table *table, void *row)
{
        uint16_t at = fields_time_named(table->message, "update_time");

        if (at == SCHEMA_NONE)
                return;
        Timestamp *now = call_now(call);

        memcpy((char *)row + field_at(table, at)->offset, &now, sizeof(now));
}

enum status change_apply(struct call *call, const struct schema_table *table, const void *given,
        const bool *mask, void **row)
{
        struct key_value key[KEY_PARTS_MAX];

        fields_key(table, given, key);
        enum status status = own_row(call, table, key);

        if (status == OK)
                status = check_etag(call, table, given, key);
        if (status != OK)
                return status;
        void *stored = txn_get(call->txn, table, key);

        *row = NULL;
        if (stored == NULL)
                return OK;
        stored = arena_copy(call->arena, stored, table->message->descriptor->sizeof_message);
        if (table->etag != SCHEMA_NONE)
                fields_clear(table->message, stored, table->etag);
        for (uint16_t i = 0; i < table->message->descriptor->n_fields; i++)
                if (mask[i])
                        fields_copy(stored, given, field_at(table, i));
        set_update_time(call, table, stored);
        *row = stored;
        return OK;
}
