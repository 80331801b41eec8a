/*
 * The audit log. A record is made from what the pipeline knows of any call: who, by which session
 * and posts, which method, the ids in its request, what came of it. Refused: records made by
 * handlers, where one in two hundred would forget it, and a table of before and after images, which
 * would keep personal data past its erasure.
 *
 * A request for a change that breaks the rules of its fields is recorded where its token is known
 * for staff's: who the call is from is looked up for that alone, and strangers cannot fill the
 * disk. What it names is left out, since it may be anything, somebody's address in the place of an
 * id. Not recorded is what the gate turned away: that log would be the load it keeps out. The same
 * request again, answered from what was kept, is one act and has one record.
 */
#include "server/audit.h"

#include <string.h>
#include "governance.rows.h"
#include "lib/base/id.h"
#include "lib/schema/decode.h"
#include "lib/schema/rules.h"
#include "server/fields.h"
#include "server/work.h"

#define SUBJECTS_MAX    16
#define SUBJECT_LEN_MAX 64
#define CUSTOMER_ROLES  (1u << ROLE_GUEST | 1u << ROLE_MEMBER)
#define NO_POSTS        (1u << ROLE_ANYONE | CUSTOMER_ROLES | 1u << ROLE_SYSTEM)

bool audit_is_staff(const struct caller *caller)
{
        /* Somebody signed in who is no customer has, or had, a post. */
        return (caller->roles & ~NO_POSTS) != 0 ||
               (caller->session_id != NULL && caller->session_id[0] != '\0' &&
                       (caller->roles & CUSTOMER_ROLES) == 0);
}

bool audit_owes(const struct work *work)
{
        if (work->system || work->plan == NULL || !audit_is_staff(&work->caller))
                return false;
        if (work->shows_clear && !work->failed)
                return true;
        if (work->replayed)
                return false;
        return work->plan->writes || work->plan->administers ||
               (work->failed && work->call.error.code == PERMISSION_DENIED);
}

/* ---- subjects ---- */

struct subjects {
        const char **ids;
        size_t count;
};

/* A text that is no id names no row, and may be somebody's address. */
static void add_subject(struct subjects *subjects, const char *id)
{
        if (!rules_format_ok(FORMAT_ID, id) || strlen(id) > SUBJECT_LEN_MAX ||
                subjects->count == SUBJECTS_MAX)
                return;
        for (size_t i = 0; i < subjects->count; i++)
                if (strcmp(subjects->ids[i], id) == 0)
                        return;
        subjects->ids[subjects->count++] = id;
}

