/*
 * A gateway to try the shop with. It keeps nothing: what it says follows from the attempt's row
 * and the time since it was made, so it says the same after a crash, in a test and in a
 * simulation, and needs no network.
 *
 * Refused: a process of its own with a database, which would have to survive as well as the shop.
 */
#include "server/payment/gateway.h"

#include "server/call.h"

#define SECOND_US     INT64_C(1000000)
#define LATE_US       (10 * 60 * SECOND_US)
#define CONTRADICT_US (60 * SECOND_US)
#define TOO_LATE_US   (40 * 60 * SECOND_US)

static struct gateway_answer pending(void)
{
        return (struct gateway_answer){.outcome = OUTCOME_PENDING,
                .currency_code = "",
                .reference = "",
                .decline_reason = ""};
}

static struct gateway_answer final(
        const PaymentAttempt *attempt, Outcome outcome, struct arena *arena)
{
        return (struct gateway_answer){.outcome = outcome,
                .amount_minor = attempt->amount_minor,
                .currency_code = attempt->currency_code,
                .reference = arena_printf(arena, "sandbox-%s", attempt->id),
                .decline_reason = outcome == OUTCOME_DECLINED ? "DECLINED_BY_ISSUER" : ""};
}

static struct gateway_reply one(struct gateway_answer answer)
{
        return (struct gateway_reply){.answers = {answer}, .count = 1};
}

/* Success from some age of the attempt on. */
static struct gateway_reply after(
        const PaymentAttempt *attempt, int64_t wait_us, int64_t now_us, struct arena *arena)
{
        if (now_us - time_us(attempt->create_time) < wait_us)
                return one(pending());
        return one(final(attempt, OUTCOME_SUCCEEDED, arena));
}

static struct gateway_reply contradict(
        const PaymentAttempt *attempt, int64_t now_us, struct arena *arena)
{
        struct gateway_reply reply = one(final(attempt, OUTCOME_DECLINED, arena));
        int64_t turn_us = time_us(attempt->create_time) + CONTRADICT_US;

        if (now_us >= turn_us)
                return one(final(attempt, OUTCOME_SUCCEEDED, arena));
        reply.next_us = turn_us;
        return reply;
}

static struct gateway_reply sandbox_query(
        const PaymentAttempt *attempt, int64_t now_us, struct arena *arena)
{
        struct gateway_reply reply;

        switch ((int)attempt->sandbox_answer) {
        case SANDBOX_ANSWER_DECLINE:
                return one(final(attempt, OUTCOME_DECLINED, arena));
        case SANDBOX_ANSWER_TIMEOUT:
                return one(pending());
        case SANDBOX_ANSWER_LATE:
                return after(attempt, LATE_US, now_us, arena);
        case SANDBOX_ANSWER_TOO_LATE:
                return after(attempt, TOO_LATE_US, now_us, arena);
        case SANDBOX_ANSWER_CONTRADICT:
                return contradict(attempt, now_us, arena);
        case SANDBOX_ANSWER_WRONG_AMOUNT:
                reply = one(final(attempt, OUTCOME_SUCCEEDED, arena));
                reply.answers[0].amount_minor++;
                return reply;
        default:
                return one(final(attempt, OUTCOME_SUCCEEDED, arena));
        }
}

static struct gateway_reply sandbox_submit(
        const PaymentAttempt *attempt, int64_t now_us, struct arena *arena)
{
        struct gateway_reply reply = sandbox_query(attempt, now_us, arena);

        if (attempt->sandbox_answer == SANDBOX_ANSWER_DUPLICATE)
                reply.answers[reply.count++] = reply.answers[0];
        return reply;
}

static struct gateway_reply sandbox_close(
        const PaymentAttempt *attempt, int64_t now_us, struct arena *arena)
{
        struct gateway_reply reply = sandbox_query(attempt, now_us, arena);

        if (reply.answers[0].outcome != OUTCOME_PENDING ||
                attempt->sandbox_answer == SANDBOX_ANSWER_TOO_LATE)
                return reply;
        return one(final(attempt, OUTCOME_CLOSED, arena));
}

const struct gateway sandbox_gateway = {
        .submit = sandbox_submit,
        .query = sandbox_query,
        .close = sandbox_close,
};
