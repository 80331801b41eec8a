#pragma once
/*
 * Short turns on the processor for a thread that computes long without calling the kernel: between
 * begin and end it steps aside five thousand times a second for whoever waits for its core. For
 * computations only: a system call that SA_RESTART does not restart could end with EINTR.
 *
 * It takes the signal SIGURG, which does nothing by default; in a program that has a handler of its
 * own for it there are no turns.
 */
#include <stdbool.h>
#include <time.h>

struct turns {
        timer_t timer;
        bool begun;
};

void turns_begin(struct turns *turns);
void turns_end(struct turns *turns);
