/*
 * A call that somebody waits for. Its answer lives in the message that brought it, only until the
 * callback returns, so it is copied for who waits.
 */
#include "lib/rpc/channel.h"

#include <pthread.h>

struct waiter {
        pthread_mutex_t lock;
        pthread_cond_t done;
        bool answered;
        struct arena *arena;
        struct rpc_answer *answer;
};

static const char *copy_text(struct arena *arena, const char *text)
{
        return text == NULL ? NULL : arena_text(arena, text);
}

static struct error *copy_error(struct arena *arena, const struct error *from)
{
        struct error *error = arena_new(arena, struct error);
        struct violation **violation = &error->violations;
        struct error_fact **fact = &error->facts;

        *error = *from;
        error->arena = arena;
        error->reason = copy_text(arena, from->reason);
        error->message = copy_text(arena, from->message);
        error->detail_type = copy_text(arena, from->detail_type);
        error->locale = copy_text(arena, from->locale);
        error->localized = copy_text(arena, from->localized);
        error->detail = arena_copy(arena, from->detail, from->detail_len);
        for (const struct violation *v = from->violations; v != NULL; v = v->next) {
                *violation = arena_new(arena, struct violation);
                (*violation)->field = copy_text(arena, v->field);
                (*violation)->reason = copy_text(arena, v->reason);
                (*violation)->description = copy_text(arena, v->description);
                violation = &(*violation)->next;
        }
        *violation = NULL;
        for (const struct error_fact *f = from->facts; f != NULL; f = f->next) {
                *fact = arena_new(arena, struct error_fact);
                (*fact)->name = copy_text(arena, f->name);
                (*fact)->value = copy_text(arena, f->value);
                fact = &(*fact)->next;
        }
        *fact = NULL;
        return error;
}

static void copy_metadata(struct arena *arena, struct rpc_metadata *metadata)
{
        if (metadata->count == 0)
                return;
        struct rpc_metadatum *at = arena_array(arena, struct rpc_metadatum, metadata->count);

        for (size_t i = 0; i < metadata->count; i++) {
                const struct rpc_metadatum *from = &metadata->at[i];

                at[i].name = bytes_of(
                        arena_copy(arena, from->name.data, from->name.len), from->name.len);
                at[i].value = bytes_of(
                        arena_copy(arena, from->value.data, from->value.len), from->value.len);
        }
        metadata->at = at;
}

static void wake_waiter(void *context, const struct rpc_answer *answer)
{
        struct waiter *waiter = context;

        *waiter->answer = *answer;
        if (answer->error != NULL)
                waiter->answer->error = copy_error(waiter->arena, answer->error);
        copy_metadata(waiter->arena, &waiter->answer->metadata);
        waiter->answer->response =
                bytes_of(arena_copy(waiter->arena, answer->response.data, answer->response.len),
                        answer->response.len);
        pthread_mutex_lock(&waiter->lock);
        waiter->answered = true;
        pthread_cond_signal(&waiter->done);
        pthread_mutex_unlock(&waiter->lock);
}

enum status channel_call(struct channel *channel, const struct channel_call *call,
        struct arena *arena, struct rpc_answer *answer)
{
        struct waiter waiter = {.arena = arena, .answer = answer};

        pthread_mutex_init(&waiter.lock, NULL);
        pthread_cond_init(&waiter.done, NULL);
        channel_start(channel, call, wake_waiter, &waiter);
        pthread_mutex_lock(&waiter.lock);
        while (!waiter.answered)
                pthread_cond_wait(&waiter.done, &waiter.lock);
        pthread_mutex_unlock(&waiter.lock);
        pthread_cond_destroy(&waiter.done);
        pthread_mutex_destroy(&waiter.lock);
        return answer->error == NULL ? OK : answer->error->code;
}
