#pragma once
/*
 * Threads and processors: who goes first, and who stays where.
 *
 * A thread can keep to one processor, whose caches then still hold what it had in hand. Linux
 * moves a thread that sleeps and wakes often to whichever processor rests, and each time it begins
 * with caches of somebody else's work.
 *
 * Once a second the choice is the kernel's again: where it lets the thread run next is where it
 * stays, so that two such threads, or one beside a busy program, do not share a processor for long
 * while another rests. The kernel may move everybody else meanwhile. See sched_setaffinity(2).
 */
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#define PROCESSOR_STAY_US INT64_C(1000000)

/* From now on the calling thread leaves processors to threads of less niceness, as nice(1) has it:
 * each step is worth a fifth of a share. Not less than it has without privileges; see
 * setpriority(2), which on Linux is about one thread. */
void processor_give_way(int niceness);

/* One thread's. */
struct processor_stay {
        cpu_set_t allowed; /* when it began */
        bool possible;     /* there is a choice */
        bool kept;
        int64_t until_us;
};

/* By the thread itself, as what follows. */
void processor_stay_init(struct processor_stay *stay);
/* Whenever the thread is about to sleep or has woken, often: it asks the kernel twice a second.
 * now_us: by clock_monotonic_us(). */
void processor_stay(struct processor_stay *stay, int64_t now_us);
