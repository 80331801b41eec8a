/*
 * The filters of the request choose an index whose first fields they are, the caller's scope adds
 * the owner. There is no filtering after the fact and no sort: what no index serves is refused, by
 * the generator or here.
 */
#include "server/list_access.h"
#include <assert.h>
#include <string.h>
#include "staff.rows.h"

static void want_equal(struct wanted *wanted, uint16_t field, struct key_value value)
{
        assert(wanted->equal_count < EQUALS_MAX);
        wanted->equal[wanted->equal_count].field = field;
        wanted->equal[wanted->equal_count].value = value;
        wanted->equal_count++;
}

const struct key_value *wanted_value(const struct wanted *wanted, uint16_t field)
{
        for (size_t i = 0; i < wanted->equal_count; i++)
                if (wanted->equal[i].field == field)
                        return &wanted->equal[i].value;
        return NULL;
}

static bool names_owned(const struct schema_field *rule)
{
        return rule->ref != NULL && !(rule->flags & SCHEMA_WEAK) && table_is_owned(rule->ref);
}

/* Beside the caller's own id, which is the first: another owner that they are. */
static void want_one_owner(struct work *work, struct wanted *wanted, struct key_value value)
{
        wanted->owner_given = call_reaches(&work->call, value.text);
        if (wanted->owner_given)
                wanted->equal[0].value = value;
}

void list_want(struct work *work, struct wanted *wanted)
{
        const struct schema_method *method = work->plan->method;

        *wanted = (struct wanted){.range_field = SCHEMA_NONE};
        if (work->caller.scope == SCOPE_OWN && method->table->owner != SCHEMA_NONE &&
                method->table->parent == NULL)
                want_equal(wanted, method->table->owner, key_text(work->caller.id));
        for (uint16_t i = 0; i < method->filter_count; i++) {
                const struct schema_filter *filter = &method->filters[i];
                struct key_value value = key_value_of(
                        work->request, &method->request->descriptor->fields[filter->request_field]);

                if (key_value_unset(value))
                        continue;
                if (filter->type == FILTER_EQUAL) {
                        wanted->owned_given |=
                                filter->table_field != method->table->owner &&
                                names_owned(&method->request->fields[filter->request_field]);
                        wanted->parent_given |= filter->table_field == method->table->key[0];
                        if (wanted_value(wanted, filter->table_field) == NULL)
                                want_equal(wanted, filter->table_field, value);
                        else if (filter->table_field == method->table->owner)
                                want_one_owner(work, wanted, value);
                        continue;
                }
                wanted->range_field = filter->table_field;
                if (filter->type == FILTER_FROM) {
                        wanted->has_from = true;
                        wanted->from = value;
                } else {
                        wanted->has_before = true;
                        wanted->before = value;
                }
        }
}

/* ---- rows of a team ---- */

/* The field that says whose team a row is, or SCHEMA_NONE. */
static uint16_t team_field(const struct schema_table *table)
{
        for (uint16_t i = 0; i < table->message->descriptor->n_fields; i++) {
                const struct schema_table *ref = table->message->fields[i].ref;

                if (ref != NULL && strcmp(ref->name, "Team") == 0)
                        return i;
        }
        return SCHEMA_NONE;
}

/* The caller's own queue: a field that says who of the staff looks after a row names them. */
static bool wants_own_queue(const struct work *work, const struct wanted *wanted)
{
        const struct schema_table *table = work->plan->method->table;

        for (size_t i = 0; i < wanted->equal_count; i++) {
                const struct schema_table *ref = table->message->fields[wanted->equal[i].field].ref;

                if (ref != NULL && strcmp(ref->name, "StaffAccount") == 0 &&
                        strcmp(wanted->equal[i].value.text, work->caller.id) == 0)
                        return true;
        }
        return false;
}

enum status list_want_team(struct work *work, struct wanted *wanted)
{
        struct call *call = &work->call;
        const struct schema_table *table = work->plan->method->table;
        uint16_t team = team_field(table);

        if (work->caller.scope != SCOPE_TEAM || !table_is_owned(table) || wanted->owned_given ||
                wants_own_queue(work, wanted))
                return OK;
        if (table->owner != SCHEMA_NONE && wanted_value(wanted, table->owner) != NULL)
                return call_reaches(call, wanted_value(wanted, table->owner)->text)
                               ? OK
                               : call_fail_absent(call,
                                         table->message->descriptor->fields[table->owner].name,
                                         "MEMBER", "member",
                                         wanted_value(wanted, table->owner)->text);
        if (team == SCHEMA_NONE)
                return call_fail(call, INVALID_ARGUMENT, "FILTER_NOT_SERVED",
                        "%s: you reach rows by team; name the member", work->plan->method->name);
        const struct key_value *given = wanted_value(wanted, team);

        if (given == NULL)
                want_equal(wanted, team, key_text(""));
        else if (!team_member_has(call->txn, given->text, work->caller.id))
                return call_fail_absent(call, table->message->descriptor->fields[team].name, "TEAM",
                        "team", given->text);
        return OK;
}

/* ---- the access ---- */

/* True where the wanted fields are the first of these, and the range is on the next one. */
static bool serves(const struct wanted *wanted, const uint16_t *fields, uint16_t field_count,
        struct access *access)
{
        access->count = 0;
        while (access->count < field_count) {
                const struct key_value *value = wanted_value(wanted, fields[access->count]);

                if (value == NULL)
                        break;
                access->values[access->count++] = *value;
        }
        if (access->count != wanted->equal_count)
                return false;
        return wanted->range_field == SCHEMA_NONE ||
               (access->count < field_count && fields[access->count] == wanted->range_field);
}

static bool primary_serves(
        const struct schema_table *table, const struct wanted *wanted, struct access *access)
{
        access->index = NULL;
        access->owner = NULL;
        if (!table->under_owner || table->parent != NULL)
                return serves(wanted, table->key, table->key_count, access);
        const struct key_value *owner = wanted_value(wanted, table->owner);

        if (owner == NULL)
                return false;
        struct wanted rest = *wanted;

        rest.equal_count = 0;
        for (size_t i = 0; i < wanted->equal_count; i++)
                if (wanted->equal[i].field != table->owner)
                        rest.equal[rest.equal_count++] = wanted->equal[i];
        access->owner = owner->text;
        return serves(&rest, table->key, table->key_count, access);
}

bool access_choose(
        const struct schema_table *table, const struct wanted *wanted, struct access *access)
{
        /* A child's owner is its parent's, which own_request has seen: without one there is none.
         */
        if (table->parent != NULL && !wanted->parent_given)
                return false;
        if (primary_serves(table, wanted, access))
                return true;
        for (uint16_t i = 0; i < table->index_count; i++) {
                const struct schema_index *index = &table->indexes[i];

                access->index = index;
                if (!serves(wanted, index->fields, index->field_count, access))
                        continue;
                if (access->count == 0 && (index->under_owner || index->sparse))
                        continue;
                return true;
        }
        return false;
}

bool access_choose_owned(const struct work *work, struct wanted *wanted, struct access *access)
{
        const struct schema_table *table = work->plan->method->table;
        size_t kept = 0;

        if (access_choose(table, wanted, access))
                return true;
        if (work->caller.scope != SCOPE_OWN || !wanted->owned_given)
                return false;
        for (size_t i = 0; i < wanted->equal_count; i++)
                if (wanted->equal[i].field != table->owner)
                        wanted->equal[kept++] = wanted->equal[i];
        wanted->equal_count = kept;
        return access_choose(table, wanted, access);
}
