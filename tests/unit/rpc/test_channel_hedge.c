/* Reads that are asked a second time, of another server or of the same. */
#include "tests/unit/rpc/channel_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include "lib/base/clock.h"

#define HEDGE_MS 100 /* on a machine that others use too */

static void open_hedging(struct second *second, struct fixture *f)
{
        second_open(second, f);
        open_channel(f, &(struct channel_options){.url = second->urls, .hedge_delay_ms = HEDGE_MS});
        assert_true(connected_soon(f, 2));
}

static void hang(struct second *second, struct fixture *f)
{
        atomic_store(&f->echo.hanging, true);
        atomic_store(&second->echo.hanging, true);
}

/* Parked reads cannot be dropped by the service, so they are counted instead. */
static void test_the_second_answers(void **state)
{
        struct fixture *f = *state;
        struct second second = {0};

        open_hedging(&second, f);
        atomic_store(&f->echo.hanging, true);
        int64_t start_us = clock_monotonic_us();
        struct rpc_answer answer = ask(f, "echo.Read", "who?");

        assert_null(answer.error);
        assert_true(bytes_equal(answer.response, bytes_of_text("who?")));
        assert_true(clock_monotonic_us() - start_us >= 1000 * HEDGE_MS);
        assert_int_equal(atomic_load(&second.echo.reads), 1);
        assert_int_equal(stats_of(f).hedges, 1);
        /* On a busy machine the first question arrives after the second was answered. */
        for (int i = 0; i < 2000 && atomic_load(&f->echo.reads) == 0; i++)
                clock_sleep_us(10000);
        assert_int_equal(atomic_load(&f->echo.reads), 1);
        /* The first was cancelled with its server. */
        assert_true(parked_soon(&f->echo, 0));
        atomic_store(&f->echo.hanging, false);
        second_close(&second, f);
}

static void test_what_is_answered_in_time_is_asked_once(void **state)
{
        struct fixture *f = *state;
        struct second second = {0};

        open_hedging(&second, f);
        struct channel_call call = call_of("echo.Read", "x");
        struct rpc_answer answer;

        call.hedge_delay_ms = 3000;
        for (int i = 0; i < 50; i++)
                assert_int_equal(channel_call(f->channel, &call, &f->arena, &answer), OK);
        assert_int_equal(stats_of(f).hedges, 0);
        second_close(&second, f);
}

static void test_only_reads(void **state)
{
        struct fixture *f = *state;
        struct second second = {0};

        open_hedging(&second, f);
        assert_null(ask(f, "echo.Sleep", "300").error);
        struct channel_call call = call_of("echo.Read", "not this one");

        call.hedge_delay_ms = -1;
        call.timeout_ms = 300;
        atomic_store(&f->echo.hanging, true);
        struct rpc_answer answer;

        assert_int_equal(channel_call(f->channel, &call, &f->arena, &answer), DEADLINE_EXCEEDED);
        assert_int_equal(stats_of(f).hedges, 0);
        atomic_store(&f->echo.hanging, false);
        second_close(&second, f);
}

/* Nobody answers: as many second attempts as there are tokens, and one deadline over both. */
static void test_the_budget_and_the_deadline_hold(void **state)
{
        struct fixture *f = *state;
        struct second second = {0};
        struct crowd crowd;
        struct channel_call call = call_of("echo.Read", "x");

        open_hedging(&second, f);
        crowd_init(&crowd);
        hang(&second, f);
        call.hedge_delay_ms = 500; /* all must have left by then, also where others are at work */
        call.timeout_ms = 3000;
        for (int i = 0; i < 20; i++)
                channel_start(f->channel, &call, crowd_answered, &crowd);
        crowd_wait(&crowd, 20);
        assert_int_equal(crowd.by_code[DEADLINE_EXCEEDED], 20);
        /* Of ten tokens more than half stay; a call that left late is not asked again either. */
        assert_in_range(stats_of(f).hedges, 1, 4);
        crowd_release(&crowd);
        second_close(&second, f);
}

