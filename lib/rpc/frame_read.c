/*
 * Reading the wire by hand. A message is walked once to count its calls and once to read them, and
 * every value stays where it is: a call costs no allocation and no copy. protobuf-c would copy each
 * field into an object of its own, which at half a million calls a second is most of the cost of
 * a call; the tests let protobuf-c read what is written here, and the other way round.
 *
 * Fields that are not known are skipped, as Protocol Buffers ask; groups, lengths that leave the
 * message, and the wrong wire type for a known field make the whole batch malformed.
 */
#include "lib/rpc/frame.h"

#include <stdbool.h>

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* One field as it stands on the wire. */
struct field {
        uint32_t number;
        enum wire wire;
        uint64_t value;     /* WIRE_VARINT */
        struct bytes bytes; /* WIRE_BYTES */
};

static bool take_varint(struct bytes *rest, uint64_t *out)
{
        uint64_t value = 0;

        for (size_t i = 0; i < rest->len && i < 10; i++) {
                value |= (uint64_t)(rest->data[i] & 0x7f) << (7 * i);
                if (rest->data[i] < 0x80) {
                        rest->data += i + 1;
                        rest->len -= i + 1;
                        *out = value;
                        return true;
                }
        }
        return false;
}

static bool take_bytes(struct bytes *rest, uint64_t len, struct bytes *out)
{
        if (len > rest->len)
                return false;
        *out = bytes_of(rest->data, (size_t)len);
        rest->data += len;
        rest->len -= (size_t)len;
        return true;
}

static bool take_field(struct bytes *rest, struct field *out)
{
        uint64_t tag;

        if (!take_varint(rest, &tag) || tag >> 3 == 0 || tag > UINT32_MAX)
                return false;
        *out = (struct field){.number = (uint32_t)(tag >> 3), .wire = (enum wire)(tag & 7)};
        switch (tag & 7) {
        case WIRE_VARINT:
                return take_varint(rest, &out->value);
        case WIRE_BYTES:
                return take_varint(rest, &out->value) && take_bytes(rest, out->value, &out->bytes);
        case WIRE_FIXED64:
                return take_bytes(rest, 8, &out->bytes);
        case WIRE_FIXED32:
                return take_bytes(rest, 4, &out->bytes);
        default:
                return false;
        }
}

/* Number of elements of field 1, or -1 when body is no message whose field 1 are messages. */
static int64_t count_elements(struct bytes body)
{
        int64_t count = 0;
        struct field field;

        while (body.len > 0) {
                if (!take_field(&body, &field))
                        return -1;
                if (field.number != 1)
                        continue;
                if (field.wire != WIRE_BYTES)
                        return -1;
                count++;
        }
        return count;
}

bool frame_header_ok(struct bytes text)
{
        if (text.len > RPC_TEXT_BYTES_MAX)
                return false;
        for (size_t i = 0; i < text.len; i++)
                if (text.data[i] < 0x20 || text.data[i] > 0x7e)
                        return false;
        return true;
}

static bool call_is_sound(const struct rpc_call *call)
{
        return call->token.len <= RPC_TEXT_BYTES_MAX && frame_header_ok(call->method) &&
               frame_header_ok(call->request_id) && frame_header_ok(call->traceparent) &&
               frame_header_ok(call->accept_language) && frame_header_ok(call->agent);
}

static bool read_call(struct bytes body, int64_t now_us, struct rpc_call *call)
{
        struct bytes *const texts[] = {
                [2] = &call->method,
                [3] = &call->request,
                [5] = &call->token,
                [6] = &call->request_id,
                [8] = &call->traceparent,
                [9] = &call->accept_language,
                [10] = &call->agent,
        };
        uint32_t timeout_ms = 0;
        struct field field;

        while (body.len > 0) {
                if (!take_field(&body, &field))
                        return false;
                if (field.number > 10)
                        continue;
                if (field.wire != (texts[field.number] != NULL ? WIRE_BYTES : WIRE_VARINT))
                        return false;
                if (texts[field.number] != NULL)
                        *texts[field.number] = field.bytes;
                else if (field.number == 1)
                        call->id = (uint32_t)field.value;
                else if (field.number == 4)
                        timeout_ms = (uint32_t)field.value;
                else
                        call->min_sequence = field.value;
        }
        if (timeout_ms == 0)
                timeout_ms = RPC_TIMEOUT_MS_DEFAULT;
        call->deadline_us = now_us + INT64_C(1000) * timeout_ms;
        call->peer = "";
        return call_is_sound(call);
}

static enum status malformed(struct error *error, const char *what)
{
        return error_set(error, INVALID_ARGUMENT, "MALFORMED_BATCH", "%s", what);
}

