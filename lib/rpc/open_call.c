/*
 * The life of a call outside of a message: its queue, its timer, its end. Whoever ends a call
 * takes it out of all of them under the lock first and runs its callback afterwards without it,
 * so a callback may start, cancel and wait for nothing.
 */
#include "lib/rpc/flight.h"

void calls_append(struct call_list *list, struct open_call *call)
{
        call->next = NULL;
        call->prev = list->last;
        if (list->last == NULL)
                list->first = call;
        else
                list->last->next = call;
        list->last = call;
        list->count++;
}

void calls_prepend(struct call_list *list, struct open_call *call)
{
        call->prev = NULL;
        call->next = list->first;
        if (list->first == NULL)
                list->last = call;
        else
                list->first->prev = call;
        list->first = call;
        list->count++;
}

void calls_remove(struct call_list *list, struct open_call *call)
{
        if (call->prev == NULL)
                list->first = call->next;
        else
                call->prev->next = call->next;
        if (call->next == NULL)
                list->last = call->prev;
        else
                call->next->prev = call->prev;
        call->next = call->prev = NULL;
        list->count--;
}

void timer_set(struct channel *channel, struct wheel_timer *timer, int64_t due_us)
{
        wheel_remove(&channel->wheel, timer);
        wheel_add(&channel->wheel, timer, due_us);
        if (due_us >= channel->wake_us)
                return;
        channel->wake_us = due_us;
        pthread_cond_signal(&channel->wake);
}

void call_queue(struct channel *channel, struct open_call *call, int64_t now_us)
{
        int64_t connect_us = now_us + channel->connect_timeout_us;

        call->unconnected_us = now_us;
        int64_t due_us = connect_us < call->deadline_us ? connect_us : call->deadline_us;

        call->state = CALL_QUEUED;
        calls_append(&channel->queues[call->queue], call);
        if (call->hedge != NULL && call->hedge_us < due_us)
                due_us = call->hedge_us;
        timer_set(channel, &call->timer, due_us);
}

void call_end(struct channel *channel, struct open_call *call)
{
        if (call->state == CALL_QUEUED)
                calls_remove(&channel->queues[call->queue], call);
        else if (call->state == CALL_FLYING)
                flight_detach(call->flight, call);
        wheel_remove(&channel->wheel, &call->timer);
        call->state = CALL_ENDED;
        call->answer = NULL;
        channel->open_count--;
}

void calls_finish(struct channel *channel, struct open_call *ended, const struct rpc_answer *answer)
{
        struct open_call *last = NULL;

        for (struct open_call *call = ended; call != NULL; call = call->next) {
                call->done(call->context, call->answer != NULL ? call->answer : answer);
                buffer_release(&call->fixed);
                last = call;
        }
        if (last == NULL)
                return;
        pthread_mutex_lock(&channel->lock);
        for (struct open_call *call = ended; call != NULL; call = call->next) {
                call->state = CALL_FREE;
                call->generation++;
        }
        last->next = channel->free_calls;
        channel->free_calls = ended;
        pthread_mutex_unlock(&channel->lock);
}

void calls_finish_with(struct channel *channel, struct open_call *ended, enum status code,
        const char *reason, const char *text)
{
        struct arena arena;
        struct error error;

        if (ended == NULL)
                return;
        arena_init(&arena);
        error_init(&error, &arena);
        error_set(&error, code, reason, "%s %s", text, channel->url);
        calls_finish(channel, ended, &(struct rpc_answer){.error = &error});
        arena_release(&arena);
}

struct open_call *call_at(const struct channel *channel, size_t index)
{
        if (index >= channel->chunk_count * CHUNK_CALLS)
                return NULL;
        return &channel->chunks[index / CHUNK_CALLS][index % CHUNK_CALLS];
}
