#pragma once
/*
 * The inside of libshop: a channel of lib/rpc with what a program's options add to it. Between
 * channel.c (open and close), call.c (one call over bytes), stub.c (messages), renewal.c (fresh
 * tokens) and error.c.
 */
#include <pthread.h>
#include "client/shop.h"
#include "lib/rpc/channel.h"

struct pending;

struct shop_channel {
        struct channel *channel;
        char *language;
        int64_t timeout_ms;
        shop_token_source *token_source;
        void *token_context;

        pthread_mutex_t lock; /* over the following */
        pthread_cond_t changed;
        pthread_t thread;        /* that asks for fresh tokens; runs when there is a source */
        struct pending *expired; /* calls that wait for one, also while it is asked for */
        uint64_t token_generation;
        bool stopping;
};

/* error.c: both accept error NULL. */
void error_fill(struct shop_error *error, const struct error *from);
enum shop_status error_report(
        struct shop_error *error, enum shop_status code, const char *reason, const char *message);

/* metadata.c */
/* As the channel wants it, in the arena; the options' texts are pointed to. */
struct rpc_metadata metadata_of(struct arena *arena, const struct shop_call_options *options);
/* A copy that lives in the arena. */
struct rpc_metadata metadata_copy(struct arena *arena, const struct rpc_metadata *from);
void metadata_fill(struct shop_metadata *metadata, const struct rpc_metadata *from);

/* call.c */
struct client_call {
        const char *method;
        enum lane lane;
        struct bytes request;
        const struct shop_call_options *options; /* or NULL */
};
uint64_t client_start(struct shop_channel *channel, const struct client_call *call,
        channel_done *done, void *context);
/* Waits. On SHOP_OK response is to be freed with free(); it is never NULL. */
enum shop_status client_call(struct shop_channel *channel, const struct client_call *call,
        uint8_t **response, size_t *response_len, struct shop_error *error);

/* A call that may have to be repeated with a fresh token. */
struct pending {
        struct pending *next;
        struct shop_channel *channel;
        channel_done *done;
        void *context;
        uint64_t *sequence;                    /* the caller's, or NULL */
        struct shop_metadata *answer_metadata; /* the same */
        /* Only with a token source: */
        struct channel_call call; /* texts and request are its own */
        int64_t deadline_us;
        uint64_t token_generation;
        bool repeatable;
        uint64_t number;    /* as the program knows it; not set again when it is repeated */
        struct arena arena; /* of the call and of the answer that waits */
        struct rpc_answer answer;
};
void pending_free(struct pending *pending);
/* Sends it again. */
void pending_repeat(struct pending *pending);

/* renewal.c */
void renewal_start(struct shop_channel *channel);
void renewal_stop(struct shop_channel *channel);
/* True when the call was taken and will be repeated or answered later. */
bool renewal_take(struct pending *pending, const struct rpc_answer *answer);
/* Ends a call that waits for a fresh token. False: none with this number does. */
bool renewal_cancel(struct shop_channel *channel, uint64_t number);
/* True on the thread that asks for tokens: its own calls must not wait for it. */
bool renewal_is_self(struct shop_channel *channel);

/* stub.c: part of an encoded message. */
void message_append_varint(struct buffer *out, uint64_t value);
/* The message, from the default allocator, or NULL with error filled in. */
ProtobufCMessage *message_unpack(
        const ProtobufCMessageDescriptor *descriptor, struct bytes bytes, struct shop_error *error);
