/* A channel to two servers: who is called, and what happens when one goes, stops or comes back. */
#include "tests/unit/rpc/channel_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include "lib/base/clock.h"

/* The fixture's server is the first, this one the second. */
struct second {
        struct echo echo;
        struct rpc_server *server;
        char urls[160];
};

static void second_open(struct second *second, struct fixture *f)
{
        echo_start(&second->echo, 2000);
        assert_int_equal(rpc_server_open(&second->server,
                                 &(struct rpc_server_options){.url = "tcp://127.0.0.1:0"},
                                 &second->echo.service, &f->error),
                OK);
        snprintf(second->urls, sizeof(second->urls), "%s,%s", f->url,
                rpc_server_url(second->server));
}

static void second_close(struct second *second, struct fixture *f)
{
        channel_close(f->channel);
        f->channel = NULL;
        echo_stop(&second->echo);
        rpc_server_close(second->server);
}

static bool connected_soon(struct fixture *f, uint64_t connects)
{
        struct channel_stats stats = {0};

        for (int i = 0; i < 300 && stats.connects < connects; i++) {
                clock_sleep_us(10000);
                channel_stats(f->channel, &stats);
        }
        return stats.connects >= connects;
}

static void ask_many(struct fixture *f, const char *method, int count)
{
        for (int i = 0; i < count; i++)
                assert_null(ask(f, method, "x").error);
}

static void test_the_first_is_called(void **state)
{
        struct fixture *f = *state;
        struct second second = {0};

        second_open(&second, f);
        open_channel(f, &(struct channel_options){.url = second.urls});
        assert_true(connected_soon(f, 2));
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

        second_open(&second, f);
        open_channel(f, &(struct channel_options){.url = second.urls});
        assert_true(connected_soon(f, 2));
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

        second_open(&second, f);
        open_channel(f, &(struct channel_options){.url = second.urls});
        assert_true(connected_soon(f, 2));
        ask_many(f, "echo.Write", 3);
        rpc_server_drain(f->server, 10);
        int64_t start_us = clock_monotonic_us();

        ask_many(f, "echo.Write", 20);
        assert_true(clock_monotonic_us() - start_us < 90000);
        clock_sleep_us(120000); /* longer than it asked to be left alone */
        ask_many(f, "echo.Write", 5);
        assert_int_equal(atomic_load(&second.echo.writes), 25);
        struct rpc_server_stats stats;

        rpc_server_stats(f->server, &stats);
        assert_int_equal(stats.rejected, 1);
        second_close(&second, f);
}

/* Reads take turns; a server that was gone is asked for its health before it takes part again. */
static void test_who_is_back_is_asked_first(void **state)
{
        struct fixture *f = *state;
        struct second second = {0};
        struct channel_stats stats;

        second_open(&second, f);
        open_channel(f, &(struct channel_options){.url = second.urls,
                                .reads = READS_IN_TURN,
                                .health_method = "echo.Health",
                                .health_answer = bytes_of_text("well")});
        assert_true(connected_soon(f, 2));
        ask_many(f, "echo.Read", 10);
        channel_stats(f->channel, &stats);
        assert_int_equal(stats.probes, 0);
        atomic_store(&f->echo.ill, true);
        close_server(f);
        ask_many(f, "echo.Read", 10);
        open_server(f, f->url);
        assert_true(connected_soon(f, 3));
        clock_sleep_us(250000); /* asked, and asked again */
        ask_many(f, "echo.Read", 10);
        assert_int_equal(atomic_load(&second.echo.reads), 25);
        channel_stats(f->channel, &stats);
        assert_in_range(stats.probes, 2, 5);
        atomic_store(&f->echo.ill, false);
        clock_sleep_us(250000);
        ask_many(f, "echo.Read", 10);
        assert_int_equal(atomic_load(&second.echo.reads), 30);
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
