/* Refused: waits by the calendar, pthread's default, which last an hour when a clock is set back.
 */
#include "lib/base/condition.h"

#include <time.h>

#define SECOND_US 1000000

void condition_init(pthread_cond_t *condition)
{
        pthread_condattr_t attributes;

        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_cond_init(condition, &attributes);
        pthread_condattr_destroy(&attributes);
}

bool condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until_us)
{
        const struct timespec until = {
                .tv_sec = until_us / SECOND_US,
                .tv_nsec = until_us % SECOND_US * 1000,
        };

        return pthread_cond_timedwait(condition, mutex, &until) == 0;
}