static void test_a_hedged_call_is_cancelled(void **state)
{
        struct fixture *f = *state;
        struct second second = {0};
        struct crowd crowd;
        struct channel_call call = call_of("echo.Read", "x");

        open_hedging(&second, f);
        crowd_init(&crowd);
        hang(&second, f);
        uint64_t number = channel_start(f->channel, &call, crowd_answered, &crowd);

        assert_true(parked_soon(&second.echo, 1));
        channel_cancel(f->channel, number);
        crowd_wait(&crowd, 1);
        assert_int_equal(crowd.by_code[CANCELLED], 1);
        assert_true(parked_soon(&second.echo, 0) && parked_soon(&f->echo, 0));
        crowd_release(&crowd);
        second_close(&second, f);
}

/* The first attempt fails for good while the second is out, which then is the call. */
static void test_the_second_outlives_the_first(void **state)
{
        struct fixture *f = *state;
        struct second second = {0};
        struct crowd crowd;
        struct channel_call call = call_of("echo.Read", "x");

        open_hedging(&second, f);
        open_channel(f, &(struct channel_options){
                                .url = second.urls, .hedge_delay_ms = HEDGE_MS, .attempts_max = 1});
        assert_true(connected_soon(f, 2));
        crowd_init(&crowd);
        hang(&second, f);
        uint64_t number = channel_start(f->channel, &call, crowd_answered, &crowd);

        assert_true(parked_soon(&second.echo, 1) && parked_soon(&f->echo, 1));
        echo_refuse_parked(&f->echo);
        clock_sleep_us(50000);
        assert_int_equal(crowd.answered, 0);
        uint64_t again = channel_start(f->channel, &call, crowd_answered, &crowd);

        channel_cancel(f->channel, again);
        crowd_wait(&crowd, 1);
        channel_cancel(f->channel, number); /* still its number */
        crowd_wait(&crowd, 2);
        assert_int_equal(crowd.by_code[CANCELLED], 2);
        crowd_release(&crowd);
        second_close(&second, f);
}

/* One server: the second attempt is a message of its own. */
static void test_one_server_is_asked_twice(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Read", "x");
        struct rpc_answer answer;

        call.hedge_delay_ms = HEDGE_MS;
        atomic_store(&f->echo.hanging, true);
        call.timeout_ms = 5000;
        struct crowd crowd;

        crowd_init(&crowd);
        channel_start(f->channel, &call, crowd_answered, &crowd);
        assert_true(parked_soon(&f->echo, 2));
        echo_release_parked(&f->echo);
        crowd_wait(&crowd, 1);
        assert_int_equal(crowd.by_code[OK], 1);
        crowd_release(&crowd);
        atomic_store(&f->echo.hanging, false);
        call.deadline_us = clock_monotonic_us() - 1;
        channel_call(f->channel, &call, &f->arena, &answer);
        assert_failed(&answer, DEADLINE_EXCEEDED, "NO_TIME_LEFT");
        call.deadline_us = clock_monotonic_us() + 50000;
        call.hedge_delay_ms = 0;
        atomic_store(&f->echo.hanging, true);
        channel_call(f->channel, &call, &f->arena, &answer);
        assert_failed(&answer, DEADLINE_EXCEEDED, "NO_ANSWER");
        atomic_store(&f->echo.hanging, false);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_SERVER(test_the_second_answers),
                WITH_SERVER(test_what_is_answered_in_time_is_asked_once),
                WITH_SERVER(test_only_reads),
                WITH_SERVER(test_the_budget_and_the_deadline_hold),
                WITH_SERVER(test_a_hedged_call_is_cancelled),
                WITH_SERVER(test_the_second_outlives_the_first),
                WITH_SERVER(test_one_server_is_asked_twice),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