enum status frame_read_batch(struct arena *arena, struct bytes body, int64_t now_us,
        struct rpc_call **calls, size_t *count, uint32_t *reply_bytes_max, struct error *error)
{
        int64_t total = count_elements(body);
        uint32_t limit = 0;
        struct field field;
        size_t n = 0;

        if (total < 0)
                return malformed(error, "the message is not a Batch");
        if (total == 0)
                return malformed(error, "the batch holds no call");
        if (total > RPC_BATCH_CALLS_MAX)
                return error_set(error, INVALID_ARGUMENT, "MALFORMED_BATCH",
                        "the batch holds %lld calls, at most %d are allowed", (long long)total,
                        RPC_BATCH_CALLS_MAX);

        struct rpc_call *list = arena_array(arena, struct rpc_call, (size_t)total);

        while (body.len > 0) {
                if (!take_field(&body, &field))
                        return malformed(error, "the message is not a Batch");
                if (field.number == 2 && field.wire != WIRE_VARINT)
                        return malformed(error, "reply_bytes_max is not a number");
                if (field.number == 2)
                        limit = (uint32_t)field.value;
                if (field.number != 1)
                        continue;
                if (!read_call(field.bytes, now_us, &list[n]))
                        return error_set(error, INVALID_ARGUMENT, "MALFORMED_BATCH",
                                "call %zu of the batch is not a Call", n + 1);
                n++;
        }
        *calls = list;
        *count = n;
        *reply_bytes_max = limit;
        return OK;
}

/* Reading replies: as suspicious as reading calls, for a client may talk to anything. */

static const char *read_text(struct arena *arena, struct field field)
{
        char *text = arena_alloc(arena, field.bytes.len + 1);

        if (field.bytes.len > 0)
                memcpy(text, field.bytes.data, field.bytes.len);
        return text;
}

static bool read_violation(struct arena *arena, struct bytes body, struct violation *out)
{
        struct field field;

        *out = (struct violation){.field = "", .reason = "", .description = ""};
        while (body.len > 0) {
                if (!take_field(&body, &field))
                        return false;
                if (field.wire != WIRE_BYTES)
                        continue;
                if (field.number == 1)
                        out->field = read_text(arena, field);
                else if (field.number == 2)
                        out->reason = read_text(arena, field);
                else if (field.number == 3)
                        out->description = read_text(arena, field);
        }
        return true;
}

static bool read_fact(struct arena *arena, struct bytes body, struct error_fact *out)
{
        struct field field;

        *out = (struct error_fact){.name = "", .value = ""};
        while (body.len > 0) {
                if (!take_field(&body, &field))
                        return false;
                if (field.wire != WIRE_BYTES)
                        continue;
                if (field.number == 1)
                        out->name = read_text(arena, field);
                else if (field.number == 2)
                        out->value = read_text(arena, field);
        }
        return true;
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

        if (field.number > 9)
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
                if (!take_field(&body, &field) || !read_status_field(error, field, &lists))
                        return NULL;
        return error;
}

static bool read_reply(struct arena *arena, struct bytes body, struct rpc_answer *answer)
{
        struct field field;

        while (body.len > 0) {
                if (!take_field(&body, &field))
                        return false;
                if (field.number > 4)
                        continue;
                if (field.wire !=
                        (field.number == 2 || field.number == 3 ? WIRE_BYTES : WIRE_VARINT))
                        return false;
                if (field.number == 1)
                        answer->id = (uint32_t)field.value;
                else if (field.number == 3)
                        answer->response = field.bytes;
                else if (field.number == 4)
                        answer->sequence = field.value;
                else if ((answer->error = read_status(arena, field.bytes)) == NULL)
                        return false;
        }
        return true;
}

enum status frame_read_replies(struct arena *arena, struct bytes body, struct rpc_answer **answers,
        size_t *count, struct error *error)
{
        int64_t total = count_elements(body);
        struct field field;
        size_t n = 0;

        if (total < 0 || total > RPC_BATCH_CALLS_MAX)
                return error_set(error, INTERNAL, "MALFORMED_REPLY",
                        "the server's answer is not a list of replies");

        struct rpc_answer *list = arena_array(arena, struct rpc_answer, (size_t)total + 1);

        while (body.len > 0) {
                if (!take_field(&body, &field) ||
                        (field.number == 1 && !read_reply(arena, field.bytes, &list[n])))
                        return error_set(error, INTERNAL, "MALFORMED_REPLY",
                                "reply %zu of the server's answer is not a Reply", n + 1);
                if (field.number == 1)
                        n++;
        }
        *answers = list;
        *count = n;
        return OK;
}
