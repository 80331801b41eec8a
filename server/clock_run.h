#pragma once
/* What the pipeline and the program ask of the clock beside the time. */
#include "server/clock.h"

struct pipeline;
struct txn;

/* From now on this pipeline runs what falls due. */
void clock_attach(struct clock *clock, struct pipeline *pipeline);
/* A thread that runs what falls due, and the performers of jobs. */
void clock_start(struct clock *clock);
void clock_stop(struct clock *clock);
/* A commit set timers or jobs; due_us: when the first of them is due. */
void clock_notify(struct clock *clock, int64_t due_us);
/* A commit told events. */
void clock_follow(struct clock *clock);
/* Remembers in the store how late it is, so that time never goes back. */
void clock_keep(struct clock *clock, struct txn *txn);
/* A group with a kept time was refused. */
void clock_keep_lost(struct clock *clock);
