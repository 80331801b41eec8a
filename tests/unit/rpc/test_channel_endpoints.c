/* A channel to two servers: who is called, and what happens when one goes, stops or comes back. */
#include "tests/unit/rpc/channel_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include "lib/base/clock.h"

#define STOP_PAUSE_US  100000 /* for which a stopping server asks to be left alone */
#define PROBE_PAUSE_US 100000 /* between two questions how somebody is */

static void ask_many(struct fixture *f, const char *method, int count)
{
        for (int i = 0; i < count; i++)
                assert_null(ask(f, method, "x").error);
}

static void open_both(struct second *second, struct fixture *f)
{
        second_open(second, f);
        open_channel(f, &(struct channel_options){.url = second->urls});
        assert_true(connected_soon(f, 2));
}

static void test_the_first_is_called(void **state)
{
        struct fixture *f = *state;
        struct second second = {0};

        open_both(&second, f);
        ask_many(f, "echo.Read", 10);
        ask_many(f, "echo.Write", 10);
        assert_int_equal(atomic_load(&f->echo.reads), 10);
        assert_int_equal(atomic_load(&f->echo.writes), 10);
        second_close(&second, f);
}

/* Over to the second, and there to stay when the first has returned; no call fails. */
static void test_fail_over(void **state)
{
        struct fixture *f = *state;
        struct second second = {0};

        open_both(&second, f);
        ask_many(f, "echo.Write", 3);
        close_server(f);
        ask_many(f, "echo.Write", 5);
        ask_many(f, "echo.Read", 5);
        assert_int_equal(atomic_load(&second.echo.writes), 5);
        assert_int_equal(atomic_load(&second.echo.reads), 5);
        open_server(f, f->url);
        assert_true(connected_soon(f, 3));
        ask_many(f, "echo.Write", 4);
        assert_int_equal(atomic_load(&f->echo.writes), 3);
        assert_int_equal(atomic_load(&second.echo.writes), 9);
        second_close(&second, f);
}

static void test_reads_in_turn(void **state)
{
        struct fixture *f = *state;
        struct second second = {0};

        second_open(&second, f);
        open_channel(f, &(struct channel_options){.url = second.urls, .reads = READS_IN_TURN});
        assert_true(connected_soon(f, 2));
        ask_many(f, "echo.Write", 6);
        ask_many(f, "echo.Read", 20);
        assert_int_equal(atomic_load(&f->echo.writes), 6);
        assert_int_equal(atomic_load(&f->echo.reads), 10);
        assert_int_equal(atomic_load(&second.echo.reads), 10);
        /* What was seen of one is asked of the other. */
        assert_int_equal(atomic_load(&second.echo.min_sequence_seen), 6);
        second_close(&second, f);
}

/* A server that says it stops is left at once, and not returned to while it does. */
static void test_a_stopping_server_is_left(void **state)
{
        struct fixture *f = *state;
        struct second second = {0};

        open_both(&second, f);
        ask_many(f, "echo.Write", 3);
        rpc_server_drain(f->server, 10);
        int64_t start_us = clock_monotonic_us();

        ask_many(f, "echo.Write", 20);
        /* None waited the 100 ms that the server asks to be left alone. */
        assert_true(clock_monotonic_us() - start_us < 20 * STOP_PAUSE_US);
        clock_sleep_us(STOP_PAUSE_US + 20000);
        ask_many(f, "echo.Write", 5);
        assert_int_equal(atomic_load(&second.echo.writes), 25);
        struct rpc_server_stats stats;

        rpc_server_stats(f->server, &stats);
        assert_int_equal(stats.rejected, 1);
        second_close(&second, f);
}

static void wait_for_probes(struct fixture *f, uint64_t probes)
{
        for (int i = 0; i < 2000 && stats_of(f).probes < probes; i++)
                clock_sleep_us(10000);
        assert_true(stats_of(f).probes >= probes);
}

/* Until the fixture's server takes part. */
static void ask_until_the_first_reads(struct fixture *f)
{
        int before = atomic_load(&f->echo.reads);

        for (int i = 0; i < 2000 && atomic_load(&f->echo.reads) == before; i++) {
                clock_sleep_us(10000);
                ask_many(f, "echo.Read", 1);
        }
        assert_true(atomic_load(&f->echo.reads) > before);
}

/* Reads take turns; a server that was gone is asked for its health before it takes part again. */
static void test_who_is_back_is_asked_first(void **state)
{
        struct fixture *f = *state;
        struct second second = {0};

        second_open(&second, f);
        open_channel(f, &(struct channel_options){.url = second.urls,
                                .reads = READS_IN_TURN,
                                .health_method = "echo.Health",
                                .health_answer = bytes_of_text("well")});
        assert_true(connected_soon(f, 2));
        ask_many(f, "echo.Read", 10);
        assert_int_equal(stats_of(f).probes, 0);
        atomic_store(&f->echo.ill, true);
        close_server(f);
        ask_many(f, "echo.Read", 10);
        int64_t start_us = clock_monotonic_us();

        open_server(f, f->url);
        wait_for_probes(f, 2); /* asked, and asked again */
        ask_many(f, "echo.Read", 10);
        assert_int_equal(atomic_load(&second.echo.reads), 25);
        uint64_t probes_max = 2 + (uint64_t)(clock_monotonic_us() - start_us) / PROBE_PAUSE_US;

        assert_in_range(stats_of(f).probes, 2, probes_max);
        atomic_store(&f->echo.ill, false);
        ask_until_the_first_reads(f);
        int before = atomic_load(&second.echo.reads);

        ask_many(f, "echo.Read", 10);
        assert_int_equal(atomic_load(&second.echo.reads), before + 5);
        second_close(&second, f);
}

/* Nobody is there at first; whoever comes is called. */
static void test_the_second_is_there(void **state)
{
        struct fixture *f = *state;
        struct second second = {0};

        second_open(&second, f);
        close_server(f);
        open_channel(f, &(struct channel_options){.url = second.urls});
        ask_many(f, "echo.Read", 3);
        assert_int_equal(atomic_load(&second.echo.reads), 3);
        rpc_server_close(second.server);
        second.server = NULL;
        open_channel(f, &(struct channel_options){.url = second.urls, .connect_timeout_ms = 100});
        struct rpc_answer answer = ask(f, "echo.Read", "anyone?");

        assert_failed(&answer, UNAVAILABLE, "NOT_CONNECTED");
        second_close(&second, f);
}

static void test_bad_lists(void **state)
{
        static const char *const urls[] = {"tcp://127.0.0.1:1,", ",tcp://127.0.0.1:1",
                "tcp://127.0.0.1:1,shop", "tcp://127.0.0.1:1, tcp://127.0.0.1:2"};
        struct fixture *f = *state;
        struct channel *channel;

        for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
                error_init(&f->error, &f->arena);
                assert_int_equal(channel_open(&channel, &(struct channel_options){.url = urls[i]},
                                         &f->error),
                        INVALID_ARGUMENT);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_SERVER(test_the_first_is_called),
                WITH_SERVER(test_fail_over),
                WITH_SERVER(test_reads_in_turn),
                WITH_SERVER(test_a_stopping_server_is_left),
                WITH_SERVER(test_who_is_back_is_asked_first),
                WITH_SERVER(test_the_second_is_there),
                WITH_SERVER(test_bad_lists),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
