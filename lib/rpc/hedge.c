/*
 * A read that takes long is asked a second time, and the first answer is taken: a slow server, or
 * a connection that stands still, does not slow its callers down (gRPC proposal A6, hedging, with
 * one hedge). As there, hedging stops while the channel's tokens are low; here a second attempt
 * also costs one, so that in the long run at most one call in ten is asked twice. As there, an
 * answer that could be retried does not end the call while the other attempt is out.
 *
 * Both attempts are ordinary calls, and this is their common callback. The second goes to another
 * endpoint where one is ready, otherwise in a message of its own over the same connection: who
 * wants a second connection to the same server names it twice in the URL. It is not retried; the
 * first still is.
 */
#include "lib/rpc/flight.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/clock.h"

struct attempt {
        struct hedge *hedge;
        uint64_t number; /* 0: not known yet */
        bool open;
};

struct hedge {
        struct hedge *next; /* of those with two attempts */
        struct channel *channel;
        channel_done *done;
        void *context;
        struct attempt attempts[2];
        bool doubled; /* in the channel's list */
        bool beginning;
        bool decided;            /* done has run or is about to */
        struct open_call second; /* what hedge_begin starts */
};

struct hedge *hedge_new(struct channel *channel, channel_done *done, void *context)
{
        struct hedge *hedge = calloc(1, sizeof(*hedge));

        assert(hedge != NULL);
        *hedge = (struct hedge){.channel = channel, .done = done, .context = context};
        hedge->attempts[0] = (struct attempt){.hedge = hedge, .open = true};
        hedge->attempts[1] = (struct attempt){.hedge = hedge};
        return hedge;
}

void *hedge_first(struct hedge *hedge)
{
        return &hedge->attempts[0];
}

static bool is_over(const struct hedge *hedge)
{
        return !hedge->attempts[0].open && !hedge->attempts[1].open && !hedge->beginning;
}

static void unlist(struct hedge *hedge)
{
        struct hedge **at = &hedge->channel->hedges;

        while (hedge->doubled && *at != hedge)
                at = &(*at)->next;
        if (hedge->doubled)
                *at = hedge->next;
        hedge->doubled = false;
}

/* True when the answer is the call's. With the lock held. */
static bool decides(struct hedge *hedge, const struct rpc_answer *answer)
{
        bool waits = hedge->attempts[0].open || hedge->attempts[1].open;
        /* Also when the second attempt finds no place in the channel. */
        bool could_be_retried =
                answer->error != NULL && (retry_judge(answer->error) != RETRY_NEVER ||
                                                 answer->error->code == RESOURCE_EXHAUSTED);

        return !hedge->decided && !(waits && could_be_retried);
}

void hedge_answered(void *context, const struct rpc_answer *answer)
{
        struct attempt *attempt = context;
        struct hedge *hedge = attempt->hedge;
        struct channel *channel = hedge->channel;
        channel_done *done = hedge->done;
        void *done_context = hedge->context;
        struct attempt *other = &hedge->attempts[attempt == &hedge->attempts[0] ? 1 : 0];

        pthread_mutex_lock(&channel->lock);
        attempt->open = false;
        bool decided = decides(hedge, answer);
        uint64_t loser = decided && other->open ? other->number : 0;
        bool over = is_over(hedge);

        hedge->decided = hedge->decided || decided;
        if (over)
                unlist(hedge);
        pthread_mutex_unlock(&channel->lock);
        if (over)
                free(hedge);
        if (decided)
                done(done_context, answer);
        if (loser != 0)
                channel_cancel(channel, loser);
}

struct hedge *hedge_take(struct channel *channel, struct open_call *call, int64_t now_us)
{
        struct hedge *hedge = call->hedge;

        call->hedge = NULL;
        if (call->state != CALL_FLYING || !retry_budget_failure(&channel->budget))
                return NULL;
        hedge->second = (struct open_call){
                .fixed_len = call->fixed_len,
                .own_token = call->own_token,
                .queue = QUEUE_ALONE,
                .deadline_us = call->deadline_us,
                .only = endpoint_other(call->flight->endpoint, now_us),
                .done = hedge_answered,
                .context = &hedge->attempts[1],
        };
        if (hedge->second.only == NULL)
                hedge->second.only = call->flight->endpoint;
        buffer_append(&hedge->second.fixed, call->fixed.data, call->fixed.len);
        hedge->attempts[0].number = call_number(call);
        hedge->attempts[1].open = true;
        hedge->beginning = true;
        hedge->doubled = true;
        hedge->next = channel->hedges;
        channel->hedges = hedge;
        channel->stats.hedges++;
        return hedge;
}

void hedge_begin(struct hedge *hedge)
{
        struct channel *channel = hedge->channel;
        uint64_t number = call_start_prepared(channel, &hedge->second, clock_monotonic_us());

        pthread_mutex_lock(&channel->lock);
        hedge->beginning = false;
        hedge->attempts[1].number = number;
        bool over = is_over(hedge);
        bool lost = hedge->decided && hedge->attempts[1].open;

        if (over)
                unlist(hedge);
        pthread_mutex_unlock(&channel->lock);
        if (over)
                free(hedge);
        else if (lost)
                channel_cancel(channel, number);
}

uint64_t hedge_number(const struct channel *channel, uint64_t number)
{
        for (const struct hedge *hedge = channel->hedges; hedge != NULL; hedge = hedge->next)
                if (hedge->attempts[0].number == number && !hedge->attempts[0].open &&
                        hedge->attempts[1].number != 0)
                        return hedge->attempts[1].number;
        return number;
}
