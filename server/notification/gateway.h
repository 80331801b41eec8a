#pragma once
/*
 * What carries messages out of the shop: two questions about one message. Asked by jobs, never
 * inside a call. message->id is the idempotency key: sent twice, it arrives once.
 */
#include <stdint.h>
#include "lib/base/arena.h"
#include "notification.rows.h"

struct gateway_message {
        const char *id; /* of the notice */
        NotificationChannel channel;
        const char *recipient;
        const char *subject;
        const char *body;
        SandboxDelivery sandbox; /* how the sandbox gateway answers */
};

enum message_outcome {
        MESSAGE_ACCEPTED,
        MESSAGE_REJECTED, /* for good */
        MESSAGE_UNKNOWN,  /* no answer; ask again */
        MESSAGE_PENDING,  /* it will know at next_us */
};

struct message_reply {
        enum message_outcome outcome;
        const char *reference; /* the gateway's own name for it, "" unless accepted */
        int64_t next_us;       /* shop time, of PENDING */
};

struct messenger {
        struct message_reply (*send)(
                const struct gateway_message *message, int64_t now_us, struct arena *arena);
        /* What became of one that was pending. */
        struct message_reply (*query)(
                const struct gateway_message *message, int64_t now_us, struct arena *arena);
};

/* Answers as gateway_message.sandbox says. */
extern const struct messenger sandbox_messenger;
