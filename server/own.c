/*
 * Whose rows. Every field of a request that names a row (rule.ref) is looked up here, before the
 * handler: the row must be there, and where the caller may only reach their own, or what their team
 * looks after, it must be theirs or the team's. A member whom no team was given is everybody's: a
 * shop without teams works as before, and nobody waits because nobody was assigned. A foreign row
 * and an absent one are answered with the same bytes, so ids cannot be probed. Refused: leaving
 * this to handlers, where one in two hundred would forget it.
 */
#include <stdint.h>
#include <string.h>
#include "membership.rows.h"
#include "server/change.h"
#include "server/fields.h"
#include "server/work.h"
#include "staff.rows.h"

bool table_is_owned(const struct schema_table *table)
{
        for (; table != NULL; table = table->parent)
                if (table->owner != SCHEMA_NONE)
                        return true;
        return false;
}

static bool in_team(struct call *call, const char *member_id)
{
        const Member *member = member_get(call->txn, member_id);

        return member == NULL || member->team_id[0] == '\0' ||
               team_member_has(call->txn, member->team_id, call->caller->id);
}

/* A guest who signed in as the caller. */
static bool has_joined(struct call *call, const char *member_id)
{
        const Member *guest = (call->caller->roles >> ROLE_MEMBER & 1) && member_id[0] != '\0'
                                      ? member_get(call->txn, member_id)
                                      : NULL;

        return guest != NULL && strcmp(guest->joined_member_id, call->caller->id) == 0;
}

static void add_owner(struct call_owners *owners, const char *id)
{
        size_t at = owners->count++;

        for (; at > 0 && strcmp(owners->ids[at - 1], id) > 0; at--)
                owners->ids[at] = owners->ids[at - 1];
        owners->ids[at] = id;
}

void call_owners(struct call *call, const char *member_id, struct call_owners *out)
{
        struct scan *scan = member_by_joined_member_id(call->txn, member_id);
        const Member *guest;

        *out = (struct call_owners){.ids = {member_id}, .count = 1};
        while (out->count < CALL_OWNERS_MAX && (guest = member_next(scan)) != NULL)
                add_owner(out, guest->id);
}

bool call_reaches(struct call *call, const char *member_id)
{
        switch (call->caller->scope) {
        case SCOPE_OWN:
                return strcmp(member_id, call->caller->id) == 0 || has_joined(call, member_id);
        case SCOPE_TEAM:
                return member_id[0] == '\0' || in_team(call, member_id);
        case SCOPE_ALL:
                return true;
        case SCOPE_NONE:
                break;
        }
        return false;
}

/* Where in the request a row is named; made into text only when it is refused. */
struct place {
        const struct place *outer;
        const char *name;
        size_t index; /* SIZE_MAX: not one of several */
};

static const char *path_text(struct arena *arena, const struct place *place)
{
        const char *before = place->outer == NULL ? "" : path_text(arena, place->outer);
        const char *dot = *before == '\0' ? "" : ".";

        if (place->index == SIZE_MAX)
                return arena_printf(arena, "%s%s%s", before, dot, place->name);
        return arena_printf(arena, "%s%s%s[%zu]", before, dot, place->name, place->index);
}

static bool reaches(
        struct call *call, const struct schema_table *table, const struct key_value *key)
{
        if (call->caller->scope == SCOPE_ALL || !table_is_owned(table))
                return txn_has(call->txn, table, key);
        const char *owner = txn_owner(call->txn, table, key);

        return owner != NULL && call_reaches(call, owner);
}

static enum status no_row(struct call *call, const struct schema_table *table,
        const struct key_value *key, const struct place *place)
{
        return call_fail_absent(call, path_text(call->arena, place),
                fields_table_name(call->arena, table, NAME_UPPER),
                fields_table_name(call->arena, table, NAME_WORDS),
                fields_key_text(call->arena, table, key));
}

enum status own_row(struct call *call, const struct schema_table *table,
        const struct key_value *key, const char *path)
{
        const struct place row = {NULL, path, SIZE_MAX};
        const struct place place = {*path == '\0' ? NULL : &row,
                table->message->descriptor->fields[table->key[0]].name, SIZE_MAX};

        return reaches(call, table, key) ? OK : no_row(call, table, key, &place);
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

/* A message of the request, the fields of it that count (NULL: all) and where it stands. */
struct subject {
        const struct schema_message *schema;
        const void *message;
        const bool *mask;
        const struct place *place;
};

static enum status own_message(struct call *call, const struct subject *subject);

/* Element n of a field that names rows or holds a message. */
static enum status own_element(
        struct call *call, const struct subject *subject, unsigned at, size_t n)
{
        const struct schema_field *rule = &subject->schema->fields[at];
        const ProtobufCFieldDescriptor *field = &subject->schema->descriptor->fields[at];
        bool several = field->label == PROTOBUF_C_LABEL_REPEATED;
        const struct place place = {subject->place, field->name, several ? n : SIZE_MAX};

        if (rule->message != NULL) {
                const struct subject inner = {.schema = rule->message,
                        .message = schema_message_at(subject->message, field, n),
                        .place = &place};

                return own_message(call, &inner);
        }
        struct key_value key = element_key(subject->message, field, n);

        if (key_value_unset(key) || reaches(call, rule->ref, &key))
                return OK;
        return no_row(call, rule->ref, &key, &place);
}

static enum status own_message(struct call *call, const struct subject *subject)
{
        const struct schema_message *schema = subject->schema;

        for (unsigned i = 0; i < schema->descriptor->n_fields; i++) {
                const struct schema_field *rule = &schema->fields[i];
                const ProtobufCFieldDescriptor *field = &schema->descriptor->fields[i];
                bool names = rule->ref != NULL && rule->ref->key_count == 1 &&
                             !(rule->flags & SCHEMA_WEAK);

                if ((!names && rule->message == NULL) ||
                        (subject->mask != NULL && !subject->mask[i]))
                        continue;
                for (size_t n = 0; n < schema_count(subject->message, field); n++) {
                        enum status status = own_element(call, subject, i, n);

                        if (status != OK)
                                return status;
                }
        }
        return OK;
}

enum status own_request(struct work *work)
{
        const struct schema_method *method = work->plan->method;
        struct subject subject = {.schema = method->request, .message = work->request};
        struct place row = {.index = SIZE_MAX};
        struct change change;

        /* Get and Delete name one row, by its key: the standard method looks at it anyway. */
        if (!work->plan->has_refs || method->kind == METHOD_GET || method->kind == METHOD_DELETE)
                return OK;
        if (method->kind == METHOD_CREATE || method->kind == METHOD_UPDATE) {
                const ProtobufCFieldDescriptor *field =
                        &method->request->descriptor->fields[method->resource];

                row.name = field->name;
                subject = (struct subject){.schema = method->table->message,
                        .message = schema_message_at(work->request, field, 0),
                        .place = &row};
                if (method->kind == METHOD_UPDATE && standard_change(work, &change))
                        subject.mask = change.taken;
        }
        return own_message(&work->call, &subject);
}
