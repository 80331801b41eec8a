/* The channel when servers go, come, refuse and are late: what is repeated and what is not. */
#include "tests/unit/rpc/channel_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"

#define LATE_US 5000000 /* half the time that a call has by itself */

static void test_deadline(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Wait", "");
        struct rpc_answer answer;
        int64_t start_us;

        assert_null(ask(f, "echo.Read", "connected").error);
        start_us = clock_monotonic_us();
        call.timeout_ms = 80;
        assert_int_equal(channel_call(f->channel, &call, &f->arena, &answer), DEADLINE_EXCEEDED);
        assert_failed(&answer, DEADLINE_EXCEEDED, "NO_ANSWER");
        assert_non_null(strstr(answer.error->message, f->url));
        assert_in_range(clock_monotonic_us() - start_us, 80000, LATE_US);
        assert_null(ask(f, "echo.Read", "next").error);
}

/* A message that nobody waits for any more must not keep its place. */
static void test_unanswered_calls_do_not_block_their_lane(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Hang", "");
        struct rpc_answer answer;

        assert_null(ask(f, "echo.Read", "connected").error);
        call.timeout_ms = 40;
        for (int i = 0; i < 4; i++)
                assert_int_equal(
                        channel_call(f->channel, &call, &f->arena, &answer), DEADLINE_EXCEEDED);
        assert_null(ask(f, "echo.Read", "next").error);
}

static void *close_in_background(void *context)
{
        close_server(context);
        return NULL;
}

/* The transport must not repeat a message behind our back. */
static void test_lost_connection_is_reported(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Wait", "");
        struct crowd crowd;
        pthread_t closing;

        open_channel(f, &(struct channel_options){.url = f->url, .attempts_max = 1});
        crowd_init(&crowd);
        channel_start(f->channel, &call, crowd_answered, &crowd);
        assert_true(parked_soon(&f->echo, 1));
        pthread_create(&closing, NULL, close_in_background, f);
        crowd_wait(&crowd, 1);
        assert_int_equal(crowd.by_code[UNAVAILABLE], 1);
        assert_string_equal(crowd.last_reason, "CONNECTION_LOST");
        echo_release_parked(&f->echo);
        pthread_join(closing, NULL);
        crowd_release(&crowd);
}

static void test_cancel(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Wait", "");
        struct crowd crowd;

        crowd_init(&crowd);
        uint64_t first = channel_start(f->channel, &call, crowd_answered, &crowd);
        uint64_t second = channel_start(f->channel, &call, crowd_answered, &crowd);

        assert_true(first != 0 && second != 0 && first != second);
        channel_cancel(f->channel, first);
        crowd_wait(&crowd, 1);
        assert_int_equal(crowd.by_code[CANCELLED], 1);
        /* The number has ended: nothing happens, not even to the call that took its place. */
        channel_start(f->channel, &call, crowd_answered, &crowd);
        channel_cancel(f->channel, first);
        channel_cancel(f->channel, 0);
        channel_cancel(f->channel, UINT64_MAX);
        /* The first may have been called back before it left, or be parked over there. */
        for (int i = 0; i < 500 && crowd_count(&crowd, OK) < 2; i++) {
                clock_sleep_us(10000);
                echo_release_parked(&f->echo);
        }
        crowd_wait(&crowd, 3);
        assert_int_equal(crowd.by_code[OK], 2);
        crowd_release(&crowd);
}

/* Only the one that was named; and nobody's by a Cancel that names no channel. */
static void test_cancelled_calls_leave_the_server(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Wait", "");
        uint64_t numbers[3];
        struct crowd crowd;

        crowd_init(&crowd);
        for (int i = 0; i < 3; i++)
                numbers[i] = channel_start(f->channel, &call, crowd_answered, &crowd);
        assert_true(parked_soon(&f->echo, 3));
        channel_cancel(f->channel, numbers[1]);
        assert_true(parked_soon(&f->echo, 2));
        struct rpc_answer answer = ask(f, RPC_CANCEL, "");

        assert_failed(&answer, INVALID_ARGUMENT, "MALFORMED_CANCEL");
        assert_int_equal(echo_parked(&f->echo), 2);
        echo_release_parked(&f->echo);
        crowd_wait(&crowd, 3);
        assert_int_equal(crowd.by_code[OK], 2);
        assert_int_equal(crowd.by_code[CANCELLED], 1);
        crowd_release(&crowd);
}

