/*
 * Linux lets a thread that computes run until its tick, 4 ms at 250 Hz, when one that wakes has
 * had a little more than its share: also at niceness 19, also under SCHED_IDLE. A timer of high
 * resolution interrupts the thread, whose handler yields. Without anybody to yield to that costs
 * about one per cent.
 *
 * Refused: a slice of the thread's own (sched_setattr), which the kernel looks at in the same tick;
 * priority for the others, which needs privileges; a process of its own for passwords, which waits
 * for the same tick.
 */
#include "lib/seal/turns.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#define TURN_NS 200000

static bool handled;
static pthread_once_t handled_once = PTHREAD_ONCE_INIT;

static void step_aside(int signal_number)
{
        int before = errno;

        sched_yield();
        errno = before;
}

static void handle(void)
{
        struct sigaction old, action = {.sa_handler = step_aside, .sa_flags = SA_RESTART};

        handled = sigaction(SIGURG, NULL, &old) == 0 &&
                  (old.sa_handler == SIG_DFL || old.sa_handler == SIG_IGN) &&
                  sigaction(SIGURG, &action, NULL) == 0;
}

void turns_begin(struct turns *turns)
{
        const struct itimerspec often = {{.tv_nsec = TURN_NS}, {.tv_nsec = TURN_NS}};
        struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGURG};

        event._sigev_un._tid = gettid(); /* glibc has no other name for it */
        pthread_once(&handled_once, handle);
        turns->begun = handled && timer_create(CLOCK_MONOTONIC, &event, &turns->timer) == 0;
        if (turns->begun)
                timer_settime(turns->timer, 0, &often, NULL);
}

void turns_end(struct turns *turns)
{
        if (turns->begun)
                timer_delete(turns->timer);
}
