/*
 * A watch is the same question again and again, each time from where the last answer ended. As
 * with pages the request is encoded once and what changes is appended to its bytes: of a field
 * that occurs twice Protocol Buffers take the last. Refused: a thread that reads ahead; then the
 * program's memory would be the queue of a reader that is too slow.
 */
#include "client/client.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/clock.h"

#define WAIT_MS_MAX 60000 /* the contract's, of one question */

static const ProtobufCFieldDescriptor *field_of(
        const ProtobufCMessageDescriptor *descriptor, uint32_t number)
{
        const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field(descriptor, number);

        assert(field != NULL); /* not a method that waits */
        return field;
}

static uint64_t number_in(const ProtobufCMessage *message, uint32_t number)
{
        const ProtobufCFieldDescriptor *field = field_of(message->descriptor, number);
        const uint8_t *at = (const uint8_t *)message + field->offset;

        return field->type == PROTOBUF_C_TYPE_UINT64 ? *(const uint64_t *)at
                                                     : *(const uint32_t *)at;
}

void shop_watch_init(struct shop_watch *watch, struct shop_channel *channel,
        const struct shop_method *method, const ProtobufCMessage *request)
{
        assert(request->descriptor == method->request);
        *watch = (struct shop_watch){.channel = channel, .method = method};
        watch->cursor = number_in(request, method->cursor);
        watch->request_len = protobuf_c_message_get_packed_size(request);
        watch->request = malloc(watch->request_len + 1);
        assert(watch->request != NULL);
        protobuf_c_message_pack(request, watch->request);
}

void shop_watch_release(struct shop_watch *watch)
{
        free(watch->request);
        *watch = (struct shop_watch){0};
}

static void append_number(struct buffer *out, uint32_t field, uint64_t value)
{
        message_append_varint(out, (uint64_t)field << 3);
        message_append_varint(out, value);
}

/* How long one question waits: as asked for or as long as it may, and no longer than there is
 * patience. */
static void append_wait(struct buffer *out, const struct shop_watch *watch,
        const ProtobufCMessage *asked, int64_t left_ms)
{
        const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field_by_name(watch->method->request, "wait_ms");
        int64_t wait_ms = WAIT_MS_MAX;

        assert(field != NULL && field->type == PROTOBUF_C_TYPE_INT32);
        int32_t own = *(const int32_t *)((const uint8_t *)asked + field->offset);

        if (own > 0)
                wait_ms = own;
        append_number(out, field->id, (uint64_t)(wait_ms < left_ms ? wait_ms : left_ms));
}

static enum shop_status ask(struct shop_watch *watch, int64_t left_ms, ProtobufCMessage **response,
        struct shop_error *error)
{
        ProtobufCMessage *asked = protobuf_c_message_unpack(
                watch->method->request, NULL, watch->request_len, watch->request);
        struct buffer request = {0};
        uint8_t *data = NULL;
        size_t len = 0;

        assert(asked != NULL);
        buffer_append(&request, watch->request, watch->request_len);
        append_number(&request, watch->method->cursor, watch->cursor);
        append_wait(&request, watch, asked, left_ms);
        protobuf_c_message_free_unpacked(asked, NULL);
        enum shop_status status =
                shop_invoke_bytes(watch->channel, watch->method->name, watch->method->lane,
                        request.data, request.len, &watch->options, &data, &len, error);

        buffer_release(&request);
        if (status != SHOP_OK)
                return status;
        *response = message_unpack(watch->method->response, bytes_of(data, len), error);
        free(data);
        return *response == NULL ? SHOP_INTERNAL : SHOP_OK;
}

enum shop_status shop_watch_next(
        struct shop_watch *watch, ProtobufCMessage **response, struct shop_error *error)
{
        int64_t patience_ms = watch->patience_ms > 0 ? watch->patience_ms : INT64_MAX / 2000;
        int64_t until_us = clock_monotonic_us() + patience_ms * 1000;
        int64_t left_ms;

        while ((left_ms = (until_us - clock_monotonic_us()) / 1000) > 0) {
                ProtobufCMessage *news;
                enum shop_status status = ask(watch, left_ms, &news, error);

                if (status != SHOP_OK)
                        return status;
                uint64_t cursor = number_in(news, watch->method->next_cursor);

                if (cursor != watch->cursor) {
                        watch->cursor = cursor;
                        *response = news;
                        return SHOP_OK;
                }
                protobuf_c_message_free_unpacked(news, NULL);
        }
        *response = NULL;
        return SHOP_OK;
}
