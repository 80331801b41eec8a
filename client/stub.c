/*
 * Calls over messages: encode, call, decode. A server is not trusted with this program's memory
 * either, so an answer is walked and bounded before protobuf-c sees it. A blocking call's answer
 * is decoded twice, once into the guard's arena and once for the caller, who frees it with
 * protobuf-c's own function: that costs a microsecond of a call that takes a hundred.
 */
#include "client/client.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/schema/decode.h"

#define ANSWER_ROOM 4096 /* what most answers decode to */

static const struct decode_limits limits = {
        .bytes_max = RPC_MESSAGE_BYTES_MAX,
        .fields_max = 1u << 20,
        .memory_max = 64u << 20,
};

/* The message in the arena, or NULL with error set. */
static ProtobufCMessage *decode_answer(struct arena *arena,
        const ProtobufCMessageDescriptor *descriptor, struct bytes bytes, struct error *error)
{
        ProtobufCMessage *message = decode_guarded(arena, descriptor, bytes, &limits, error);

        if (message == NULL)
                error_set(error, INTERNAL, "MALFORMED_REPLY", "the server's answer is not a %s",
                        descriptor->name);
        return message;
}

ProtobufCMessage *message_unpack(
        const ProtobufCMessageDescriptor *descriptor, struct bytes bytes, struct shop_error *error)
{
        ProtobufCMessage *message = NULL;
        struct arena arena;
        struct error inner;

        arena_init(&arena);
        error_init(&inner, &arena);
        if (decode_answer(&arena, descriptor, bytes, &inner) != NULL)
                message = protobuf_c_message_unpack(descriptor, NULL, bytes.len, bytes.data);
        else
                error_fill(error, &inner);
        arena_release(&arena);
        return message;
}

void message_append_varint(struct buffer *out, uint64_t value)
{
        for (; value >= 0x80; value >>= 7)
                buffer_append(out, &(uint8_t){(uint8_t)(value | 0x80)}, 1);
        buffer_append(out, &(uint8_t){(uint8_t)value}, 1);
}

/* The encoded request, to be freed with free(). */
static struct bytes pack(const struct shop_method *method, const ProtobufCMessage *request)
{
        assert(request->descriptor == method->request);
        size_t len = protobuf_c_message_get_packed_size(request);
        uint8_t *data = malloc(len + 1);

        assert(data != NULL);
        protobuf_c_message_pack(request, data);
        return bytes_of(data, len);
}

static enum shop_status unpack_answer(const struct shop_method *method, uint8_t *data, size_t len,
        ProtobufCMessage **response, struct shop_error *error)
{
        ProtobufCMessage *message = message_unpack(method->response, bytes_of(data, len), error);

        free(data);
        if (message == NULL)
                return SHOP_INTERNAL;
        if (response != NULL)
                *response = message;
        else
                protobuf_c_message_free_unpacked(message, NULL);
        return SHOP_OK;
}

static enum shop_status invoke(struct shop_channel *channel, const struct shop_method *method,
        const struct client_call *call, ProtobufCMessage **response, struct shop_error *error)
{
        uint8_t *data;
        size_t len;
        enum shop_status status = client_call(channel, call, &data, &len, error);

        return status == SHOP_OK ? unpack_answer(method, data, len, response, error) : status;
}

static struct client_call client_call_of(const struct shop_method *method, struct bytes request,
        const struct shop_call_options *options)
{
        return (struct client_call){
                .method = method->name,
                .lane = (enum lane)method->lane,
                .request = request,
                .options = options,
        };
}

enum shop_status shop_invoke(struct shop_channel *channel, const struct shop_method *method,
        const ProtobufCMessage *request, const struct shop_call_options *options,
        ProtobufCMessage **response, struct shop_error *error)
{
        struct bytes packed = pack(method, request);
        const struct client_call call = client_call_of(method, packed, options);
        enum shop_status status = invoke(channel, method, &call, response, error);

        free((void *)packed.data);
        return status;
}

struct message_done {
        const struct shop_method *method;
        shop_done *done;
        void *context;
};

static void report(const struct message_done *message, const struct error *error)
{
        struct shop_error filled = {0};

        error_fill(&filled, error);
        message->done(message->context, filled.code, NULL, &filled);
        shop_error_release(&filled);
}

static void message_answered(void *context, const struct rpc_answer *answer)
{
        struct message_done *message = context;
        _Alignas(16) uint8_t room[ANSWER_ROOM];
        ProtobufCMessage *response;
        struct arena arena;
        struct error error;

        arena_init_in(&arena, room, sizeof(room));
        error_init(&error, &arena);
        if (answer->error != NULL)
                report(message, answer->error);
        else if ((response = decode_answer(
                          &arena, message->method->response, answer->response, &error)) == NULL)
                report(message, &error);
        else
                message->done(message->context, SHOP_OK, response, NULL);
        arena_release(&arena);
        free(message);
}

uint64_t shop_start(struct shop_channel *channel, const struct shop_method *method,
        const ProtobufCMessage *request, const struct shop_call_options *options, shop_done *done,
        void *context)
{
        struct bytes packed = pack(method, request);
        const struct client_call call = client_call_of(method, packed, options);
        struct message_done *message = malloc(sizeof(*message));

        assert(message != NULL);
        *message = (struct message_done){.method = method, .done = done, .context = context};
        uint64_t number = client_start(channel, &call, message_answered, message);

        free((void *)packed.data);
        return number;
}
