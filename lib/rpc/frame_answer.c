/*
 * Reading replies by hand, as suspiciously as calls are read: a client may talk to anything, and
 * what it is told must not multiply itself in its memory.
 */
#include "lib/rpc/frame_field.h"

#include <string.h>

#include "lib/rpc/compress.h"

static const char *read_text(struct arena *arena, struct field field)
{
        char *text = arena_alloc(arena, field.bytes.len + 1);

        if (field.bytes.len > 0)
                memcpy(text, field.bytes.data, field.bytes.len);
        return text;
}

/* A message of texts, the fields 1 to count; the others are passed over. */
static bool read_texts(
        struct arena *arena, struct bytes body, const char **const *texts, size_t count)
{
        struct field field;

        for (size_t i = 0; i < count; i++)
                *texts[i] = "";
        while (body.len > 0) {
                if (!field_take(&body, &field))
                        return false;
                if (field.wire == WIRE_BYTES && field.number <= count)
                        *texts[field.number - 1] = read_text(arena, field);
        }
        return true;
}

static bool read_violation(struct arena *arena, struct bytes body, struct violation *out)
{
        const char **const texts[] = {&out->field, &out->reason, &out->description};
        const char **const localized[] = {&out->locale, &out->localized};
        struct field field;

        if (!read_texts(arena, body, texts, 3))
                return false;
        while (field_take(&body, &field))
                if (field.number == 4 && field.wire == WIRE_BYTES &&
                        !read_texts(arena, field.bytes, localized, 2))
                        return false;
        return true;
}

static bool read_fact(struct arena *arena, struct bytes body, struct error_fact *out)
{
        const char **const texts[] = {&out->name, &out->value};

        return read_texts(arena, body, texts, 2);
}

static bool read_localized(struct error *error, struct bytes body)
{
        const char **const texts[] = {&error->locale, &error->localized};

        return read_texts(error->arena, body, texts, 2);
}

/* Where the next violation and fact are hung, and how many more are read: a hostile reply must
 * not multiply itself in memory. */
struct status_lists {
        struct violation **violation;
        struct error_fact **fact;
        int room;
};

static bool read_list_field(struct error *error, struct field field, struct status_lists *lists)
{
        if (lists->room == 0)
                return true;
        lists->room--;
        if (field.number == 4) {
                struct violation *violation = arena_new(error->arena, struct violation);

                *lists->violation = violation;
                lists->violation = &violation->next;
                return read_violation(error->arena, field.bytes, violation);
        }
        struct error_fact *fact = arena_new(error->arena, struct error_fact);

        *lists->fact = fact;
        lists->fact = &fact->next;
        return read_fact(error->arena, field.bytes, fact);
}

static bool read_status_field(struct error *error, struct field field, struct status_lists *lists)
{
        bool text = field.number != 1 && field.number != 6;

        if (field.number > 10)
                return true;
        if (field.wire != (text ? WIRE_BYTES : WIRE_VARINT))
                return false;
        switch (field.number) {
        case 1:
                error->code = field.value > 0 && field.value < STATUS_COUNT
                                      ? (enum status)field.value
                                      : UNKNOWN;
                return true;
        case 2:
                error->reason = read_text(error->arena, field);
                return true;
        case 3:
                error->message = read_text(error->arena, field);
                return true;
        case 4:
        case 5:
                return read_list_field(error, field, lists);
        case 6:
                error->retry_after_ms = (uint32_t)field.value;
                return true;
        case 7:
                error->detail_type = read_text(error->arena, field);
                return true;
        case 8:
                error->detail = arena_copy(error->arena, field.bytes.data, field.bytes.len);
                error->detail_len = field.bytes.len;
                return true;
        case 10:
                return read_localized(error, field.bytes);
        default:
                return true; /* 9, who says so: the caller knows whom it asked */
        }
}

static struct error *read_status(struct arena *arena, struct bytes body)
{
        struct error *error = arena_new(arena, struct error);
        struct status_lists lists = {&error->violations, &error->facts, RPC_LIST_MAX};
        struct field field;

        error_init(error, arena);
        error->code = UNKNOWN;
        error->reason = "";
        error->message = "";
        while (body.len > 0)
                if (!field_take(&body, &field) || !read_status_field(error, field, &lists))
                        return NULL;
        return error;
}

/* What compressed answers may still hold is room. */
static bool expand(
        struct arena *arena, struct rpc_answer *answer, uint64_t zstd_bytes, size_t *room)
{
        if (zstd_bytes == 0)
                return true;
        if (zstd_bytes > RPC_REPLY_BYTES_MAX || zstd_bytes > *room)
                return false;
        *room -= (size_t)zstd_bytes;
        return compress_expand(arena, answer->response, (size_t)zstd_bytes, &answer->response);
}

static bool read_reply(
        struct arena *arena, struct bytes body, struct rpc_answer *answer, size_t *room)
{
        uint64_t numbers[7] = {0};
        struct field field;

        while (body.len > 0) {
                if (!field_take(&body, &field))
                        return false;
                if (field.number > 6)
                        continue;
                bool number = field.number == 1 || field.number == 4 || field.number == 6;

                if (field.wire != (number ? WIRE_VARINT : WIRE_BYTES))
                        return false;
                if (number)
                        numbers[field.number] = field.value;
                else if (field.number == 3)
                        answer->response = field.bytes;
                else if (field.number == 5 &&
                         !field_take_metadatum(arena, field.bytes, &answer->metadata))
                        return false;
                else if (field.number == 2 &&
                         (answer->error = read_status(arena, field.bytes)) == NULL)
                        return false;
        }
        answer->id = (uint32_t)numbers[1];
        answer->sequence = numbers[4];
        return expand(arena, answer, numbers[6], room) && frame_metadata_ok(&answer->metadata);
}

bool frame_reads_zstd(struct bytes body)
{
        struct field field;

        while (field_take(&body, &field))
                if (field.number == 2)
                        return field.value != 0;
        return false;
}

enum status frame_read_replies(struct arena *arena, struct bytes body, struct rpc_answer **answers,
        size_t *count, struct error *error)
{
        int64_t total = field_count_elements(body);
        size_t room = COMPRESS_MESSAGE_MAX;
        struct field field;
        size_t n = 0;

        if (total < 0 || total > RPC_BATCH_CALLS_MAX)
                return error_set(error, INTERNAL, "MALFORMED_REPLY",
                        "the server's answer is not a list of replies");

        struct rpc_answer *list = arena_array(arena, struct rpc_answer, (size_t)total + 1);

        while (body.len > 0) {
                if (!field_take(&body, &field) ||
                        (field.number == 1 && !read_reply(arena, field.bytes, &list[n], &room)))
                        return error_set(error, INTERNAL, "MALFORMED_REPLY",
                                "reply %zu of the server's answer is not a Reply", n + 1);
                if (field.number == 1)
                        n++;
        }
        *answers = list;
        *count = n;
        return OK;
}
