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
        struct processor_stay stay;
        cpu_set_t before, now;
        int count = allowed_now(&before);

        if (count < 2)
                skip();
        processor_stay_init(&stay);
        assert_int_equal(allowed_now(&now), count);
        processor_stay(&stay, 5);
        assert_int_equal(allowed_now(&now), 1);
        assert_true(CPU_ISSET(sched_getcpu(), &now));
        processor_stay(&stay, 4 + PROCESSOR_STAY_US);
        assert_int_equal(allowed_now(&now), 1);
        processor_stay(&stay, 5 + PROCESSOR_STAY_US);
        assert_true(CPU_EQUAL(&before, (allowed_now(&now), &now)));
        processor_stay(&stay, 6 + PROCESSOR_STAY_US);
        assert_int_equal(allowed_now(&now), 1);
        processor_stay(&stay, 6 + 2 * PROCESSOR_STAY_US);
        assert_int_equal(allowed_now(&now), count);
}

static int niceness_now(void)
{
        return getpriority(PRIO_PROCESS, (id_t)gettid());
}

static void *give_way(void *niceness)
{
        processor_give_way(niceness_now() + 3);
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
        struct processor_stay stay;
        cpu_set_t before, one, now;

        allowed_now(&before);
        CPU_ZERO(&one);
        CPU_SET(sched_getcpu(), &one);
        assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
        processor_stay_init(&stay);
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
                cmocka_unit_test(a_thread_gives_way_by_itself),
                cmocka_unit_test(where_one_is_allowed_nothing_is_asked),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
