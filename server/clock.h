#pragma once
/*
 * Shop time. It never goes back, also across restarts: what was shown is kept in the store. Under
 * CLOCK_SYSTEM it runs with the machine's clock; under CLOCK_SIMULATED it stands still and is
 * moved by clock_advance, a coordinator outside any transaction: everything that falls due on the
 * way runs at its own time, in the order (due, id), and what that causes, before time moves on.
 */
#include <stdint.h>
#include "lib/base/status.h"

struct clock;
struct pipeline;
struct store;

enum clock_mode { CLOCK_SYSTEM, CLOCK_SIMULATED };

/* start_us: where a simulated clock begins in a new shop. */
struct clock *clock_new(enum clock_mode mode, struct store *store, int64_t start_us);
void clock_free(struct clock *clock);
/* The mode that the shop was last served in; otherwise where it never was. */
enum clock_mode clock_kept_mode(struct store *store, enum clock_mode otherwise);

int64_t clock_now_us(struct clock *clock);
enum clock_mode clock_mode(const struct clock *clock);

struct clock_run {
        int64_t timers;
        int64_t jobs;
        int64_t follows; /* calls of followers */
};

/* Moves a simulated clock to to_us, or only runs what is due where that is the present or before.
 * FAILED_PRECONDITION, CLOCK_IS_SYSTEM otherwise. Must not be called with a snapshot open. */
enum status clock_advance(
        struct clock *clock, int64_t to_us, struct clock_run *run, struct error *error);