/* Its calls go with it; those of another stay. */
static void test_calls_of_a_client_that_disappears_are_dropped(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Wait", "");
        struct channel *other;
        struct crowd crowd;

        crowd_init(&crowd);
        assert_int_equal(
                channel_open(&other, &(struct channel_options){.url = f->url}, &f->error), OK);
        channel_start(f->channel, &call, crowd_answered, &crowd);
        for (int i = 0; i < 4; i++)
                channel_start(other, &call, crowd_answered, &crowd);
        assert_true(parked_soon(&f->echo, 5));
        channel_close(other);
        assert_true(parked_soon(&f->echo, 1));
        echo_release_parked(&f->echo);
        crowd_wait(&crowd, 5);
        assert_int_equal(crowd.by_code[OK], 1);
        crowd_release(&crowd);
}

static void test_close_ends_open_calls(void **state)
{
        struct fixture *f = *state;
        struct crowd crowd;

        crowd_init(&crowd);
        for (int i = 0; i < 40; i++) {
                struct channel_call call = call_of(i % 2 ? "echo.Wait" : "echo.Sleep", "5");

                channel_start(f->channel, &call, crowd_answered, &crowd);
        }
        channel_close(f->channel);
        f->channel = NULL;
        assert_int_equal(crowd.answered, 40);
        assert_true(crowd.by_code[CANCELLED] >= 20);
        assert_int_equal(crowd.by_code[CANCELLED] + crowd.by_code[OK], 40);
        crowd_release(&crowd);
}

static void test_dead_server_is_named(void **state)
{
        struct fixture *f = *state;

        close_server(f);
        open_channel(f, &(struct channel_options){.url = f->url, .connect_timeout_ms = 150});
        int64_t start_us = clock_monotonic_us();
        struct rpc_answer answer = ask(f, "echo.Read", "anyone?");

        assert_failed(&answer, UNAVAILABLE, "NOT_CONNECTED");
        assert_non_null(strstr(answer.error->message, f->url));
        assert_in_range(clock_monotonic_us() - start_us, 150000, LATE_US);
}

static void test_call_waits_for_a_server_that_comes(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Write", "patience");
        struct crowd crowd;

        close_server(f);
        open_channel(f, &(struct channel_options){.url = f->url});
        crowd_init(&crowd);
        for (int i = 0; i < 3; i++)
                channel_start(f->channel, &call, crowd_answered, &crowd);
        clock_sleep_us(100000);
        assert_int_equal(crowd.answered, 0);
        open_server(f, f->url);
        crowd_wait(&crowd, 3);
        assert_int_equal(crowd.by_code[OK], 3);
        assert_int_equal(atomic_load(&f->echo.writes), 3);
        crowd_release(&crowd);
}

/* What was given up before it left must not run when the server comes. */
static void test_given_up_calls_do_not_run_later(void **state)
{
        struct fixture *f = *state;
        struct channel_call brief = call_of("echo.Write", "brief");
        struct channel_call patient = call_of("echo.Write", "patient");
        struct crowd crowd;

        close_server(f);
        open_channel(f, &(struct channel_options){.url = f->url});
        crowd_init(&crowd);
        brief.timeout_ms = 60;
        channel_start(f->channel, &brief, crowd_answered, &crowd);
        channel_start(f->channel, &patient, crowd_answered, &crowd);
        crowd_wait(&crowd, 1);
        open_server(f, f->url);
        crowd_wait(&crowd, 2);
        assert_int_equal(crowd.by_code[OK], 1);
        clock_sleep_us(50000);
        assert_int_equal(atomic_load(&f->echo.writes), 1);
        crowd_release(&crowd);
}

