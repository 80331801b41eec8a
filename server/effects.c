/*
 * What a handler causes besides its rows: events, timers, jobs. All three are rows of the same
 * transaction, so they happen exactly when the rows do. Keys changed here are counted apart,
 * since a write that changes nothing else owes no event.
 */
#include <assert.h>
#include <stdarg.h>
#include <string.h>
#include "governance.rows.h"
#include "internal.rows.h"
#include "lib/base/id.h"
#include "server/clock.h"
#include "server/tracing.h"
#include "server/work.h"

#define FIGURES_MAX 8

static void fill_time(Timestamp *time, int64_t us)
{
        google__protobuf__timestamp__init(time);
        time->seconds = us / 1000000;
        time->nanos = (int32_t)(us % 1000000 * 1000);
}

void event_tell(struct txn *txn, const struct event_what *what)
{
        Event event = EVENT_INIT;
        Timestamp time;

        fill_time(&time, what->time_us);
        event.time = &time;
        event.type = what->type;
        event.subject = what->subject;
        event.owner = what->owner;
        event.actor = what->actor;
        event.method = what->method;
        event_append(txn, &event);
}

void call_event(struct call *call, const char *type, const char *subject, const char *owner, ...)
{
        Event *event = call_new(call, Event);
        Figure **figures = call_array(call, Figure *, FIGURES_MAX);
        size_t before = txn_change_count(call->txn);
        const char *name;
        va_list args;

        *event = (Event)EVENT_INIT;
        event->time = call_now(call);
        event->type = type;
        event->subject = subject;
        event->owner = owner;
        event->actor = call->caller->id;
        event->method = call->method->name;
        event->figures = figures;
        va_start(args, owner);
        while ((name = va_arg(args, const char *)) != NULL) {
                assert(event->n_figures < FIGURES_MAX);
                Figure *figure = call_new(call, Figure);

                *figure = (Figure)FIGURE_INIT;
                figure->name = name;
                figure->value = va_arg(args, int64_t);
                figures[event->n_figures++] = figure;
        }
        va_end(args);
        event_append(call->txn, event);
        call->private->event_count++;
        call->private->exempt_changes += txn_change_count(call->txn) - before;
}

static void note_due(struct call *call, int64_t due_us)
{
        if (due_us < call->private->due_us)
                call->private->due_us = due_us;
}

/* For what the call leaves behind; "" where it is in nobody's trace. */
static char *pass_on_trace(const struct call *call, char traceparent[TRACEPARENT_LEN + 1])
{
        struct tracing tracing;

        traceparent[0] = '\0';
        if (tracing_of_call(call->private->work, &tracing))
                tracing_pass_on(&tracing, traceparent);
        return traceparent;
}

void call_schedule(struct call *call, int64_t due_us, const char *method, const char *subject_id)
{
        const struct schema_method *target =
                schema_method(call_schema(call), bytes_of_text(method));
        size_t before = txn_change_count(call->txn);
        char traceparent[TRACEPARENT_LEN + 1];

        assert(target != NULL && "a timer names a method that does not exist");
        assert(strcmp(target->request->descriptor->name, "shop.common.v1.TimerRequest") == 0);
        ScheduledCall timer = SCHEDULED_CALL_INIT;

        timer.method = target->name;
        timer.subject_id = subject_id;
        timer.due_time = call_time(call, due_us);
        timer.traceparent = pass_on_trace(call, traceparent);
        timer.number = call_random(call);
        if (scheduled_call_has(call->txn, method, subject_id))
                scheduled_call_update(call->txn, &timer);
        else
                scheduled_call_insert(call->txn, &timer);
        note_due(call, due_us);
        call->private->exempt_changes += txn_change_count(call->txn) - before;
}

void call_unschedule(struct call *call, const char *method, const char *subject_id)
{
        size_t before = txn_change_count(call->txn);

        if (scheduled_call_has(call->txn, method, subject_id))
                scheduled_call_delete(call->txn, method, subject_id);
        call->private->exempt_changes += txn_change_count(call->txn) - before;
}

void call_job(struct call *call, const char *kind, const char *subject_id, int64_t due_us)
{
        size_t before = txn_change_count(call->txn);
        int64_t request_time_ms = call->private->real_us / 1000;
        char request_id[REQUEST_ID_LEN + 1] = "";
        struct bytes given = call->private->work->rpc->request_id;
        char traceparent[TRACEPARENT_LEN + 1];
        Job job = JOB_INIT;

        if (given.len == REQUEST_ID_LEN) {
                memcpy(request_id, given.data, given.len);
                request_id_check(request_id, &request_time_ms);
        }
        job.id = call_new_id(call);
        job.kind = kind;
        job.subject_id = subject_id;
        job.state = JOB_STATE_WAITING;
        job.next_attempt_time = call_time(call, due_us > call->now_us ? due_us : call->now_us);
        job.create_time = call_now(call);
        job.request_time_ms = (uint64_t)request_time_ms;
        job.traceparent = pass_on_trace(call, traceparent);
        job_insert(call->txn, &job);
        note_due(call, due_us);
        call->private->exempt_changes += txn_change_count(call->txn) - before;
}
