/*
 * Closing while answers arrive. Version 1.5.2 of the transport waits for ever for a connection
 * that it closed between the head and the body of a message (lib/rpc/hang_up.h), and with it for
 * every other connection of the process: each round here closes in the middle of answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"
#include "lib/rpc/channel.h"
#include "tests/unit/rpc/echo_service.h"

#define ROUNDS_DEFAULT 250
#define CALLS          8

static size_t rounds(void)
{
        const char *text = getenv("CLOSE_ROUNDS");

        return text == NULL ? ROUNDS_DEFAULT : strtoul(text, NULL, 10);
}

static void count_answer(void *context, const struct rpc_answer *answer)
{
        atomic_fetch_add((atomic_size_t *)context, 1);
}

struct releaser {
        struct echo *echo;
        atomic_bool wanted;
        atomic_bool stopping;
};

static void *release_when_wanted(void *context)
{
        struct releaser *releaser = context;

        while (!atomic_load(&releaser->stopping))
                if (atomic_exchange(&releaser->wanted, false))
                        echo_release_parked(releaser->echo);
                else
                        clock_sleep_us(5);
        return NULL;
}

/* Answers come to calls that are parked, while their channel closes. */
static void close_among_answers(const char *url, struct releaser *releaser)
{
        struct channel_call call = {.method = "echo.Wait", .lane = LANE_WAIT};
        struct channel *channel;
        struct arena arena;
        struct error error;
        atomic_size_t answered = 0;

        arena_init(&arena);
        error_init(&error, &arena);
        assert_int_equal(channel_open(&channel, &(struct channel_options){.url = url}, &error), OK);
        for (int i = 0; i < CALLS; i++)
                channel_start(channel, &call, count_answer, &answered);
        while (echo_parked(releaser->echo) < CALLS)
                clock_sleep_us(20);
        atomic_store(&releaser->wanted, true);
        while (atomic_load(&answered) == 0)
                ;
        channel_close(channel);
        assert_int_equal(atomic_load(&answered), CALLS);
        while (echo_parked(releaser->echo) > 0)
                clock_sleep_us(20);
        arena_release(&arena);
}

static void test_answers_arrive(void **state)
{
        struct echo echo;
        struct releaser releaser = {.echo = &echo};
        struct rpc_server *server;
        struct arena arena;
        struct error error;
        pthread_t thread;

        arena_init(&arena);
        error_init(&error, &arena);
        echo_start(&echo, 100);
        assert_int_equal(
                rpc_server_open(&server, &(struct rpc_server_options){.url = "tcp://127.0.0.1:0"},
                        &echo.service, &error),
                OK);
        pthread_create(&thread, NULL, release_when_wanted, &releaser);
        for (size_t i = 0; i < rounds(); i++)
                close_among_answers(rpc_server_url(server), &releaser);
        atomic_store(&releaser.stopping, true);
        pthread_join(thread, NULL);
        echo_stop(&echo);
        rpc_server_close(server);
        echo_release(&echo);
        arena_release(&arena);
}

/* A channel that never rests. */
struct flood {
        struct channel *channel;
        atomic_size_t answered;
        atomic_size_t started;
        atomic_bool stopping;
};

static void ask_again(void *context, const struct rpc_answer *answer)
{
        struct channel_call call = {.method = "echo.Read", .lane = LANE_WAIT};
        struct flood *flood = context;

        if (!atomic_load(&flood->stopping)) {
                atomic_fetch_add(&flood->started, 1);
                channel_start(flood->channel, &call, ask_again, flood);
        }
        atomic_fetch_add(&flood->answered, 1);
}

/* Requests come, one to a message, while their server closes. */
static void close_server_among_requests(struct echo *echo)
{
        struct flood flood = {.started = CALLS};
        struct rpc_server *server;
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        assert_int_equal(
                rpc_server_open(&server, &(struct rpc_server_options){.url = "tcp://127.0.0.1:0"},
                        &echo->service, &error),
                OK);
        const struct channel_options options = {
                .url = rpc_server_url(server), .connect_timeout_ms = 1, .attempts_max = 1};

        assert_int_equal(channel_open(&flood.channel, &options, &error), OK);
        for (int i = 0; i < CALLS; i++)
                ask_again(&flood, NULL);
        while (atomic_load(&flood.answered) < 6 * CALLS)
                clock_sleep_us(20);
        rpc_server_close(server);
        atomic_store(&flood.stopping, true);
        channel_close(flood.channel);
        arena_release(&arena);
}

static void test_requests_arrive(void **state)
{
        struct echo echo;

        echo_start(&echo, 100);
        for (size_t i = 0; i < rounds(); i++)
                close_server_among_requests(&echo);
        echo_stop(&echo);
        echo_release(&echo);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_answers_arrive),
                cmocka_unit_test(test_requests_arrive),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
