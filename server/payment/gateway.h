#pragma once
/*
 * What a payment gateway is to the shop: three questions about one attempt. Asked by jobs, never
 * inside a call. attempt->id is the idempotency key: asked twice, a gateway moves money once.
 */
#include <stddef.h>
#include <stdint.h>
#include "lib/base/arena.h"
#include "payment.rows.h"

/* One thing that the gateway says. OUTCOME_PENDING is none of the final ones. */
struct gateway_answer {
        Outcome outcome;
        int64_t amount_minor;
        const char *currency_code;
        const char *reference;      /* the gateway's own name for the movement */
        const char *decline_reason; /* "" unless declined */
};

#define GATEWAY_ANSWERS_MAX 4

struct gateway_reply {
        struct gateway_answer answers[GATEWAY_ANSWERS_MAX];
        size_t count;
        int64_t next_us; /* shop time at which it has more to say unasked; 0: never */
};

struct gateway {
        /* Moves the money, or says that it does. */
        struct gateway_reply (*submit)(
                const PaymentAttempt *attempt, int64_t now_us, struct arena *arena);
        /* What became of it. */
        struct gateway_reply (*query)(
                const PaymentAttempt *attempt, int64_t now_us, struct arena *arena);
        /* Stops it where nothing has moved yet. */
        struct gateway_reply (*close)(
                const PaymentAttempt *attempt, int64_t now_us, struct arena *arena);
};

/* Answers as PaymentAttempt.sandbox_answer says. */
extern const struct gateway sandbox_gateway;