static void *restart(void *context)
{
        struct fixture *f = context;

        rpc_server_drain(f->server, 20);
        /* What runs is answered into the void: its connection is gone. */
        close_server(f);
        clock_sleep_us(100000);
        open_server(f, f->url);
        return NULL;
}

/* Writes in flight when the server goes are repeated with the same request id. */
static void test_restart_loses_and_doubles_nothing(void **state)
{
        struct fixture *f = *state;
        pthread_t restarting;
        struct crowd crowd;

        crowd_init(&crowd);
        assert_null(ask(f, "echo.Read", "connected").error);
        for (int i = 0; i < 200; i++) {
                struct channel_call call = call_of("echo.Write", "w");

                if (i == 100)
                        pthread_create(&restarting, NULL, restart, f);
                channel_start(f->channel, &call, crowd_answered, &crowd);
                clock_sleep_us(500);
        }
        pthread_join(restarting, NULL);
        crowd_wait(&crowd, 200);
        assert_int_equal(crowd.by_code[OK], 200);
        assert_int_equal(f->echo.id_count, 200);
        /* On a machine that was busy all of them may have gone out before the restart. */
        assert_null(ask(f, "echo.Read", "reconnected").error);
        assert_int_equal(stats_of(f).connects, 2);
        crowd_release(&crowd);
}

/* Asking again and again costs nothing while a server says that it stops. */
static void test_a_long_stop_fails_no_call(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Write", "w");
        struct crowd crowd;

        assert_null(ask(f, "echo.Read", "connected").error);
        rpc_server_drain(f->server, 10);
        crowd_init(&crowd);
        for (int i = 0; i < 20; i++)
                channel_start(f->channel, &call, crowd_answered, &crowd);
        clock_sleep_us(1300000);
        assert_int_equal(crowd.answered, 0);
        close_server(f);
        open_server(f, f->url);
        crowd_wait(&crowd, 20);
        assert_int_equal(crowd.by_code[OK], 20);
        crowd_release(&crowd);
}

static void test_idle_connection_that_was_cut(void **state)
{
        struct fixture *f = *state;

        for (int i = 0; i < 3; i++) {
                assert_null(ask(f, "echo.Read", "before").error);
                close_server(f);
                open_server(f, f->url);
                assert_null(ask(f, "echo.Read", "after").error);
        }
}

/* Those that wait for an answer are not idle. */
static void test_connections_that_say_nothing_end(void **state)
{
        struct fixture *f = *state;
        struct channel_call wait = call_of("echo.Wait", "");
        struct rpc_server_stats stats;
        struct crowd crowd;

        close_server(f);
        open_server_with(f,
                &(struct rpc_server_options){.url = "tcp://127.0.0.1:0", .idle_timeout_ms = 100});
        open_channel(f, &(struct channel_options){.url = f->url});
        wait.lane = LANE_WAIT;
        crowd_init(&crowd);
        channel_start(f->channel, &wait, crowd_answered, &crowd);
        assert_true(parked_soon(&f->echo, 1));
        rpc_server_stats(f->server, &stats);
        uint64_t before = stats.reaped; /* one may have connected long before it was heard */

        clock_sleep_us(400000);
        rpc_server_stats(f->server, &stats);
        assert_int_equal(stats.reaped, before);
        echo_release_parked(&f->echo);
        crowd_wait(&crowd, 1);
        assert_int_equal(crowd.by_code[OK], 1);
        for (uint64_t i = before; i < before + 3; i++) {
                for (int tries = 0; tries < 1000 && stats.reaped <= i; tries++) {
                        clock_sleep_us(20000);
                        rpc_server_stats(f->server, &stats);
                }
                assert_true(stats.reaped > i);
                assert_null(ask(f, "echo.Read", "the next one").error);
        }
        crowd_release(&crowd);
}

