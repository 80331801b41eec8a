/* Timers against a plain list of them, and the arithmetic of retries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <stdlib.h>
#include "lib/rpc/retry.h"
#include "lib/rpc/wheel.h"

#define TIMER_COUNT 500

struct model {
        struct wheel wheel;
        struct wheel_timer timers[TIMER_COUNT];
        int64_t due_us[TIMER_COUNT]; /* 0: not in the wheel */
        struct random random;
        int64_t now_us;
};

static void add_some(struct model *m)
{
        for (int i = 0; i < 20; i++) {
                size_t n = random_below(&m->random, TIMER_COUNT);
                int64_t longest_us = random_below(&m->random, 4) == 0 ? 40000000 : 200000;

                if (m->due_us[n] != 0) {
                        wheel_remove(&m->wheel, &m->timers[n]);
                        m->due_us[n] = 0;
                        continue;
                }
                /* Some are late already: who adds them looked at the clock a moment ago. */
                m->due_us[n] =
                        m->now_us - 5000 + (int64_t)random_below(&m->random, (uint64_t)longest_us);
                wheel_add(&m->wheel, &m->timers[n], m->due_us[n]);
        }
}

static void take_due(struct model *m)
{
        struct wheel_timer *timer;

        while ((timer = wheel_take(&m->wheel, m->now_us)) != NULL) {
                size_t n = (size_t)(timer - m->timers);

                assert_true(m->due_us[n] != 0 && m->due_us[n] <= m->now_us);
                m->due_us[n] = 0;
        }
}

/* Whoever sleeps until wheel_next_us wakes in time, also for timers added since the last look. */
static void check_next(const struct model *m)
{
        int64_t first_us = INT64_MAX;

        for (size_t n = 0; n < TIMER_COUNT; n++)
                if (m->due_us[n] != 0 && m->due_us[n] < first_us)
                        first_us = m->due_us[n];
        if (first_us == INT64_MAX)
                return;
        if (first_us < m->now_us)
                first_us = m->now_us;
        assert_true(wheel_next_us(&m->wheel) <= first_us + 2 * WHEEL_TICK_US);
}

static size_t check_rest(const struct model *m)
{
        int64_t first_us = INT64_MAX;
        size_t count = 0;

        for (size_t n = 0; n < TIMER_COUNT; n++) {
                if (m->due_us[n] == 0)
                        continue;
                /* None is forgotten for more than two ticks. */
                assert_true(m->due_us[n] > m->now_us - 2 * WHEEL_TICK_US);
                if (m->due_us[n] < first_us)
                        first_us = m->due_us[n];
                count++;
        }
        if (count > 0) {
                assert_true(wheel_next_us(&m->wheel) > m->now_us);
                assert_true(wheel_next_us(&m->wheel) <= first_us + 2 * WHEEL_TICK_US);
        } else {
                assert_true(wheel_next_us(&m->wheel) == INT64_MAX);
        }
        return count;
}

static void test_timers_ring_once_and_in_time(void **state)
{
        struct model *m = calloc(1, sizeof(*m));

        random_seed(&m->random, 3);
        m->now_us = 123456789;
        wheel_init(&m->wheel, m->now_us);
        for (int step = 0; step < 5000; step++) {
                add_some(m);
                check_next(m);
                m->now_us += (int64_t)random_below(&m->random, step % 50 == 0 ? 30000000 : 30000);
                take_due(m);
                assert_int_equal(check_rest(m), m->wheel.count);
        }
        m->now_us += 60000000;
        take_due(m);
        assert_int_equal(check_rest(m), 0);
        free(m);
}

static struct error error_of(enum status code, const char *reason, int64_t retry_after_ms)
{
        return (struct error){.code = code, .reason = reason, .retry_after_ms = retry_after_ms};
}

static void test_what_is_repeated(void **state)
{
        const struct {
                struct error error;
                enum retry_verdict verdict;
        } cases[] = {
                {error_of(UNAVAILABLE, "SERVER_DRAINING", 100), RETRY_LATER},
                {error_of(UNAVAILABLE, "CONNECTION_LOST", 0), RETRY_LATER},
                {error_of(UNAVAILABLE, "REPLY_DEFERRED", 0), RETRY_ALONE},
                {error_of(RESOURCE_EXHAUSTED, "SERVER_BUSY", 50), RETRY_LATER},
                {error_of(RESOURCE_EXHAUSTED, "REPLY_TOO_LARGE", 0), RETRY_NEVER},
                {error_of(NOT_FOUND, "CART_NOT_FOUND", 0), RETRY_NEVER},
                {error_of(DEADLINE_EXCEEDED, "TOO_LATE", 0), RETRY_NEVER},
                {error_of(INTERNAL, "BROKEN", 0), RETRY_NEVER},
                /* Advice alone does not make a call repeatable. */
                {error_of(ABORTED, "CONFLICT", 50), RETRY_NEVER},
                {error_of(DEADLINE_EXCEEDED, "TOO_LATE", 50), RETRY_NEVER},
                {error_of(FAILED_PRECONDITION, "CART_EMPTY", 50), RETRY_NEVER},
                {error_of(UNAUTHENTICATED, "TOKEN_EXPIRED", 50), RETRY_NEVER},
                {error_of(CANCELLED, "CALL_CANCELLED", 50), RETRY_NEVER},
                {error_of(UNKNOWN, "", 0), RETRY_NEVER},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                assert_int_equal(retry_judge(&cases[i].error), cases[i].verdict);
}

static void test_budget(void **state)
{
        struct retry_budget budget;
        int allowed = 0;

        retry_budget_init(&budget);
        while (retry_budget_failure(&budget))
                allowed++;
        assert_int_equal(allowed, 4);
        for (int i = 0; i < 100; i++)
                assert_false(retry_budget_failure(&budget));
        for (int i = 0; i < 60; i++)
                retry_budget_success(&budget);
        assert_false(retry_budget_failure(&budget)); /* 6 tokens, less one, are half */
        for (int i = 0; i < 11; i++)
                retry_budget_success(&budget);
        assert_true(retry_budget_failure(&budget));
}

/* Half of a delay is chance, all of that half is used, and none of the server's advice. */
static void test_delays(void **state)
{
        static const struct {
                int attempt;
                int64_t advised_ms;
                int64_t least_us;
                int64_t most_us;
        } cases[] = {
                {1, 0, 20000, 40000}, {2, 0, 40000, 80000}, {3, 0, 80000, 160000},
                {6, 0, 640000, 1280000}, {7, 0, 1000000, 2000000}, /* the most */
                {90, 0, 1000000, 2000000}, {INT_MAX, 0, 1000000, 2000000}, {1, 100, 120000, 140000},
                {2, 100, 140000, 180000},
                {1, 60000, 60020000, 60040000}, /* advice has no such limit: the deadline has */
        };
        struct random random;

        random_seed(&random, 1);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                int64_t span_us = cases[i].most_us - cases[i].least_us;
                int64_t least_us = INT64_MAX, most_us = 0;

                for (int round = 0; round < 1000; round++) {
                        int64_t us = retry_delay_us(cases[i].attempt, cases[i].advised_ms, &random);

                        assert_in_range(us, cases[i].least_us, cases[i].most_us);
                        least_us = us < least_us ? us : least_us;
                        most_us = us > most_us ? us : most_us;
                }
                assert_true(least_us < cases[i].least_us + span_us / 50);
                assert_true(most_us > cases[i].most_us - span_us / 50);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_timers_ring_once_and_in_time),
                cmocka_unit_test(test_what_is_repeated),
                cmocka_unit_test(test_budget),
                cmocka_unit_test(test_delays),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
