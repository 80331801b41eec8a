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
 * while another rests. The kernel may move everybody else meanwhile. Processors that somebody else
 * chose meanwhile (taskset(1), a cpuset that became smaller) are kept to from then on; that a
 * cpuset became larger is not noticed. See sched_setaffinity(2).
 */
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#define PROCESSOR_STAY_US INT64_C(1000000)

/* From now on the calling thread leaves processors to threads of less niceness: it gets so many
 * steps of nice(1), each worth a fifth of a share, more than it had. See setpriority(2), which on
 * Linux is about one thread. */
void processor_give_way(int steps);

/* One thread's; all zero at first. */
struct processor_stay {
        cpu_set_t allowed; /* before it kept to one */
        cpu_set_t only;
        bool kept;
        int64_t until_us;
};

/* By the thread itself, whenever it is about to sleep or has woken, often: it asks the kernel a few
 * times a second. now_us: by clock_monotonic_us(). */
void processor_stay(struct processor_stay *stay, int64_t now_us);
