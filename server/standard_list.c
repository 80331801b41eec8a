/*
 * List: the filters of the request choose an index whose first fields they are, the caller's scope
 * adds the owner, the page goes on after the position in its token. There is no filtering after
 * the fact and no sort: what no index serves is refused, by the generator or here.
 *
 * Rows travel from store to answer as bytes; nothing is decoded unless a field must be hidden.
 */
#include <assert.h>
#include <string.h>
#include "lib/schema/decode.h"
#include "server/fields.h"
#include "server/page_token.h"
#include "server/work.h"
#include "staff.rows.h"

#define PAGE_SIZE_DEFAULT 50
#define PAGE_SIZE_MAX     1000
#define PAGE_BYTES_MAX    (2u << 20)
#define POSITION_MAX      (2 * KEY_LEN_MAX)
#define EQUALS_MAX        (KEY_PARTS_MAX + 1)

/* Scans whose rows follow each other, one for each owner that the caller is. Positions hold the
 * owner and owners are in order, so a position is behind all rows of those before. */
struct chain {
        struct scan *scans[CALL_OWNERS_MAX];
        size_t count, at;
};

/* What the rows must have. */
struct wanted {
        struct {
                uint16_t field; /* of the table */
                struct key_value value;
        } equal[EQUALS_MAX];
        size_t equal_count;
        uint16_t range_field;
        bool has_from, has_before;
        bool parent_given; /* the first part of the key */
        bool owned_given;  /* a row of the caller's own, which own_request has seen */
        bool owner_given;  /* which of the owners that the caller is */
        struct key_value from, before;
};

static void want_equal(struct wanted *wanted, uint16_t field, struct key_value value)
{
        assert(wanted->equal_count < EQUALS_MAX);
        wanted->equal[wanted->equal_count].field = field;
        wanted->equal[wanted->equal_count].value = value;
        wanted->equal_count++;
}

static const struct key_value *wanted_value(const struct wanted *wanted, uint16_t field)
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

static void read_filters(struct work *work, struct wanted *wanted)
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

/* Who reaches rows by team names the member, a row of theirs that own_request has seen, themselves,
 * or one of their own teams; a list by team that names none is of what no team was given. */
static enum status want_team(struct work *work, struct wanted *wanted)
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

/* An ordered access: the primary key or an index. */
struct access {
        const struct schema_index *index; /* NULL: primary */
        const char *owner;
        struct key_value values[KEY_PARTS_MAX];
        size_t count;
};

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
        const struct schema_table *table, struct wanted *wanted, struct access *access)
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

static bool choose(const struct schema_table *table, struct wanted *wanted, struct access *access)
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

/* Where no index begins with the owner, one that begins with a row of the caller's own does: what
 * belongs to a member's order is the member's. */
static bool choose_owned(const struct work *work, struct wanted *wanted, struct access *access)
{
        const struct schema_table *table = work->plan->method->table;
        size_t kept = 0;

        if (choose(table, wanted, access))
                return true;
        if (work->caller.scope != SCOPE_OWN || !wanted->owned_given)
                return false;
        for (size_t i = 0; i < wanted->equal_count; i++)
                if (wanted->equal[i].field != table->owner)
                        wanted->equal[kept++] = wanted->equal[i];
        wanted->equal_count = kept;
        return choose(table, wanted, access);
}

/* ---- pages ---- */

static struct page_scope page_scope(struct work *work)
{
        const struct schema_method *method = work->plan->method;
        void *filter = arena_copy(
                work->call.arena, work->request, method->request->descriptor->sizeof_message);

        schema_clear(method->request, filter, method->page_size);
        schema_clear(method->request, filter, method->page_token);
        return (struct page_scope){
                .keyring = work->private.pipeline->options.keyring,
                .method = bytes_of_text(method->name),
                .filter = encode(work->call.arena, filter),
                .principal = bytes_of_text(work->caller.id),
        };
}

static size_t page_size(const struct work *work)
{
        const struct schema_method *method = work->plan->method;
        int64_t size = schema_number_at(
                work->request, &method->request->descriptor->fields[method->page_size], 0);

        if (size <= 0)
                return PAGE_SIZE_DEFAULT;
        return size > PAGE_SIZE_MAX ? PAGE_SIZE_MAX : (size_t)size;
}

struct page {
        struct arena *arena;
        uint8_t *data;
        size_t len;
        size_t capacity;
};

static void page_append(struct page *page, const void *data, size_t size)
{
        if (page->len + size > page->capacity) {
                size_t capacity = (page->len + size) * 2 + 1024;

                page->data = arena_grow(page->arena, page->data, page->len, capacity);
                page->capacity = capacity;
        }
        if (size > 0)
                memcpy(page->data + page->len, data, size);
        page->len += size;
}

