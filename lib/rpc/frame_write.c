/*
 * Writing the wire: sizes first, then bytes into room that is reserved once. Fields with their
 * default value are left out, as proto3 does, and all field numbers are below 16, so a tag is one
 * byte. Writing backwards from the end would save the sizes, but then nothing could be appended
 * to what is already there, and appending a Call to a Batch is how the channel makes batches.
 *
 * A call's fields are not in the order of their numbers: those that never change come first, so
 * that they are encoded once for all attempts. Protocol Buffers allow any order.
 */
#include "lib/rpc/frame.h"

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2 };

static size_t varint_size(uint64_t value)
{
        size_t size = 1;

        for (; value >= 0x80; value >>= 7)
                size++;
        return size;
}

static size_t number_size(uint64_t value)
{
        return value == 0 ? 0 : 1 + varint_size(value);
}

static size_t bytes_size(size_t len)
{
        return len == 0 ? 0 : 1 + varint_size(len) + len;
}

static size_t message_size(size_t len)
{
        return 1 + varint_size(len) + len;
}

static uint8_t *put_varint(uint8_t *at, uint64_t value)
{
        for (; value >= 0x80; value >>= 7)
                *at++ = (uint8_t)(value | 0x80);
        *at++ = (uint8_t)value;
        return at;
}

static uint8_t *put_number(uint8_t *at, int field, uint64_t value)
{
        if (value == 0)
                return at;
        *at++ = (uint8_t)(field << 3 | WIRE_VARINT);
        return put_varint(at, value);
}

static uint8_t *put_head(uint8_t *at, int field, size_t len)
{
        *at++ = (uint8_t)(field << 3 | WIRE_BYTES);
        return put_varint(at, len);
}

static uint8_t *put_bytes(uint8_t *at, int field, struct bytes bytes)
{
        if (bytes.len == 0)
                return at;
        at = put_head(at, field, bytes.len);
        memcpy(at, bytes.data, bytes.len);
        return at + bytes.len;
}

static size_t metadatum_size(const struct rpc_metadatum *metadatum)
{
        return bytes_size(metadatum->name.len) + bytes_size(metadatum->value.len);
}

static size_t metadata_size(const struct rpc_metadata *metadata)
{
        size_t size = 0;

        for (size_t i = 0; i < metadata->count; i++)
                size += message_size(metadatum_size(&metadata->at[i]));
        return size;
}

static uint8_t *put_metadata(uint8_t *at, int field, const struct rpc_metadata *metadata)
{
        for (size_t i = 0; i < metadata->count; i++) {
                at = put_head(at, field, metadatum_size(&metadata->at[i]));
                at = put_bytes(at, 1, metadata->at[i].name);
                at = put_bytes(at, 2, metadata->at[i].value);
        }
        return at;
}

static struct bytes text_bytes(const char *text)
{
        return text == NULL ? (struct bytes){0} : bytes_of_text(text);
}

static size_t fixed_size(const struct rpc_call *call)
{
        return bytes_size(call->method.len) + bytes_size(call->request.len) +
               bytes_size(call->request_id.len) + bytes_size(call->traceparent.len) +
               bytes_size(call->accept_language.len) + bytes_size(call->agent.len) +
               metadata_size(&call->metadata) + number_size(call->zstd_bytes);
}

static uint8_t *put_fixed(uint8_t *at, const struct rpc_call *call)
{
        at = put_bytes(at, 2, call->method);
        at = put_bytes(at, 3, call->request);
        at = put_bytes(at, 6, call->request_id);
        at = put_bytes(at, 8, call->traceparent);
        at = put_bytes(at, 9, call->accept_language);
        at = put_bytes(at, 10, call->agent);
        at = put_metadata(at, 11, &call->metadata);
        return put_number(at, 12, call->zstd_bytes);
}

static size_t sent_size(const struct rpc_call *call, uint32_t timeout_ms)
{
        return number_size(call->id) + number_size(timeout_ms) + bytes_size(call->token.len) +
               number_size(call->min_sequence);
}

static uint8_t *put_sent(uint8_t *at, const struct rpc_call *call, uint32_t timeout_ms)
{
        at = put_number(at, 1, call->id);
        at = put_number(at, 4, timeout_ms);
        at = put_bytes(at, 5, call->token);
        return put_number(at, 7, call->min_sequence);
}

void frame_write_call(struct buffer *out, const struct rpc_call *call, uint32_t timeout_ms)
{
        size_t size = fixed_size(call) + sent_size(call, timeout_ms);
        uint8_t *at = buffer_reserve(out, message_size(size));

        at = put_head(at, 1, size);
        at = put_fixed(at, call);
        at = put_sent(at, call, timeout_ms);
        out->len = (size_t)(at - out->data);
}

void frame_write_call_fixed(struct buffer *out, const struct rpc_call *call)
{
        uint8_t *at = put_fixed(buffer_reserve(out, fixed_size(call)), call);

        out->len = (size_t)(at - out->data);
}

void frame_write_call_sent(
        struct buffer *out, struct bytes fixed, const struct rpc_call *call, uint32_t timeout_ms)
{
        size_t size = fixed.len + sent_size(call, timeout_ms);
        uint8_t *at = put_head(buffer_reserve(out, message_size(size)), 1, size);

        memcpy(at, fixed.data, fixed.len);
        at = put_sent(at + fixed.len, call, timeout_ms);
        out->len = (size_t)(at - out->data);
}

