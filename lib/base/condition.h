#pragma once
/* Condition variables whose waits end by clock_monotonic_us(), however the calendar is set. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

void condition_init(pthread_cond_t *condition);
/* As pthread_cond_wait, and no longer than until until_us; false when that has come. */
bool condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until_us);
