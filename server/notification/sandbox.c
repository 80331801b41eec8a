/*
 * A gateway to try notices with. It keeps nothing: what it says follows from how its channel was
 * set, and what it took is told to the shop with the outcome, as rows that a test can read.
 */
#include "server/notification/gateway.h"

#define LATE_US (INT64_C(600) * 1000000)

static struct message_reply accepted(const struct gateway_message *message, struct arena *arena)
{
        return (struct message_reply){
                .outcome = MESSAGE_ACCEPTED,
                .reference = arena_printf(arena, "sandbox-%s", message->id),
        };
}

static struct message_reply sandbox_send(
        const struct gateway_message *message, int64_t now_us, struct arena *arena)
{
        switch ((int)message->sandbox) {
        case SANDBOX_DELIVERY_TIMEOUT:
                return (struct message_reply){.outcome = MESSAGE_UNKNOWN, .reference = ""};
        case SANDBOX_DELIVERY_REJECT:
                return (struct message_reply){.outcome = MESSAGE_REJECTED, .reference = ""};
        case SANDBOX_DELIVERY_LATE:
                return (struct message_reply){
                        .outcome = MESSAGE_PENDING, .reference = "", .next_us = now_us + LATE_US};
        default:
                return accepted(message, arena);
        }
}

static struct message_reply sandbox_query(
        const struct gateway_message *message, int64_t now_us, struct arena *arena)
{
        return accepted(message, arena);
}

const struct messenger sandbox_messenger = {.send = sandbox_send, .query = sandbox_query};
