/*
 * Pages. The request is encoded once, and the token of the next page is appended to its bytes:
 * of a field that occurs twice Protocol Buffers take the last, so the caller's message is never
 * written to and need not live on.
 */
#include "client/client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const ProtobufCFieldDescriptor *text_field(
        const ProtobufCMessageDescriptor *descriptor, const char *name)
{
        const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field_by_name(descriptor, name);

        assert(field != NULL && field->type == PROTOBUF_C_TYPE_STRING); /* not a List method */
        return field;
}

void shop_pages_init(struct shop_pages *pages, struct shop_channel *channel,
        const struct shop_method *method, const ProtobufCMessage *request)
{
        assert(request->descriptor == method->request);
        *pages = (struct shop_pages){.channel = channel, .method = method};
        pages->request_len = protobuf_c_message_get_packed_size(request);
        pages->request = malloc(pages->request_len + 1);
        assert(pages->request != NULL);
        protobuf_c_message_pack(request, pages->request);
}

void shop_pages_release(struct shop_pages *pages)
{
        free(pages->request);
        free(pages->page_token);
        *pages = (struct shop_pages){.ended = true};
}

void shop_pages_resume(struct shop_pages *pages, const char *page_token)
{
        free(pages->page_token);
        pages->page_token = strdup(page_token);
        assert(pages->page_token != NULL);
        pages->ended = false;
}

static void append_token(struct buffer *out, const struct shop_pages *pages)
{
        const ProtobufCFieldDescriptor *field = text_field(pages->method->request, "page_token");

        if (pages->page_token == NULL)
                return;
        message_append_varint(out, (uint64_t)field->id << 3 | 2);
        message_append_varint(out, strlen(pages->page_token));
        buffer_append(out, pages->page_token, strlen(pages->page_token));
}

/* Remembers where the next page begins. */
static void take_token(struct shop_pages *pages, const ProtobufCMessage *page)
{
        const ProtobufCFieldDescriptor *field =
                text_field(pages->method->response, "next_page_token");
        const char *token = *(char *const *)((const uint8_t *)page + field->offset);

        free(pages->page_token);
        pages->page_token = strdup(token);
        assert(pages->page_token != NULL);
        pages->ended = token[0] == '\0';
}

enum shop_status shop_pages_next(
        struct shop_pages *pages, ProtobufCMessage **response, struct shop_error *error)
{
        struct buffer request = {0};
        uint8_t *data = NULL;
        size_t len = 0;

        if (pages->ended) {
                *response = NULL;
                return SHOP_OK;
        }
        buffer_append(&request, pages->request, pages->request_len);
        append_token(&request, pages);
        enum shop_status status =
                shop_invoke_bytes(pages->channel, pages->method->name, pages->method->lane,
                        request.data, request.len, &pages->options, &data, &len, error);

        buffer_release(&request);
        if (status != SHOP_OK)
                return status;
        ProtobufCMessage *page =
                message_unpack(pages->method->response, bytes_of(data, len), error);

        free(data);
        if (page == NULL)
                return SHOP_INTERNAL;
        take_token(pages, page);
        *response = page;
        return SHOP_OK;
}
