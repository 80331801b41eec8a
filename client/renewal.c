/*
 * Fresh tokens. The server says TOKEN_EXPIRED to a call; the call waits here while one thread
 * asks the program for a new token, and is then repeated once. Calls that went out with the old
 * token and come back later are repeated without asking again: the token's generation has moved.
 *
 * The thread exists only where there is a token source, and because asking may mean a sign-in,
 * which is a blocking call on this very channel and must not run on a thread of the transport.
 */
#include "client/client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_BYTES_MAX 1024

enum taken { TAKE_OLD, TAKE_ALL };

bool renewal_is_self(struct shop_channel *channel)
{
        return channel->token_source != NULL && pthread_equal(pthread_self(), channel->thread);
}

static bool is_expired(const struct rpc_answer *answer)
{
        return answer->error != NULL && answer->error->code == UNAUTHENTICATED &&
               strcmp(answer->error->reason, "TOKEN_EXPIRED") == 0;
}

bool renewal_take(struct pending *pending, const struct rpc_answer *answer)
{
        struct shop_channel *channel = pending->channel;

        if (!pending->repeatable || !is_expired(answer))
                return false;
        pthread_mutex_lock(&channel->lock);
        bool taken = !channel->stopping;

        if (taken) {
                pending->next = channel->expired;
                channel->expired = pending;
                pthread_cond_signal(&channel->changed);
        }
        pthread_mutex_unlock(&channel->lock);
        return taken;
}

/* Asks for a token and sets it. False when there is none. */
static bool renew(struct shop_channel *channel)
{
        uint8_t token[TOKEN_BYTES_MAX];
        size_t len = 0;

        if (!channel->token_source(channel->token_context, channel, token, sizeof(token), &len) ||
                len > sizeof(token) ||
                channel_set_token(channel->channel, bytes_of(token, len)) != OK)
                return false;
        explicit_bzero(token, sizeof(token));
        pthread_mutex_lock(&channel->lock);
        channel->token_generation++;
        pthread_mutex_unlock(&channel->lock);
        return true;
}

static void fail(struct pending *pending, enum status code, const char *reason, const char *text)
{
        const struct error error = {.code = code, .reason = reason, .message = text};

        pending->done(pending->context, &(struct rpc_answer){.error = (struct error *)&error});
        pending_free(pending);
}

static void fail_all(
        struct pending *pending, enum status code, const char *reason, const char *text)
{
        while (pending != NULL) {
                struct pending *next = pending->next;

                fail(pending, code, reason, text);
                pending = next;
        }
}

static void repeat_all(struct pending *pending)
{
        while (pending != NULL) {
                struct pending *next = pending->next;

                pending_repeat(pending);
                pending = next;
        }
}

/* Takes out the calls that wait; those with an old token, or all. With the lock held. */
static struct pending *take(struct shop_channel *channel, enum taken which)
{
        struct pending *taken = NULL;

        for (struct pending **at = &channel->expired, *pending; (pending = *at) != NULL;) {
                if (which == TAKE_OLD && pending->token_generation == channel->token_generation) {
                        at = &pending->next;
                        continue;
                }
                *at = pending->next;
                pending->next = taken;
                taken = pending;
        }
        return taken;
}

bool renewal_cancel(struct shop_channel *channel, uint64_t number)
{
        struct pending *found = NULL;

        pthread_mutex_lock(&channel->lock);
        for (struct pending **at = &channel->expired; *at != NULL; at = &(*at)->next)
                if ((*at)->number == number) {
                        found = *at;
                        *at = found->next;
                        break;
                }
        pthread_mutex_unlock(&channel->lock);
        if (found != NULL)
                fail(found, CANCELLED, "CALL_CANCELLED", "the call was cancelled");
        return found != NULL;
}

/* One round: those with an old token are repeated, and when there are none a token is asked for,
 * while the calls stay where they can be cancelled. */
static void renew_round(struct shop_channel *channel)
{
        pthread_mutex_lock(&channel->lock);
        struct pending *old = take(channel, TAKE_OLD);

        pthread_mutex_unlock(&channel->lock);
        if (old != NULL) {
                repeat_all(old);
                return;
        }
        if (renew(channel))
                return;
        pthread_mutex_lock(&channel->lock);
        struct pending *all = take(channel, TAKE_ALL);

        pthread_mutex_unlock(&channel->lock);
        fail_all(all, UNAUTHENTICATED, "TOKEN_EXPIRED",
                "the token has expired and there is no fresh one");
}

static void *renewal_run(void *context)
{
        struct shop_channel *channel = context;

        pthread_mutex_lock(&channel->lock);
        while (!channel->stopping) {
                if (channel->expired == NULL) {
                        pthread_cond_wait(&channel->changed, &channel->lock);
                        continue;
                }
                pthread_mutex_unlock(&channel->lock);
                renew_round(channel);
                pthread_mutex_lock(&channel->lock);
        }
        struct pending *all = take(channel, TAKE_ALL);

        pthread_mutex_unlock(&channel->lock);
        fail_all(all, CANCELLED, "CHANNEL_CLOSED", "the channel is closed");
        return NULL;
}

void renewal_start(struct shop_channel *channel)
{
        if (channel->token_source != NULL &&
                pthread_create(&channel->thread, NULL, renewal_run, channel) != 0)
                abort();
}

void renewal_stop(struct shop_channel *channel)
{
        pthread_mutex_lock(&channel->lock);
        channel->stopping = true;
        pthread_cond_signal(&channel->changed);
        pthread_mutex_unlock(&channel->lock);
        if (channel->token_source != NULL)
                pthread_join(channel->thread, NULL);
}