static void page_append_number(struct page *page, uint64_t number)
{
        uint8_t bytes[10];
        size_t len = 0;

        while (number >= 128) {
                bytes[len++] = (uint8_t)(number | 128);
                number >>= 7;
        }
        bytes[len++] = (uint8_t)number;
        page_append(page, bytes, len);
}

/* A length-delimited field of the answer. */
static void page_append_field(struct page *page, uint32_t number, struct bytes bytes)
{
        page_append_number(page, (uint64_t)number << 3 | 2);
        page_append_number(page, bytes.len);
        page_append(page, bytes.data, bytes.len);
}

static struct bytes row_bytes(struct work *work, struct bytes stored)
{
        const struct schema_table *table = work->plan->method->table;

        if (!work->plan->has_masked)
                return stored;
        void *row = decode_trusted(work->call.arena, table->message->descriptor, stored);

        fields_hide(table->message, row, fields_hidden(work->plan->method));
        return encode(work->call.arena, row);
}

static struct bytes chain_next(struct chain *chain)
{
        struct bytes row = {0};

        while (row.data == NULL && chain->at < chain->count) {
                row = scan_next_bytes(chain->scans[chain->at]);
                chain->at += row.data == NULL;
        }
        return row;
}

static void fill_page(struct work *work, struct chain *chain, const struct page_scope *scope)
{
        const struct schema_method *method = work->plan->method;
        const ProtobufCFieldDescriptor *fields = method->response->descriptor->fields;
        struct page page = {.arena = work->call.arena};
        size_t left = page_size(work);
        uint8_t place[POSITION_MAX];
        struct bytes position = {0};
        bool more = false;

        for (;;) {
                struct bytes row = chain_next(chain);

                if (row.data == NULL)
                        break;
                if (left == 0 || (page.len > 0 && page.len + row.len > PAGE_BYTES_MAX)) {
                        more = true;
                        break;
                }
                page_append_field(&page, fields[method->items].id, row_bytes(work, row));
                struct bytes at = scan_position(chain->scans[chain->at]);

                assert(at.len <= sizeof(place));
                memcpy(place, at.data, at.len);
                position = bytes_of(place, at.len);
                left--;
        }
        if (more) {
                const char *token = page_token_make(page.arena, scope, position);

                page_append_field(&page, fields[method->next_page_token].id, bytes_of_text(token));
        }
        work->answer = bytes_of(page.data, page.len);
}

static void add_scan(struct work *work, const struct wanted *wanted, const struct access *access,
        struct chain *chain)
{
        struct scan *scan = txn_scan(work->call.txn, work->plan->method->table, access->index,
                access->owner, access->values, access->count, ASCENDING);

        if (wanted->range_field != SCHEMA_NONE)
                scan_between(scan, wanted->has_from ? &wanted->from : NULL,
                        wanted->has_before ? &wanted->before : NULL);
        chain->scans[chain->count++] = scan;
}

/* Of a list of what is the caller's own, by every owner that they are. */
static void begin_chain(
        struct work *work, struct wanted *wanted, struct access *access, struct chain *chain)
{
        const struct schema_table *table = work->plan->method->table;
        bool own = work->caller.scope == SCOPE_OWN && !wanted->owner_given &&
                   table->owner != SCHEMA_NONE && table->parent == NULL &&
                   wanted_value(wanted, table->owner) != NULL;
        struct call_owners owners = {.count = 1};

        if (own)
                call_owners(&work->call, work->caller.id, &owners);
        for (size_t i = 0; i < owners.count; i++) {
                if (owners.count > 1)
                        wanted->equal[0].value = key_text(owners.ids[i]);
                if (owners.count == 1 || choose(table, wanted, access))
                        add_scan(work, wanted, access, chain);
        }
}

enum status standard_list(struct work *work)
{
        struct call *call = &work->call;
        const struct schema_method *method = work->plan->method;
        struct wanted wanted;
        struct access access;

        read_filters(work, &wanted);
        if (want_team(work, &wanted) != OK)
                return call->error.code;
        if (!choose_owned(work, &wanted, &access))
                return call_fail(call, INVALID_ARGUMENT, "FILTER_NOT_SERVED",
                        "%s: rows are kept by owner or parent; give that filter", method->name);
        struct page_scope scope = page_scope(work);
        const char *token = schema_text_at(
                work->request, &method->request->descriptor->fields[method->page_token], 0);
        struct bytes position = {0};

        if (token != NULL && token[0] != '\0' &&
                !page_token_read(call->arena, &scope, token, &position))
                return call_fail_field(call, "page_token", "BAD_PAGE_TOKEN",
                        "page_token: not one that this list, filter and caller were given");
        struct chain chain = {0};

        begin_chain(work, &wanted, &access, &chain);
        for (size_t i = 0; position.data != NULL && i < chain.count; i++)
                scan_after(chain.scans[i], position);
        fill_page(work, &chain, &scope);
        return OK;
}