static uint8_t *put_fixed64(uint8_t *at, int field, uint64_t value)
{
        *at++ = (uint8_t)(field << 3 | WIRE_FIXED64);
        for (int i = 0; i < 8; i++)
                *at++ = (uint8_t)(value >> (8 * i));
        return at;
}

void frame_write_name(struct buffer *out, uint64_t channel, uint64_t number)
{
        uint8_t *at = buffer_reserve(out, 9 + number_size(number));

        at = put_number(put_fixed64(at, 3, channel), 4, number);
        out->len = (size_t)(at - out->data);
}

void frame_write_accept_zstd(struct buffer *out)
{
        uint8_t *at = put_number(buffer_reserve(out, number_size(1)), 5, 1);

        out->len = (size_t)(at - out->data);
}

void frame_write_reads_zstd(struct buffer *out)
{
        uint8_t *at = put_number(buffer_reserve(out, number_size(1)), 2, 1);

        out->len = (size_t)(at - out->data);
}

void frame_write_cancel(struct buffer *out, const struct rpc_which *which)
{
        uint8_t *at = buffer_reserve(out, 9 + number_size(which->number) + number_size(which->id));

        at = put_number(put_fixed64(at, 1, which->channel), 2, which->number);
        at = put_number(at, 3, which->id);
        out->len = (size_t)(at - out->data);
}

/* 0 where there is none. */
static size_t localized_size(const char *locale, const char *localized)
{
        return locale == NULL ? 0
                              : message_size(bytes_size(text_bytes(locale).len) +
                                             bytes_size(text_bytes(localized).len));
}

static uint8_t *put_localized(
        uint8_t *at, uint32_t number, const char *locale, const char *localized)
{
        if (locale == NULL)
                return at;
        at = put_head(at, number,
                bytes_size(text_bytes(locale).len) + bytes_size(text_bytes(localized).len));
        at = put_bytes(at, 1, text_bytes(locale));
        return put_bytes(at, 2, text_bytes(localized));
}

static size_t violation_size(const struct violation *violation)
{
        return bytes_size(text_bytes(violation->field).len) +
               bytes_size(text_bytes(violation->reason).len) +
               bytes_size(text_bytes(violation->description).len) +
               localized_size(violation->locale, violation->localized);
}

static size_t fact_size(const struct error_fact *fact)
{
        return bytes_size(text_bytes(fact->name).len) + bytes_size(text_bytes(fact->value).len);
}

/* A delay the wire can hold. */
static uint32_t retry_delay_ms(const struct error *error)
{
        if (error->retry_after_ms <= 0)
                return 0;
        return error->retry_after_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)error->retry_after_ms;
}

static size_t status_size(const struct error *error)
{
        size_t size =
                number_size((uint64_t)error->code) + bytes_size(text_bytes(error->reason).len) +
                bytes_size(text_bytes(error->message).len) + number_size(retry_delay_ms(error)) +
                bytes_size(text_bytes(error->detail_type).len) + bytes_size(error->detail_len) +
                bytes_size(strlen("shop")) + localized_size(error->locale, error->localized);

        for (const struct violation *v = error->violations; v != NULL; v = v->next)
                size += message_size(violation_size(v));
        for (const struct error_fact *f = error->facts; f != NULL; f = f->next)
                size += message_size(fact_size(f));
        return size;
}

static uint8_t *put_status(uint8_t *at, const struct error *error)
{
        at = put_number(at, 1, (uint64_t)error->code);
        at = put_bytes(at, 2, text_bytes(error->reason));
        at = put_bytes(at, 3, text_bytes(error->message));
        for (const struct violation *v = error->violations; v != NULL; v = v->next) {
                at = put_head(at, 4, violation_size(v));
                at = put_bytes(at, 1, text_bytes(v->field));
                at = put_bytes(at, 2, text_bytes(v->reason));
                at = put_bytes(at, 3, text_bytes(v->description));
                at = put_localized(at, 4, v->locale, v->localized);
        }
        for (const struct error_fact *f = error->facts; f != NULL; f = f->next) {
                at = put_head(at, 5, fact_size(f));
                at = put_bytes(at, 1, text_bytes(f->name));
                at = put_bytes(at, 2, text_bytes(f->value));
        }
        at = put_number(at, 6, retry_delay_ms(error));
        at = put_bytes(at, 7, text_bytes(error->detail_type));
        at = put_bytes(at, 8, bytes_of(error->detail, error->detail_len));
        at = put_bytes(at, 9, bytes_of_text("shop"));
        return put_localized(at, 10, error->locale, error->localized);
}

void frame_write_reply(struct buffer *out, uint32_t id, const struct rpc_reply *reply)
{
        size_t status = reply->error == NULL ? 0 : status_size(reply->error);
        size_t size = number_size(id) + bytes_size(reply->response.len) +
                      number_size(reply->sequence) + metadata_size(&reply->metadata) +
                      number_size(reply->zstd_bytes) +
                      (reply->error == NULL ? 0 : message_size(status));
        uint8_t *at = buffer_reserve(out, message_size(size));

        at = put_head(at, 1, size);
        at = put_number(at, 1, id);
        if (reply->error != NULL)
                at = put_status(put_head(at, 2, status), reply->error);
        at = put_bytes(at, 3, reply->response);
        at = put_number(at, 4, reply->sequence);
        at = put_metadata(at, 5, &reply->metadata);
        at = put_number(at, 6, reply->zstd_bytes);
        out->len = (size_t)(at - out->data);
}
