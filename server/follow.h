#pragma once
/*
 * Followers: named consumers of the event log. Each has a place in the log, a row, and is given
 * the events behind it that concern it, oldest first, in a write of the shop's own; place and
 * effects are one transaction, so every event is handled exactly once, whatever crashes. Commits
 * wake it; customers' calls go first; under a simulated clock it is done before time moves.
 *
 * Followers are the rows of the table in server/followers.c. A new one begins with the oldest
 * event there is: one that should do nothing about the past asks event->time.
 */
#include <stddef.h>
#include <stdint.h>
#include "governance.rows.h"
#include "server/call.h"

#define FOLLOWER_TYPES_MAX 16

struct follower {
        const char *name;                      /* "insight.activity"; NULL ends the table */
        const char *types[FOLLOWER_TYPES_MAX]; /* what its events' types begin with */
        /*
         * Handles an event, with what call.h offers. It owes no event. OK, or a failure that says
         * why: then nothing of it is kept, and it is tried again, later each time, and after
         * FOLLOW_ATTEMPTS_MAX put aside as a ParkedEvent, to be replayed by staff; those behind
         * it wait for it until then. Some 5,000 keys at most. call->now_us may be long after
         * event->time.
         */
        enum status (*handle)(struct call *call, const Event *event);
        /* In one call; 0: FOLLOW_EVENTS_MAX. Fewer where each changes many keys. */
        uint32_t events_max;
};
extern const struct follower followers[];

#define FOLLOW_EVENTS_MAX   64
#define FOLLOW_ATTEMPTS_MAX 5

/* ---- for governance ---- */

enum status follow_events(
        struct call *call, const FollowEventsRequest *request, FollowEventsResponse *response);
void follow_list(struct call *call, ListFollowersResponse *response);
enum status follow_replay(struct call *call, ParkedEvent *parked);
