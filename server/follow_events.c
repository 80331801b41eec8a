/*
 * A follower's call: its next events, one after another, until there are no more or the call has
 * changed enough. One that fails is undone by itself: those before it stand, it counts an attempt,
 * and the last attempt puts it aside. Derived rows owe no event of their own: what they follow
 * from is in the log.
 */
#include <inttypes.h>
#include <string.h>
#include "follow_internal.rows.h"
#include "server/follow.h"
#include "server/follow_run.h"
#include "server/work.h"

#define LOOK_MAX    1000 /* events of a call, its own or not */
#define KEYS_ENOUGH 2000
#define BACKOFF_US  INT64_C(1000000)

static const struct follower *find_follower(const struct call *call, const char *name)
{
        const struct follower *follower = call->private->pipeline->options.followers;

        for (; follower != NULL && follower->name != NULL; follower++)
                if (strcmp(follower->name, name) == 0)
                        return follower;
        return NULL;
}

static bool concerns(const struct follower *follower, const Event *event)
{
        for (const char *const *at = follower->types; *at != NULL; at++)
                if (strncmp(event->type, *at, strlen(*at)) == 0)
                        return true;
        return false;
}

static FollowerCursor *read_cursor(struct call *call, const char *name)
{
        FollowerCursor *cursor = follower_cursor_get(call->txn, name);

        if (cursor != NULL)
                return cursor;
        cursor = call_new(call, FollowerCursor);
        *cursor = (FollowerCursor)FOLLOWER_CURSOR_INIT;
        cursor->name = name;
        return cursor;
}

static void write_cursor(struct call *call, const FollowerCursor *cursor)
{
        if (follower_cursor_has(call->txn, cursor->name))
                follower_cursor_update(call->txn, cursor);
        else
                follower_cursor_insert(call->txn, cursor);
}

static void park(struct call *call, const FollowerCursor *cursor, const Event *event)
{
        ParkedEvent parked = PARKED_EVENT_INIT;

        parked.follower = cursor->name;
        parked.number = event->number;
        parked.type = event->type;
        parked.subject = event->subject;
        parked.reason = cursor->last_reason;
        parked.attempts = cursor->attempts;
        parked.park_time = call_now(call);
        parked_event_insert(call->txn, &parked);
        call_event(call, "event.parked",
                call_printf(call, "%s:%" PRIu64, cursor->name, event->number), "", "attempts",
                (int64_t)cursor->attempts, NULL);
}

static void forget_failures(FollowerCursor *cursor)
{
        cursor->attempts = 0;
        cursor->last_reason = "";
        cursor->next_attempt_time = NULL;
}

/* It waits for the next attempt, or is put aside. */
static void count_failure(struct call *call, FollowerCursor *cursor, const Event *event)
{
        cursor->attempts++;
        if (cursor->attempts < FOLLOW_ATTEMPTS_MAX) {
                cursor->next_attempt_time =
                        call_time(call, call->now_us + (BACKOFF_US << (cursor->attempts - 1)));
                return;
        }
        park(call, cursor, event);
        cursor->number = event->number;
        forget_failures(cursor);
}

/* False: it failed, and nothing of it is left but *reason. */
static bool handle(
        struct call *call, const struct follower *follower, const Event *event, const char **reason)
{
        size_t mark = txn_mark(call->txn);

        if (follower->handle(call, event) == OK)
                return true;
        *reason = call->error.reason;
        if (txn_status(call->txn) != OK)
                return false;
        txn_rewind(call->txn, mark);
        error_init(&call->error, call->arena);
        call->private->refused = false;
        return false;
}

/* Whether the next event may be handled in this call too. */
static bool has_room(const struct call *call, const struct follower *follower,
        const FollowEventsRequest *request, uint32_t handled)
{
        uint32_t max = follower->events_max > 0 ? follower->events_max : FOLLOW_EVENTS_MAX;

        if (request->events_max > 0 && request->events_max < max)
                max = request->events_max;
        return handled < max && txn_change_count(call->txn) < KEYS_ENOUGH;
}

static void follow(struct call *call, const struct follower *follower,
        const FollowEventsRequest *request, FollowerCursor *cursor, uint32_t *handled)
{
        struct key_value from = key_uint(cursor->number + 1);
        struct scan *scan = event_all(call->txn);
        Event *event;

        scan_between(scan, &from, NULL);
        for (size_t looked = 0; looked < LOOK_MAX && has_room(call, follower, request, *handled) &&
                                (event = event_next(scan)) != NULL;
                looked++) {
                if (!concerns(follower, event)) {
                        cursor->number = event->number;
                        continue;
                }
                bool failed = request->failed_reason[0] != '\0';

                cursor->last_reason = request->failed_reason;
                if (!failed)
                        failed = !handle(call, follower, event, &cursor->last_reason);
                if (txn_status(call->txn) != OK)
                        return;
                if (failed) {
                        count_failure(call, cursor, event);
                        return;
                }
                forget_failures(cursor);
                cursor->number = event->number;
                (*handled)++;
        }
}

enum status follow_events(
        struct call *call, const FollowEventsRequest *request, FollowEventsResponse *response)
{
        const struct follower *follower = find_follower(call, request->follower);
        size_t before = txn_change_count(call->txn);

        if (follower == NULL)
                return call_fail_absent(
                        call, "follower", "FOLLOWER", "follower", request->follower);
        FollowerCursor *cursor = read_cursor(call, follower->name);

        if (cursor->number < request->after_number)
                cursor->number = request->after_number;
        follow(call, follower, request, cursor, &response->handled);
        if (txn_status(call->txn) != OK)
                return OK; /* the pipeline tells what stuck */
        write_cursor(call, cursor);
        response->number = cursor->number;
        call->private->exempt_changes += txn_change_count(call->txn) - before;
        return OK;
}

void follow_list(struct call *call, ListFollowersResponse *response)
{
        struct follow *follow = call->private->pipeline->follow;
        struct follow_figures figures;
        size_t count = 0;

        while (follow_look(follow, call->txn, count, &figures))
                count++;
        response->followers = call_array(call, Follower *, count);
        while (follow_look(follow, call->txn, response->n_followers, &figures)) {
                FollowerCursor *cursor = read_cursor(call, figures.name);
                Follower *row = call_new(call, Follower);

                *row = (Follower)FOLLOWER_INIT;
                row->name = figures.name;
                row->number = figures.number;
                row->lag = figures.lag;
                row->parked_count = figures.parked;
                row->attempts = cursor->attempts;
                row->reason = cursor->last_reason;
                row->next_attempt_time = cursor->next_attempt_time;
                response->followers[response->n_followers++] = row;
        }
}

enum status follow_replay(struct call *call, ParkedEvent *parked)
{
        const struct follower *follower = find_follower(call, parked->follower);
        Event *event = event_get(call->txn, parked->number);
        const char *reason = "";

        if (follower == NULL || event == NULL)
                return call_fail(call, FAILED_PRECONDITION, "EVENT_GONE",
                        "the follower or the event is there no more");
        if (handle(call, follower, event, &reason)) {
                parked_event_delete(call->txn, parked->follower, parked->number);
                return OK;
        }
        if (txn_status(call->txn) != OK)
                return OK; /* the pipeline tells what stuck */
        call_fact(call, "reason", "%s", reason);
        return call_fail(call, FAILED_PRECONDITION, "EVENT_FAILED",
                "%s could not handle event %" PRIu64 ": %s", parked->follower, parked->number,
                reason);
}
