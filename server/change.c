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
#include "server/row_rules.h"
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

enum status change_check_row(
        struct call *call, const struct schema_table *table, const void *row, const char *path)
{
        const struct row_rule *rule = call->private->pipeline->options.row_rules;
        enum status status = OK;

        for (; rule != NULL && rule->table != NULL && status == OK; rule++)
                if (rule->table == table)
                        status = rule->check(call, row, path);
        return status;
}

enum status change_check(struct call *call, const struct change *change)
{
        return rules_check(change->table->message, change->given, change->path, RULES_UPDATE,
                change->taken, &call->error);
}

static bool is_key(const struct schema_table *table, uint16_t at)
{
        for (uint16_t i = 0; i < table->key_count; i++)
                if (table->key[i] == at)
                        return true;
        return false;
}

static bool writable(const struct schema_table *table, uint16_t at)
{
        if (table->message->fields[at].flags &
                (SCHEMA_OUTPUT_ONLY | SCHEMA_IMMUTABLE | SCHEMA_CHILD))
                return false;
        return !is_key(table, at) && at != table->etag && at != table->owner;
}

/* The key names the row and the etag says which of its versions: they are judged as such. */
static bool keepable(const struct schema_table *table, uint16_t at)
{
        return !writable(table, at) && !is_key(table, at) && at != table->etag;
}

static bool take_named(struct call *call, const struct schema_table *table,
        const Google__Protobuf__FieldMask *paths, bool *taken)
{
        for (size_t i = 0; i < paths->n_paths; i++) {
                uint16_t at = schema_field_named(table->message, paths->paths[i]);

                if (at == SCHEMA_NONE) {
                        error_violation(&call->error, "update_mask", "UNKNOWN_FIELD",
                                "update_mask: %s has no field %s; paths name whole fields",
                                table->name, paths->paths[i]);
                        return false;
                }
                if (!writable(table, at)) {
                        error_violation(&call->error, paths->paths[i], "IMMUTABLE",
                                "%s cannot be changed by an update", paths->paths[i]);
                        return false;
                }
                taken[at] = true;
        }
        return true;
}

bool change_of(struct call *call, const struct schema_table *table, const void *given,
        const Google__Protobuf__FieldMask *paths, struct change *out)
{
        unsigned count = table->message->descriptor->n_fields;
        bool *taken = arena_array(call->arena, bool, count);
        bool *kept = arena_array(call->arena, bool, count);
        bool all = paths != NULL && paths->n_paths == 1 && strcmp(paths->paths[0], "*") == 0;

        if (paths != NULL && paths->n_paths > 0 && !all) {
                if (!take_named(call, table, paths, taken))
                        return false;
        } else {
                for (uint16_t i = 0; i < count; i++) {
                        bool set = fields_set(given, field_at(table, i));

                        taken[i] = writable(table, i) && (all || set);
                        kept[i] = keepable(table, i) && set;
                }
        }
        *out = (struct change){.table = table,
                .given = given,
                .path = fields_table_name(call->arena, table, NAME_SNAKE),
                .taken = taken,
                .kept = kept};
        return true;
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

static void set_time(
        struct call *call, const struct schema_table *table, void *row, const char *name)
{
        uint16_t at = fields_time_named(table->message, name);

        if (at == SCHEMA_NONE)
                return;
        Timestamp *now = call_now(call);

        memcpy((char *)row + field_at(table, at)->offset, &now, sizeof(now));
}

void *change_insert(struct call *call, const struct schema_table *table, void *row)
{
        struct key_value key[KEY_PARTS_MAX];

        fields_set_text(row, field_at(table, table->key[0]), call_new_id(call));
        if (table->etag != SCHEMA_NONE)
                schema_clear(table->message, row, table->etag);
        set_time(call, table, row, "create_time");
        set_time(call, table, row, "update_time");
        fields_key(table, row, key);
        txn_insert(call->txn, table, row);
        call_event(call,
                arena_printf(call->arena, "%s.created",
                        fields_table_name(call->arena, table, NAME_SNAKE)),
                key[0].text, "", NULL);
        return txn_get(call->txn, table, key);
}

/* Fields that were given and cannot be changed must be as a Get has just answered them. */
static enum status check_kept(struct call *call, const struct change *change, const void *stored)
{
        const struct schema_message *message = change->table->message;
        const void *shown = change->shown == NULL ? stored : change->shown;

        for (uint16_t i = 0; i < message->descriptor->n_fields; i++) {
                const char *name = message->descriptor->fields[i].name;
                bool shops = message->fields[i].flags & SCHEMA_OUTPUT_ONLY;

                if (change->kept[i] && !fields_same(call->arena, message, i, change->given, shown))
                        error_violation(&call->error,
                                arena_printf(call->arena, "%s.%s", change->path, name),
                                shops ? "OUTPUT_ONLY" : "IMMUTABLE",
                                shops ? "%s.%s is set by the shop only and is not as given"
                                      : "%s.%s cannot be changed and is not as given",
                                change->path, name);
        }
        return call->error.code;
}

enum status change_apply(struct call *call, const struct change *change, void **row)
{
        const struct schema_table *table = change->table;
        struct key_value key[KEY_PARTS_MAX];

        fields_key(table, change->given, key);
        enum status status = own_row(call, table, key, change->path);

        if (status == OK)
                status = check_etag(call, table, change->given, key);
        if (status != OK)
                return status;
        void *stored = table->child_count > 0 ? txn_document(call->txn, table, key)
                                              : txn_get(call->txn, table, key);

        *row = NULL;
        if (stored == NULL)
                return OK;
        status = check_kept(call, change, stored);
        if (status != OK)
                return status;
        stored = arena_copy(call->arena, stored, table->message->descriptor->sizeof_message);
        if (table->etag != SCHEMA_NONE)
                schema_clear(table->message, stored, table->etag);
        for (uint16_t i = 0; i < table->message->descriptor->n_fields; i++)
                if (change->taken[i])
                        fields_copy(stored, change->given, field_at(table, i));
        set_time(call, table, stored, "update_time");
        *row = stored;
        return change_check_row(call, table, stored, change->path);
}

void *change_row(struct call *call, const struct schema_table *table, const void *given,
        const Google__Protobuf__FieldMask *paths)
{
        struct change change;
        void *row = NULL;

        if (!change_of(call, table, given, paths, &change) || change_check(call, &change) != OK ||
                change_apply(call, &change, &row) != OK)
                return NULL;
        return row;
}
