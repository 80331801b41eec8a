#pragma once
/* What the clock asks of the outbox. */
#include <stdint.h>
#include "lib/base/status.h"

struct jobs;
struct pipeline;

struct jobs *jobs_new(struct pipeline *pipeline);
void jobs_free(struct jobs *jobs);
/* Threads that perform what is due; only where the clock is the system's. */
void jobs_start(struct jobs *jobs);
void jobs_stop(struct jobs *jobs);
void jobs_notify(struct jobs *jobs);
/* Performs what is due at now_us here, in the order (due, id), at most a batch of it. Returns how
 * many; below 0 when the store refused. */
int64_t jobs_run_due(struct jobs *jobs, int64_t now_us);
