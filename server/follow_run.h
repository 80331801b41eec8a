#pragma once
/* What pipeline, clock and metrics ask of the followers. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/store/store.h"

struct follow;
struct pipeline;

struct follow *follow_new(struct pipeline *pipeline);
void follow_free(struct follow *follow);
/* A thread that follows; only where the clock is the system's. */
void follow_start(struct follow *follow);
void follow_stop(struct follow *follow);
/* A commit told events. */
void follow_notify(struct follow *follow);

/* When there is something to do, in shop time; now_us where it is now. False: never. */
bool follow_next(struct follow *follow, int64_t now_us, int64_t *due_us);
/* One round: at most one call of every follower that has something to do. Returns how many; below
 * 0 when the store refused. */
int64_t follow_round(struct follow *follow, int64_t now_us);

struct follow_figures {
        const char *name;
        uint64_t number; /* the last event it has looked at */
        uint64_t lag;    /* events behind that */
        uint32_t parked; /* at most FOLLOW_PARKED_COUNTED */
};
#define FOLLOW_PARKED_COUNTED 1000

/* Of the at-th follower. False: there are not so many. */
bool follow_look(struct follow *follow, struct txn *txn, size_t at, struct follow_figures *out);
