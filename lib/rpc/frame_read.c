/*
 * Reading the wire by hand. A message is walked once to count its calls and once to read them, and
 * every value stays where it is: a call costs no allocation and no copy. protobuf-c would copy each
 * field into an object of its own, which at half a million calls a second is most of the cost of
 * a call; the tests let protobuf-c read what is written here, and the other way round.
 *
 * Fields that are not known are skipped, as Protocol Buffers ask; groups, lengths that leave the
 * message, and the wrong wire type for a known field make the whole batch malformed.
 */
#include "lib/rpc/frame_field.h"

#include <string.h>
#include "lib/base/utf8.h"

bool frame_header_ok(struct bytes text)
{
        return text.len == 0 ||
               (text.len <= RPC_TEXT_BYTES_MAX && utf8_printable(text) == text.len);
}

static bool name_ok(struct bytes name)
{
        for (size_t i = 0; i < name.len; i++)
                if (strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.", name.data[i]) == NULL ||
                        name.data[i] == '\0')
                        return false;
        return name.len > 0 && name.len <= RPC_METADATA_NAME_MAX;
}

bool frame_metadata_ok(const struct rpc_metadata *metadata)
{
        for (size_t i = 0; i < metadata->count; i++)
                if (!name_ok(metadata->at[i].name) || !frame_header_ok(metadata->at[i].value))
                        return false;
        return metadata->count <= RPC_METADATA_MAX;
}

const struct bytes *frame_metadata_get(const struct rpc_metadata *metadata, const char *name)
{
        for (size_t i = 0; i < metadata->count; i++)
                if (bytes_equal(metadata->at[i].name, bytes_of_text(name)))
                        return &metadata->at[i].value;
        return NULL;
}

static bool call_is_sound(const struct rpc_call *call)
{
        return call->token.len <= RPC_TEXT_BYTES_MAX && frame_header_ok(call->method) &&
               frame_header_ok(call->request_id) && frame_header_ok(call->traceparent) &&
               frame_header_ok(call->accept_language) && frame_header_ok(call->agent) &&
               frame_metadata_ok(&call->metadata);
}

static bool read_call(struct arena *arena, struct bytes body, int64_t now_us, struct rpc_call *call)
{
        struct bytes *const texts[] = {
                [2] = &call->method,
                [3] = &call->request,
                [5] = &call->token,
                [6] = &call->request_id,
                [8] = &call->traceparent,
                [9] = &call->accept_language,
                [10] = &call->agent,
                [12] = NULL,
        };
        uint32_t timeout_ms = 0;
        struct field field;

        while (body.len > 0) {
                if (!field_take(&body, &field))
                        return false;
                if (field.number > 12)
                        continue;
                if (field.number == 11) {
                        if (field.wire != WIRE_BYTES ||
                                !field_take_metadatum(arena, field.bytes, &call->metadata))
                                return false;
                        continue;
                }
                if (field.wire != (texts[field.number] != NULL ? WIRE_BYTES : WIRE_VARINT))
                        return false;
                if (texts[field.number] != NULL)
                        *texts[field.number] = field.bytes;
                else if (field.number == 1)
                        call->id = (uint32_t)field.value;
                else if (field.number == 4)
                        timeout_ms = (uint32_t)field.value;
                else if (field.number == 12)
                        call->zstd_bytes = (uint32_t)field.value;
                else
                        call->min_sequence = field.value;
        }
        if (timeout_ms == 0)
                timeout_ms = RPC_TIMEOUT_MS_DEFAULT;
        call->deadline_us = now_us + INT64_C(1000) * timeout_ms;
        call->peer = "";
        return call_is_sound(call);
}

/* What a message says about itself. */
struct head {
        uint64_t reply_bytes_max;
        uint64_t channel;
        uint64_t number;
        bool accept_zstd;
};

/* False: a known field of another kind. */
static bool read_head(const struct field *field, struct head *head)
{
        switch (field->number) {
        case 2:
                head->reply_bytes_max = (uint32_t)field->value;
                return field->wire == WIRE_VARINT;
        case 3:
                head->channel = field->value;
                return field->wire == WIRE_FIXED64;
        case 4:
                head->number = field->value;
                return field->wire == WIRE_VARINT;
        case 5:
                head->accept_zstd = field->value != 0;
                return field->wire == WIRE_VARINT;
        default:
                return true;
        }
}

bool frame_read_cancel(struct bytes request, struct rpc_which *which)
{
        struct field field;

        *which = (struct rpc_which){0};
        while (request.len > 0) {
                if (!field_take(&request, &field))
                        return false;
                if (field.number > 3)
                        continue;
                if (field.wire != (field.number == 1 ? WIRE_FIXED64 : WIRE_VARINT))
                        return false;
                if (field.number == 1)
                        which->channel = field.value;
                else if (field.number == 2)
                        which->number = field.value;
                else
                        which->id = (uint32_t)field.value;
        }
        return which->channel != 0;
}

bool rpc_which_has(const struct rpc_which *which, const struct rpc_call *call)
{
        if (which->connection != 0)
                return call->connection == which->connection;
        return which->channel != 0 && call->channel == which->channel &&
               call->number == which->number && (which->id == 0 || call->id == which->id);
}

static enum status malformed(struct error *error, const char *what)
{
        return error_set(error, INVALID_ARGUMENT, "MALFORMED_BATCH", "%s", what);
}

enum status frame_read_batch(struct arena *arena, struct bytes body, int64_t now_us,
        struct rpc_call **calls, size_t *count, uint32_t *reply_bytes_max, struct error *error)
{
        int64_t total = field_count_elements(body);
        struct head head = {0};
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
                if (!field_take(&body, &field))
                        return malformed(error, "the message is not a Batch");
                if (!read_head(&field, &head))
                        return malformed(error, "a field beside the calls is not a number");
                if (field.number != 1)
                        continue;
                if (!read_call(arena, field.bytes, now_us, &list[n]))
                        return error_set(error, INVALID_ARGUMENT, "MALFORMED_BATCH",
                                "call %zu of the batch is not a Call, or its texts are more or "
                                "longer than they may be",
                                n + 1);
                n++;
        }
        *calls = list;
        *count = n;
        *reply_bytes_max = (uint32_t)head.reply_bytes_max;
        for (size_t i = 0; i < n; i++) {
                list[i].channel = head.channel;
                list[i].number = head.number;
                list[i].accept_zstd = head.accept_zstd;
        }
        return OK;
}