static void test_failures_are_repeated(void **state)
{
        struct fixture *f = *state;

        atomic_store(&f->echo.fail_first, 3);
        assert_null(ask(f, "echo.Flaky", "x").error);
        assert_int_equal(stats_of(f).retries, 3);
}

static void test_attempts_end(void **state)
{
        struct fixture *f = *state;

        open_channel(f, &(struct channel_options){.url = f->url, .attempts_max = 3});
        atomic_store(&f->echo.fail_first, 1000);
        struct rpc_answer answer = ask(f, "echo.Flaky", "x");

        assert_failed(&answer, UNAVAILABLE, "TRY_AGAIN");
        assert_int_equal(atomic_load(&f->echo.fail_first), 997);
}

/* One time-out for all attempts: none begins that could not end in time. */
static void test_deadline_is_over_all_attempts(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Flaky", "x");
        struct rpc_answer answer;

        open_channel(f, &(struct channel_options){.url = f->url, .attempts_max = 1000});
        assert_null(ask(f, "echo.Read", "connected").error);
        atomic_store(&f->echo.fail_first, 100000);
        call.timeout_ms = 110;
        int64_t start_us = clock_monotonic_us();

        channel_call(f->channel, &call, &f->arena, &answer);
        assert_non_null(answer.error);
        assert_true(clock_monotonic_us() - start_us < LATE_US);
        /* Delays of at least 25, 45 and 85 ms: the third repetition would be too late. */
        assert_true(stats_of(f).retries <= 2);
}

static void test_budget_ends_repetition(void **state)
{
        struct fixture *f = *state;

        for (int i = 0; i < 10; i++) {
                struct rpc_answer answer = ask(f, "echo.Refuse", "x");

                assert_failed(&answer, RESOURCE_EXHAUSTED, "SERVER_BUSY");
        }
        /* 4 repetitions by the budget, not 4 for each of 10 calls. */
        assert_int_equal(atomic_load(&f->echo.reads), 14);
}

/* Twelve messages that were under way together are one failure. */
static void test_what_failed_together_costs_once(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Wait", "x");
        struct crowd crowd;

        crowd_init(&crowd);
        for (int i = 0; i < 12; i++)
                channel_start(f->channel, &call, crowd_answered, &crowd);
        assert_true(parked_soon(&f->echo, 12));
        echo_refuse_parked(&f->echo);
        assert_true(parked_soon(&f->echo, 12));
        assert_int_equal(stats_of(f).retries, 12);
        echo_release_parked(&f->echo);
        crowd_wait(&crowd, 12);
        assert_int_equal(crowd.by_code[OK], 12);
        crowd_release(&crowd);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_SERVER(test_deadline),
                WITH_SERVER(test_unanswered_calls_do_not_block_their_lane),
                WITH_SERVER(test_lost_connection_is_reported),
                WITH_SERVER(test_cancel),
                WITH_SERVER(test_cancelled_calls_leave_the_server),
                WITH_SERVER(test_calls_of_a_client_that_disappears_are_dropped),
                WITH_SERVER(test_close_ends_open_calls),
                WITH_SERVER(test_dead_server_is_named),
                WITH_SERVER(test_call_waits_for_a_server_that_comes),
                WITH_SERVER(test_given_up_calls_do_not_run_later),
                WITH_SERVER(test_restart_loses_and_doubles_nothing),
                WITH_SERVER(test_a_long_stop_fails_no_call),
                WITH_SERVER(test_idle_connection_that_was_cut),
                WITH_SERVER(test_connections_that_say_nothing_end),
                WITH_SERVER(test_failures_are_repeated),
                WITH_SERVER(test_attempts_end),
                WITH_SERVER(test_deadline_is_over_all_attempts),
                WITH_SERVER(test_budget_ends_repetition),
                WITH_SERVER(test_what_failed_together_costs_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
