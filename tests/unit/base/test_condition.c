/* A wait ends by its time, and before it when it is woken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "lib/base/clock.h"
#include "lib/base/condition.h"

#define LONG_US  INT64_C(3600000000)
#define SHORT_US 20000

struct bell {
        pthread_mutex_t mutex;
        pthread_cond_t rung;
        bool ringing;
};

static void bell_init(struct bell *bell)
{
        pthread_mutex_init(&bell->mutex, NULL);
        condition_init(&bell->rung);
        bell->ringing = false;
}

static void bell_release(struct bell *bell)
{
        pthread_cond_destroy(&bell->rung);
        pthread_mutex_destroy(&bell->mutex);
}

static void *ring(void *context)
{
        struct bell *bell = context;

        pthread_mutex_lock(&bell->mutex);
        bell->ringing = true;
        pthread_cond_signal(&bell->rung);
        pthread_mutex_unlock(&bell->mutex);
        return NULL;
}

static void a_wait_ends_by_its_time(void **state)
{
        struct bell bell;
        int64_t until_us = clock_monotonic_us() + SHORT_US;

        bell_init(&bell);
        pthread_mutex_lock(&bell.mutex);
        while (condition_wait_until(&bell.rung, &bell.mutex, until_us))
                continue;
        assert_true(clock_monotonic_us() >= until_us);
        assert_false(condition_wait_until(&bell.rung, &bell.mutex, until_us));
        pthread_mutex_unlock(&bell.mutex);
        bell_release(&bell);
}

static void it_ends_when_it_is_woken(void **state)
{
        struct bell bell;
        pthread_t ringer;
        int64_t begin_us = clock_monotonic_us();
        bool in_time = true;

        bell_init(&bell);
        pthread_mutex_lock(&bell.mutex);
        assert_int_equal(pthread_create(&ringer, NULL, ring, &bell), 0);
        while (!bell.ringing && in_time)
                in_time = condition_wait_until(&bell.rung, &bell.mutex, begin_us + LONG_US);
        pthread_mutex_unlock(&bell.mutex);
        assert_true(in_time);
        assert_int_equal(pthread_join(ringer, NULL), 0);
        bell_release(&bell);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_wait_ends_by_its_time),
                cmocka_unit_test(it_ends_when_it_is_woken),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