static bool ends_with(const char *text, const char *end)
{
        size_t len = strlen(text), end_len = strlen(end);

        return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Names of rows: references, and what is called an id. */
static bool names_row(const struct schema_field *rule, const ProtobufCFieldDescriptor *field)
{
        if (field->type != PROTOBUF_C_TYPE_STRING ||
                rule->flags & (SCHEMA_PERSONAL | SCHEMA_SECRET))
                return false;
        return rule->ref != NULL ||
               (rule->format == FORMAT_ID &&
                       (strcmp(field->name, "id") == 0 || ends_with(field->name, "_id") ||
                               ends_with(field->name, "_ids")));
}

static void add_subjects(
        struct subjects *subjects, const struct schema_message *schema, const void *message)
{
        for (unsigned i = 0; i < schema->descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &schema->descriptor->fields[i];
                const struct schema_field *rule = &schema->fields[i];
                size_t count = schema_count(message, field);

                for (size_t n = 0; n < count && subjects->count < SUBJECTS_MAX; n++) {
                        if (rule->message != NULL)
                                add_subjects(subjects, rule->message,
                                        schema_message_at(message, field, n));
                        else if (names_row(rule, field))
                                add_subject(subjects, schema_text_at(message, field, n));
                }
        }
}

/* The row that was made or changed, where the answer is one. */
static void add_answered(struct subjects *subjects, const struct work *work)
{
        const struct schema_table *table = work->plan->method->response->table;
        struct key_value key[KEY_PARTS_MAX];

        if (work->failed || work->response == NULL || table == NULL)
                return;
        fields_key(table, work->response, key);
        if (key[0].type == KEY_TEXT)
                add_subject(subjects, key[0].text);
}

/* ---- the record ---- */

static void set_posts(AuditRecord *record, struct arena *arena, uint32_t roles)
{
        record->posts = arena_array(arena, Post, ROLE_COUNT);
        for (uint32_t role = ROLE_GUEST; role < ROLE_COUNT; role++)
                if (role != ROLE_SYSTEM && (roles >> role & 1))
                        record->posts[record->n_posts++] = (Post)role;
}

static const char *request_id(const struct work *work)
{
        struct bytes id = work->rpc->request_id;

        if (!work->once || id.len != REQUEST_ID_LEN)
                return "";
        return arena_printf(work->call.arena, "%.*s", (int)id.len, (const char *)id.data);
}

static void add_access(struct txn *txn, const AuditRecord *record, const char *member_id)
{
        DataAccess access = DATA_ACCESS_INIT;

        access.member_id = member_id;
        access.number = record->number;
        access.time = record->time;
        access.principal = record->principal;
        access.method = record->method;
        data_access_insert(txn, &access);
}

void audit_append(struct work *work, struct txn *txn)
{
        struct call *call = &work->call;
        struct subjects subjects = {.ids = arena_array(call->arena, const char *, SUBJECTS_MAX)};
        AuditRecord record = AUDIT_RECORD_INIT;

        if (work->request != NULL)
                add_subjects(&subjects, work->plan->method->request, work->request);
        add_answered(&subjects, work);
        record.time = call_now(call);
        record.principal = work->caller.id;
        record.session = work->caller.session_id;
        set_posts(&record, call->arena, work->caller.roles);
        record.method = work->plan->method->name;
        record.subjects = subjects.ids;
        record.n_subjects = subjects.count;
        if (work->failed) {
                record.code = (uint32_t)call->error.code;
                record.reason = call->error.reason;
        }
        record.request_id = request_id(work);
        record.again = work->replayed;
        if (!work->failed) {
                record.members = work->members;
                record.n_members = work->member_count;
        }
        audit_record_append(txn, &record);
        for (size_t i = 0; i < record.n_members; i++)
                add_access(txn, &record, record.members[i]);
}

/* ---- for what did not meet the writer ---- */

static bool record_step(struct work *work, struct txn *txn)
{
        audit_append(work, txn);
        return true;
}

static void refuse_stopping(struct work *work)
{
        error_init(&work->call.error, work->call.arena);
        error_set(&work->call.error, UNAVAILABLE, "SERVER_DRAINING",
                "the server is stopping and can record nothing more");
        work_fail(work);
        work_finished(work);
        work->done(work);
}

/* Answer and caller in the work's own memory: a look's or a batch's ends with it. */
static void keep_answer(struct work *own, const struct work *work)
{
        struct arena *arena = &own->arena;
        const struct error *error = work->failed ? error_clone(&work->call.error, arena) : NULL;

        own->caller = work->caller;
        own->caller.id = arena_text(arena, work->caller.id);
        own->caller.session_id = arena_text(arena, work->caller.session_id);
        const char **members = arena_array(arena, const char *, work->member_count);

        for (size_t i = 0; i < work->member_count; i++)
                members[i] = arena_text(arena, work->members[i]);
        own->shows_clear = work->shows_clear;
        own->member_count = work->member_count;
        own->members = members;
        own->answer =
                bytes_of(arena_copy(arena, work->answer.data, work->answer.len), work->answer.len);
        own->call.arena = arena;
        error_init(&own->call.error, arena);
        if (error != NULL)
                own->call.error = *error;
}

void audit_submit(struct work *work)
{
        struct pipeline *pipeline = work->private.pipeline;

        if (work->call.arena != &work->arena)
                keep_answer(work, work);
        work->answered = true;
        work->step = record_step;
        if (!queue_push_late(&pipeline->writes, work, work_priority(work)))
                refuse_stopping(work);
}

bool audit_owes_malformed(const struct work *work)
{
        return work->plan != NULL && (work->plan->writes || work->plan->administers) &&
               work->payer.kind == PAYER_EXEMPT && !work->system && !work->turned_away &&
               work->call.error.code == INVALID_ARGUMENT;
}

/* False, and nothing is kept: it is no staff's token any more. */
static bool record_malformed(struct work *work, struct txn *txn)
{
        const struct error error = work->call.error;

        error_init(&work->call.error, work->call.arena);
        bool staff = identify_caller(work) == OK && audit_is_staff(&work->caller);

        work->call.error = error;
        if (staff)
                audit_append(work, txn);
        return staff;
}

void audit_submit_malformed(struct work *work)
{
        work->request = NULL;
        work->answered = true;
        work->step = record_malformed;
        if (!queue_push_late(&work->private.pipeline->writes, work, work_priority(work)))
                refuse_stopping(work);
}

struct work *audit_adopt(const struct work *work)
{
        const struct moment begun = {work->private.real_us, work->start_us};
        struct work *own = work_new(work->private.pipeline);

        work_init(own, work->private.pipeline, &own->arena, &begun);
        own->plan = work->plan;
        own->rpc = work->rpc;
        own->call.method = work->call.method;
        own->payer = work->payer;
        own->sequence = work->sequence;
        own->failed = work->failed;
        own->request =
                decode_trusted(&own->arena, work->plan->method->request->descriptor, work->sent);
        keep_answer(own, work);
        return own;
}
