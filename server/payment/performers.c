/*
 * Between the shop and the gateway. A performer reads the attempt, leaves its snapshot, asks, and
 * gives whatever was said to payment.RecordOutcome, which alone decides what it means. A time-out
 * is not an outcome: submit hands over to query, which asks at growing ages of the attempt. After
 * three days what would take money is closed, so that the order can be paid otherwise, and people
 * are told where nobody answers even that.
 */
#include "server/payment/performers.h"

#include "payment.rows.h"
#include "server/payment/gateway.h"
#include "server/payment/payment.h"

#define MINUTE_US  INT64_C(60000000)
#define HOUR_US    (60 * MINUTE_US)
#define GIVE_UP_US (72 * HOUR_US)

typedef struct gateway_reply ask(const PaymentAttempt *, int64_t, struct arena *);

static void record(struct performer_context *context, const PaymentAttempt *attempt,
        const struct gateway_answer *answer)
{
        RecordOutcomeRequest request = RECORD_OUTCOME_REQUEST_INIT;

        request.attempt_id = attempt->id;
        request.outcome = answer->outcome;
        request.amount_minor = answer->amount_minor;
        request.currency_code = answer->currency_code;
        request.gateway_reference = answer->reference;
        request.decline_reason = answer->decline_reason;
        performer_answer(context, "payment.RecordOutcome", &request);
}

static void record_all(struct performer_context *context, const PaymentAttempt *attempt,
        const struct gateway_reply *reply)
{
        for (size_t i = 0; i < reply->count; i++)
                record(context, attempt, &reply->answers[i]);
}

/* Reads the attempt and asks about it. NULL: there is no such attempt. */
static const PaymentAttempt *ask_gateway(struct performer_context *context, const Job *job,
        ask *question, struct gateway_reply *reply)
{
        const PaymentAttempt *attempt =
                payment_attempt_get(performer_txn(context), job->subject_id);

        performer_leave(context);
        if (attempt != NULL)
                *reply = question(attempt, performer_now_us(context), performer_arena(context));
        return attempt;
}

enum status payment_submit(struct performer_context *context, const Job *job)
{
        ask *question = job->step == 0 ? sandbox_gateway.submit : sandbox_gateway.query;
        struct gateway_reply reply;
        const PaymentAttempt *attempt = ask_gateway(context, job, question, &reply);

        if (attempt == NULL)
                return performer_fail(context, NOT_FOUND, "ATTEMPT_NOT_FOUND");
        record_all(context, attempt, &reply);
        if (reply.next_us != 0)
                performer_again(context, reply.next_us, job->step + 1);
        return OK;
}

/* When to ask next: at ages of 30 seconds, 1, 2, 5 and 10 minutes, then every 5 minutes up to an
 * hour, then hourly. */
static int64_t next_query_us(int64_t create_us, int64_t now_us)
{
        static const int64_t ages_us[] = {MINUTE_US / 2, MINUTE_US, 2 * MINUTE_US, 5 * MINUTE_US};
        int64_t age_us = now_us - create_us;
        int64_t step_us = age_us < HOUR_US ? 5 * MINUTE_US : HOUR_US;

        for (size_t i = 0; i < sizeof(ages_us) / sizeof(ages_us[0]); i++)
                if (age_us < ages_us[i])
                        return create_us + ages_us[i];
        return create_us + (age_us / step_us + 1) * step_us;
}

static bool gives_up(const PaymentAttempt *attempt, int64_t now_us)
{
        return now_us - time_us(attempt->create_time) >= GIVE_UP_US;
}

/* Money that was promised to a customer is not closed. */
static struct gateway_reply query_or_close(
        const PaymentAttempt *attempt, int64_t now_us, struct arena *arena)
{
        bool gives = attempt->kind == ATTEMPT_KIND_REFUND || attempt->kind == ATTEMPT_KIND_VOID;

        if (gives_up(attempt, now_us) && !gives)
                return sandbox_gateway.close(attempt, now_us, arena);
        return sandbox_gateway.query(attempt, now_us, arena);
}

enum status payment_query(struct performer_context *context, const Job *job)
{
        struct gateway_reply reply;
        const PaymentAttempt *attempt = ask_gateway(context, job, query_or_close, &reply);
        int64_t now_us = performer_now_us(context);

        if (attempt == NULL)
                return performer_fail(context, NOT_FOUND, "ATTEMPT_NOT_FOUND");
        if (attempt->state != ATTEMPT_STATE_OPEN)
                return OK;
        if (reply.answers[0].outcome == OUTCOME_PENDING && !gives_up(attempt, now_us)) {
                int64_t due_us = next_query_us(time_us(attempt->create_time), now_us);

                performer_again(context, due_us, job->step + 1);
                return OK;
        }
        record_all(context, attempt, &reply);
        return OK;
}

enum status payment_close(struct performer_context *context, const Job *job)
{
        struct gateway_reply reply;
        const PaymentAttempt *attempt = ask_gateway(context, job, sandbox_gateway.close, &reply);

        if (attempt == NULL)
                return performer_fail(context, NOT_FOUND, "ATTEMPT_NOT_FOUND");
        /* No answer is no news: the order's own timer ends the wait. */
        if (attempt->state == ATTEMPT_STATE_OPEN && reply.answers[0].outcome != OUTCOME_PENDING)
                record_all(context, attempt, &reply);
        return OK;
}
