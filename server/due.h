#pragma once
/* Timers and jobs whose time has come. */
#include <stdbool.h>
#include <stdint.h>
#include "server/clock.h"

#define TIMER_ATTEMPTS_MAX 10

struct follow;
struct jobs;

struct due {
        struct pipeline *pipeline;
        struct jobs *jobs;     /* NULL: somebody else performs them */
        struct follow *follow; /* the same */
};

/* The earliest instant at which a timer or job is due, or an event to be followed: that is now_us.
 * False: there is none. */
bool due_next(const struct due *due, int64_t now_us, int64_t *due_us);
/* Runs everything due at this instant and what it causes at this instant; adds to *run. False:
 * the store refused. */
bool due_run(const struct due *due, int64_t now_us, struct clock_run *run);
