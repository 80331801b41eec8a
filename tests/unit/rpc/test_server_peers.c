/* Where the server listens, whom it lets in, and how it stops letting in, over TCP. */
#include "tests/unit/rpc/server_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"

static void test_url_tells_the_port(void **state)
{
        struct server_fixture *f = *state;
        int port = 0;

        assert_int_equal(sscanf(rpc_server_url(f->server), "tcp://127.0.0.1:%d", &port), 1);
        assert_in_range(port, 1024, 65535);
}

static bool one_was_rejected(struct server_fixture *f)
{
        struct rpc_server_stats stats;

        rpc_server_stats(f->server, &stats);
        return stats.rejected >= 1 && stats.connections == 4;
}

static bool one_is_connected(struct server_fixture *f)
{
        struct rpc_server_stats stats;

        rpc_server_stats(f->server, &stats);
        return stats.connections == 1;
}

static void test_connections_are_limited(void **state)
{
        struct server_fixture *f = *state;
        struct raw_peer peers[4];

        for (int i = 0; i < 4; i++)
                raw_peer_open(&peers[i], rpc_server_url(f->server));
        server_fixture_wait(one_was_rejected, f);
        assert_non_null(raw_peer_call(&f->peer, "echo.Read", "first", 0));
        for (int i = 0; i < 4; i++)
                raw_peer_close(&peers[i]);
        server_fixture_wait(one_is_connected, f);
}

static bool two_were_rejected(struct server_fixture *f)
{
        struct rpc_server_stats stats;

        rpc_server_stats(f->server, &stats);
        return stats.rejected >= 2; /* they try again */
}

/* Two from here, though there is room for ten; one that goes makes room for one. */
static void test_connections_of_an_address_are_limited(void **state)
{
        struct server_fixture *f = server_fixture_new(100);
        struct raw_peer peers[4];

        server_fixture_open(f, &(struct rpc_server_options){
                                       .url = "tcp://127.0.0.1:0",
                                       .connections_max = 10,
                                       .address_connections_max = 2,
                               });
        for (int i = 0; i < 4; i++)
                raw_peer_open(&peers[i], rpc_server_url(f->server));
        server_fixture_wait(two_were_rejected, f);
        for (int i = 1; i < 4; i++)
                raw_peer_close(&peers[i]);
        server_fixture_wait(one_is_connected, f);
        raw_peer_open(&f->peer, rpc_server_url(f->server));
        /* One that was closed may have come again on its way out, and holds the place for a
         * moment. */
        server_fixture_wait(server_fixture_is_served, f);
        raw_peer_close(&peers[0]);
        server_fixture_free(f);
}

static void *drain(void *context)
{
        rpc_server_drain(context, 60000);
        return NULL;
}

static bool one_parked(struct server_fixture *f)
{
        return echo_parked(&f->echo) == 1;
}

static void *ask_wait(void *context)
{
        return raw_peer_call(context, "echo.Wait", "w", 0);
}

static struct rpc_answer *ask_until_refused(struct raw_peer *peer)
{
        struct rpc_answer *answer = raw_peer_call(peer, "echo.Read", "late", 0);

        for (int i = 0; i < 2000 && answer != NULL && answer->error == NULL; i++) {
                clock_sleep_us(10000);
                answer = raw_peer_call(peer, "echo.Read", "later", 0);
        }
        return answer;
}

static void test_drain_refuses_new_calls_and_waits_for_old(void **state)
{
        struct server_fixture *f = *state;
        pthread_t draining, asking;
        struct raw_peer second;
        void *answer;

        raw_peer_open(&second, rpc_server_url(f->server));
        pthread_create(&asking, NULL, ask_wait, &f->peer);
        server_fixture_wait(one_parked, f);
        pthread_create(&draining, NULL, drain, f->server);
        struct rpc_answer *refused = ask_until_refused(&second);

        assert_non_null(refused);
        assert_non_null(refused->error);
        assert_int_equal(refused->error->code, UNAVAILABLE);
        assert_string_equal(refused->error->reason, "SERVER_DRAINING");
        assert_int_equal(refused->error->retry_after_ms, 100);
        echo_release_parked(&f->echo);
        pthread_join(draining, NULL);
        pthread_join(asking, &answer);
        assert_non_null(answer);
        assert_null(((struct rpc_answer *)answer)->error);
        raw_peer_close(&second);
}

static void test_drain_gives_up_in_time(void **state)
{
        struct server_fixture *f = *state;
        pthread_t asking;
        int64_t start_us;

        pthread_create(&asking, NULL, ask_wait, &f->peer);
        server_fixture_wait(one_parked, f);
        start_us = clock_monotonic_us();
        rpc_server_drain(f->server, 100);
        assert_in_range(clock_monotonic_us() - start_us, 100000, 5000000);
        echo_release_parked(&f->echo);
        pthread_join(asking, NULL);
}

static void test_bad_urls(void **state)
{
        static const char *const urls[] = {NULL, "", "http://127.0.0.1:1", "ipc://x",
                "ipc:///dev/null", "tcp://127.0.0.1:99999", "tcp://"};
        struct server_fixture *f = server_fixture_new(1);
        struct rpc_server *server;

        for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
                error_init(&f->error, &f->arena);
                assert_int_not_equal(
                        rpc_server_open(&server, &(struct rpc_server_options){.url = urls[i]},
                                &f->echo.service, &f->error),
                        OK);
                assert_true(strlen(f->error.message) > 0);
        }
        echo_stop(&f->echo);
        echo_release(&f->echo);
        arena_release(&f->arena);
        free(f);
}

static void test_a_port_is_taken_once(void **state)
{
        struct server_fixture *f = *state;
        struct rpc_server *second;

        assert_int_equal(rpc_server_open(&second,
                                 &(struct rpc_server_options){.url = rpc_server_url(f->server)},
                                 &f->echo.service, &f->error),
                UNAVAILABLE);
        assert_string_equal(f->error.reason, "CANNOT_LISTEN");
        assert_non_null(strstr(f->error.message, rpc_server_url(f->server)));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_RAW_PEER(test_url_tells_the_port),
                WITH_RAW_PEER(test_connections_are_limited),
                cmocka_unit_test(test_connections_of_an_address_are_limited),
                WITH_RAW_PEER(test_drain_refuses_new_calls_and_waits_for_old),
                WITH_RAW_PEER(test_drain_gives_up_in_time),
                cmocka_unit_test(test_bad_urls),
                WITH_RAW_PEER(test_a_port_is_taken_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
