/*
 * A flight comes home: every call of it is ended with its answer, or goes on. Attempts, budget
 * and deadline are counted here and nowhere else.
 *
 * A call goes on in one of three ways: it rests and is queued again; it is queued at once, alone,
 * because its answer had no room beside the others; or the endpoint pauses, because its
 * server said that it stops. The pause is what keeps a planned restart from eating the budget:
 * otherwise each of a hundred messages is refused and charged on its own.
 */
#include "lib/rpc/flight.h"

#include <string.h>

#include "lib/base/clock.h"

/* What a landed flight knows while its answers are judged. */
struct landing {
        struct flight *flight;
        struct call_list ended;
        int64_t now_us;
        enum { CHARGE_NONE, CHARGE_ALLOWED, CHARGE_REFUSED } charge;
};

/* One message that failed costs one token, however many calls it carried, and those that had left
 * by then cost nothing: how many share a crowd of calls must not matter. One lost connection costs
 * one, too, however many messages it took with it, and one server that stops, however long it
 * takes. */
static bool charge_budget(struct landing *landing, const struct error *error)
{
        struct channel *channel = landing->flight->channel;
        struct endpoint *endpoint = landing->flight->endpoint;
        bool lost = strcmp(error->reason, "CONNECTION_LOST") == 0;
        bool leaving = endpoint->leaving && strcmp(error->reason, "SERVER_DRAINING") == 0;
        bool charged = lost ? endpoint->charged_epoch == landing->flight->epoch
                            : leaving || landing->now_us < endpoint->paused_until_us;

        if (landing->charge != CHARGE_NONE)
                return landing->charge == CHARGE_ALLOWED;
        bool allowed = charged || retry_budget_left(&channel->budget);

        if (!charged && landing->flight->number > endpoint->charged_number) {
                allowed = retry_budget_failure(&channel->budget);
                endpoint->charged_number = channel->stats.messages;
        }

        if (lost)
                endpoint->charged_epoch = landing->flight->epoch;
        landing->charge = allowed ? CHARGE_ALLOWED : CHARGE_REFUSED;
        return allowed;
}

/* A server that stops refuses everything: nothing is sent to it for as long as it says, and what
 * it refused does not count as an attempt. */
static void pause(struct landing *landing, struct open_call *call, const struct error *error)
{
        struct channel *channel = landing->flight->channel;
        struct endpoint *endpoint = landing->flight->endpoint;

        if (strcmp(error->reason, "SERVER_DRAINING") != 0)
                return;
        call->attempts--;
        endpoint->leaving = true;
        if (landing->now_us < endpoint->paused_until_us)
                return;
        endpoint->paused_until_us = landing->now_us + error->retry_after_ms * 1000;
        timer_set(channel, &endpoint->pause, endpoint->paused_until_us);
}

/* Its server is going or gone, and another one is there. */
static bool moves_on(const struct landing *landing, const struct error *error)
{
        return (strcmp(error->reason, "SERVER_DRAINING") == 0 ||
                       strcmp(error->reason, "CONNECTION_LOST") == 0) &&
               endpoint_other(landing->flight->endpoint, landing->now_us) != NULL;
}

/* True when the call goes on. */
static bool retry_call(struct landing *landing, struct open_call *call, const struct error *error)
{
        struct channel *channel = landing->flight->channel;
        enum retry_verdict verdict = retry_judge(error);

        if (verdict == RETRY_ALONE && call->queue != QUEUE_ALONE) {
                call->queue = QUEUE_ALONE;
                call_queue(channel, call, landing->now_us);
                return true;
        }
        if (verdict != RETRY_LATER || !charge_budget(landing, error))
                return false;
        pause(landing, call, error);
        if (call->attempts >= channel->attempts_max || call->only != NULL)
                return false;
        if (moves_on(landing, error)) {
                call_queue(channel, call, landing->now_us);
                channel->stats.retries++;
                return true;
        }
        int64_t due_us = landing->now_us +
                         retry_delay_us(call->attempts, error->retry_after_ms, &channel->random);

        if (due_us >= call->deadline_us)
                return false;
        call->state = CALL_RESTING;
        timer_set(channel, &call->timer, due_us);
        channel->stats.retries++;
        return true;
}

static void note_sequence(struct channel *channel, uint64_t sequence)
{
        uint64_t seen = atomic_load(&channel->sequence);

        while (sequence > seen)
                if (atomic_compare_exchange_weak(&channel->sequence, &seen, sequence))
                        return;
}

static void settle(struct landing *landing, struct open_call *call, const struct rpc_answer *answer)
{
        struct channel *channel = landing->flight->channel;

        note_sequence(channel, answer->sequence);
        flight_detach(landing->flight, call);
        call->state = CALL_RESTING; /* in no queue and no flight */
        if (answer->error != NULL && retry_call(landing, call, answer->error))
                return;
        if (answer->error == NULL)
                retry_budget_success(&channel->budget);
        call_end(channel, call);
        call->answer = answer;
        calls_append(&landing->ended, call);
}

static void settle_all(struct landing *landing, const struct rpc_answer *answer)
{
        for (size_t i = 0; i < landing->flight->count; i++)
                if (landing->flight->calls[i] != NULL)
                        settle(landing, landing->flight->calls[i], answer);
}

static void settle_answers(struct landing *landing, const struct rpc_answer *answers, size_t count)
{
        struct flight *flight = landing->flight;

        for (size_t i = 0; i < count; i++) {
                uint32_t id = answers[i].id;

                if (id == 0 && answers[i].error != NULL)
                        settle_all(landing, &answers[i]);
                else if (id > 0 && id <= flight->count && flight->calls[id - 1] != NULL)
                        settle(landing, flight->calls[id - 1], &answers[i]);
        }
}

static void settle_rest(struct landing *landing, const struct outcome *outcome)
{
        struct flight *flight = landing->flight;

        if (flight->attached == 0)
                return;
        struct rpc_answer *answer = arena_new(&flight->arena, struct rpc_answer);

        answer->error = arena_new(&flight->arena, struct error);
        error_init(answer->error, &flight->arena);
        error_set(answer->error, outcome->code, outcome->reason, "%s: %s", flight->endpoint->url,
                outcome->text);
        settle_all(landing, answer);
}

void flight_settle(struct flight *flight, const struct rpc_answer *answers, size_t count,
        const struct outcome *rest)
{
        struct channel *channel = flight->channel;
        struct landing landing = {.flight = flight, .now_us = clock_monotonic_us()};

        pthread_mutex_lock(&channel->lock);
        flight->state = FLIGHT_LANDED;
        settle_answers(&landing, answers, count);
        settle_rest(&landing, rest);
        pthread_mutex_unlock(&channel->lock);
        calls_finish(channel, landing.ended.first, NULL);
        arena_reset(&flight->arena);
}
