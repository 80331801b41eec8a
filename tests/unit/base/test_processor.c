/* A thread stays where it is for a second and is free between two; one that gives way does so
 * alone. */
#include "tests/unit/base/cmocka_all.h"

#include "lib/base/processor.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

static int allowed_now(cpu_set_t *set)
{
        assert_int_equal(sched_getaffinity(0, sizeof(*set), set), 0);
        return CPU_COUNT(set);
}

static void a_thread_stays_for_a_second(void **state)
{
        struct processor_stay stay = {0};
        cpu_set_t before, now;
        int count = allowed_now(&before);

        if (count < 2)
                skip();
        assert_int_equal(allowed_now(&now), count);
        processor_stay(&stay, 5);
        assert_int_equal(allowed_now(&now), 1);
        processor_stay(&stay, 4 + PROCESSOR_STAY_US);
        assert_int_equal(allowed_now(&now), 1);
        processor_stay(&stay, 5 + PROCESSOR_STAY_US);
        assert_true(CPU_EQUAL(&before, (allowed_now(&now), &now)));
        processor_stay(&stay, 6 + PROCESSOR_STAY_US);
        assert_int_equal(allowed_now(&now), 1);
        processor_stay(&stay, 6 + 2 * PROCESSOR_STAY_US);
        assert_int_equal(allowed_now(&now), count);
}

/* Of twenty attempts one finds it where it was put: the kernel may move it just then. */
static bool stays_on(int processor, const cpu_set_t *all)
{
        for (int i = 0; i < 20; i++) {
                struct processor_stay stay = {0};
                cpu_set_t one, now;

                CPU_ZERO(&one);
                CPU_SET(processor, &one);
                assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
                assert_int_equal(sched_setaffinity(0, sizeof(*all), all), 0);
                processor_stay(&stay, 5);
                assert_int_equal(sched_getaffinity(0, sizeof(now), &now), 0);
                assert_int_equal(sched_setaffinity(0, sizeof(*all), all), 0);
                if (CPU_EQUAL(&one, &now))
                        return true;
        }
        return false;
}

static void a_thread_stays_where_it_is(void **state)
{
        cpu_set_t all;

        if (allowed_now(&all) < 2)
                skip();
        for (int processor = 0; processor < CPU_SETSIZE; processor++)
                if (CPU_ISSET(processor, &all))
                        assert_true(stays_on(processor, &all));
}

static void what_somebody_else_chose_is_kept_to(void **state)
{
        struct processor_stay stay = {0};
        cpu_set_t all, first, others, now;

        if (allowed_now(&all) < 2)
                skip();
        processor_stay(&stay, 5);
        allowed_now(&first);
        CPU_XOR(&others, &all, &first);
        assert_int_equal(sched_setaffinity(0, sizeof(others), &others), 0);
        for (int64_t i = 1; i < 4; i++) {
                processor_stay(&stay, 5 + i * PROCESSOR_STAY_US);
                allowed_now(&now);
                CPU_AND(&now, &now, &first);
                assert_int_equal(CPU_COUNT(&now), 0);
        }
        assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
}

static int niceness_now(void)
{
        return getpriority(PRIO_PROCESS, (id_t)gettid());
}

static void *give_way(void *niceness)
{
        processor_give_way(1);
        processor_give_way(2);
        *(int *)niceness = niceness_now();
        return NULL;
}

static void a_thread_gives_way_by_itself(void **state)
{
        int before = niceness_now(), there = 0;
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, give_way, &there), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(there, before + 3);
        assert_int_equal(niceness_now(), before);
}

/* Who runs shopd under taskset(1) on one processor is not overruled. */
static void where_one_is_allowed_nothing_is_asked(void **state)
{
        struct processor_stay stay = {0};
        cpu_set_t before, one, now;

        allowed_now(&before);
        CPU_ZERO(&one);
        CPU_SET(sched_getcpu(), &one);
        assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
        processor_stay(&stay, 5);
        assert_false(stay.kept);
        assert_int_equal(allowed_now(&now), 1);
        assert_true(CPU_EQUAL(&one, &now));
        assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_thread_stays_for_a_second),
                cmocka_unit_test(a_thread_stays_where_it_is),
                cmocka_unit_test(what_somebody_else_chose_is_kept_to),
                cmocka_unit_test(a_thread_gives_way_by_itself),
                cmocka_unit_test(where_one_is_allowed_nothing_is_asked),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
