/*
 * Masking by role. A plan knows of its method whether the answer can hold anything personal and
 * which roles see it clear, so for most calls, and for all of members about themselves, this is one
 * look at a flag. The others are decoded again: refused was masking in the handler's own message,
 * which may share parts with the request and with rows that are still to be written.
 *
 * Whose a field is follows from the row around it: the owner of its table, or the member that a
 * message names. Rows of the caller's own stay clear among those of others.
 */
#include "server/mask.h"

#include <string.h>
#include "lib/schema/decode.h"
#include "lib/schema/mask.h"
#include "server/audit.h"
#include "server/fields.h"
#include "server/work.h"

struct walk {
        struct arena *arena;
        const char *caller_id;
        struct work *noting; /* who is shown clear goes here; NULL: fields are masked */
};

/* Whose the fields of this message are. outer: whose the message around it is. */
static const char *owner_of(
        const struct schema_message *schema, const void *message, const char *outer)
{
        uint16_t at = schema->table != NULL && schema->table->owner != SCHEMA_NONE
                              ? schema->table->owner
                              : schema_field_named(schema, "member_id");

        if (at == SCHEMA_NONE)
                return outer;
        const ProtobufCFieldDescriptor *field = &schema->descriptor->fields[at];

        if (field->type != PROTOBUF_C_TYPE_STRING || field->label == PROTOBUF_C_LABEL_REPEATED ||
                schema_count(message, field) == 0)
                return outer;
        return schema_text_at(message, field, 0);
}

static void note_member(struct work *work, const char *id)
{
        work->shows_clear = true;
        if (id[0] == '\0')
                return;
        for (size_t i = work->member_count; i-- > 0;)
                if (strcmp(work->members[i], id) == 0)
                        return;
        if (work->member_count == work->member_room) {
                size_t room = 2 * work->member_room + 16;

                work->members = arena_grow(work->call.arena, work->members,
                        work->member_room * sizeof(*work->members), room * sizeof(*work->members));
                work->member_room = room;
        }
        work->members[work->member_count++] = arena_text(work->call.arena, id);
}

static void mask_field(
        struct walk *walk, const struct schema_message *schema, void *message, uint16_t at)
{
        const ProtobufCFieldDescriptor *field = &schema->descriptor->fields[at];
        enum schema_format format = schema->fields[at].format;

        if (field->type != PROTOBUF_C_TYPE_STRING) {
                schema_clear(schema, message, at);
                return;
        }
        if (field->label != PROTOBUF_C_LABEL_REPEATED) {
                fields_set_text(message, field,
                        mask_text(walk->arena, format, schema_text_at(message, field, 0)));
                return;
        }
        const char **texts = *(const char ***)schema_member(message, field);

        for (size_t n = schema_count(message, field); n-- > 0;)
                texts[n] = mask_text(walk->arena, format, texts[n]);
}

static void walk_message(
        struct walk *walk, const struct schema_message *schema, void *message, const char *outer)
{
        const char *owner = owner_of(schema, message, outer);
        bool own = owner[0] != '\0' && strcmp(owner, walk->caller_id) == 0;

        for (uint16_t i = 0; i < schema->descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &schema->descriptor->fields[i];
                const struct schema_field *rule = &schema->fields[i];
                size_t count = schema_count(message, field);

                if (count == 0)
                        continue;
                bool inside =
                        rule->message != NULL && fields_flagged(rule->message, SCHEMA_PERSONAL);

                if (inside)
                        for (size_t n = 0; n < count; n++)
                                walk_message(walk, rule->message,
                                        (void *)schema_message_at(message, field, n), owner);
                else if (!(rule->flags & SCHEMA_PERSONAL) || own)
                        continue;
                else if (walk->noting != NULL)
                        note_member(walk->noting, owner);
                else
                        mask_field(walk, schema, message, i);
        }
}

static bool sees_clear(const struct work *work)
{
        return work->system || work->caller.scope == SCOPE_OWN ||
               (work->caller.roles & work->plan->clear_roles) != 0;
}

static void finish_answer(struct work *work)
{
        const struct schema_message *schema = work->plan->method->response;
        struct arena *arena = work->call.arena;
        bool clear = sees_clear(work);
        struct walk walk = {
                .arena = arena, .caller_id = work->caller.id, .noting = clear ? work : NULL};

        /* Only what staff see of others is noted. */
        if (clear &&
                (work->system || work->caller.scope == SCOPE_OWN || !audit_is_staff(&work->caller)))
                return;
        void *message = decode_trusted(arena, schema->descriptor, work->answer);

        if (message == NULL)
                return;
        walk_message(&walk, schema, message, "");
        if (!clear)
                work->answer = encode(arena, message);
}

/* The message beside an error is masked even for those who see answers clear: nobody asked for it,
 * and nobody would look for it in the log of who read what. */
static void finish_error(struct work *work)
{
        struct error *error = &work->call.error;
        struct arena *arena = work->call.arena;
        struct walk walk = {.arena = arena, .caller_id = work->caller.id};

        if (error->detail == NULL || work->system || work->caller.scope == SCOPE_OWN)
                return;
        const struct schema_message *schema =
                schema_message(work->private.pipeline->options.schema, error->detail_type);

        if (schema == NULL || !fields_flagged(schema, SCHEMA_PERSONAL))
                return;
        void *message = decode_trusted(
                arena, schema->descriptor, bytes_of(error->detail, error->detail_len));

        if (message == NULL)
                return;
        walk_message(&walk, schema, message, "");
        struct bytes masked = encode(arena, message);

        error->detail = masked.data;
        error->detail_len = masked.len;
}

void mask_finish(struct work *work)
{
        if (work->failed)
                finish_error(work);
        else if (work->plan->method->personal)
                finish_answer(work);
}

/* ---- what is given ---- */

static bool is_mask(struct arena *arena, const struct schema_field *rule, const char *text)
{
        return text[0] != '\0' && strcmp(mask_text(arena, rule->format, text), text) == 0;
}

static void check_message(struct work *work, const struct schema_message *schema,
        const void *message, const char *path)
{
        struct arena *arena = work->call.arena;

        for (unsigned i = 0; i < schema->descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &schema->descriptor->fields[i];
                const struct schema_field *rule = &schema->fields[i];
                const char *name = arena_printf(
                        arena, "%s%s%s", path, path[0] == '\0' ? "" : ".", field->name);

                for (size_t n = 0; n < schema_count(message, field); n++) {
                        if (rule->message != NULL)
                                check_message(work, rule->message,
                                        schema_message_at(message, field, n), name);
                        else if (rule->flags & SCHEMA_PERSONAL &&
                                 field->type == PROTOBUF_C_TYPE_STRING &&
                                 is_mask(arena, rule, schema_text_at(message, field, n)))
                                error_violation(&work->call.error, name, "MASKED",
                                        "%s: what an answer shows masked is not a value", name);
                }
        }
}

enum status mask_check_request(struct work *work)
{
        if (work->plan->asks_personal && work->caller.scope > SCOPE_OWN && !work->system)
                check_message(work, work->plan->method->request, work->request, "");
        return work->call.error.code;
}
