/* The server as a peer sees it that does not use our channel, over TCP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"
#include "tests/unit/rpc/echo_service.h"
#include "tests/unit/rpc/raw_peer.h"

struct fixture {
        struct echo echo;
        struct rpc_server *server;
        struct raw_peer peer;
        struct arena arena;
        struct error error;
        struct buffer body;
};

static void open_server(struct fixture *f, const struct rpc_server_options *options)
{
        assert_int_equal(rpc_server_open(&f->server, options, &f->echo.service, &f->error), OK);
}

static struct fixture *fixture_new(size_t queue_max)
{
        struct fixture *f = calloc(1, sizeof(*f));

        arena_init(&f->arena);
        error_init(&f->error, &f->arena);
        echo_start(&f->echo, queue_max);
        return f;
}

static int setup(void **state)
{
        struct fixture *f = fixture_new(100);

        open_server(f, &(struct rpc_server_options){.url = "tcp://127.0.0.1:0",
                               .connections_max = 4,
                               .address_connections_max = 4,
                               .send_timeout_ms = 300});
        raw_peer_open(&f->peer, rpc_server_url(f->server));
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        raw_peer_close(&f->peer);
        echo_stop(&f->echo);
        rpc_server_close(f->server);
        echo_release(&f->echo);
        arena_release(&f->arena);
        buffer_release(&f->body);
        free(f);
        return 0;
}

static void add(struct fixture *f, uint32_t id, const char *method, const char *request)
{
        const struct rpc_call call = {
                .id = id,
                .method = bytes_of_text(method),
                .request = bytes_of_text(request),
        };

        frame_write_call(&f->body, &call, 0);
}

static struct bytes body(const struct fixture *f)
{
        return bytes_of(f->body.data, f->body.len);
}

static void wait_until(bool (*true_of)(struct fixture *), struct fixture *f)
{
        for (int i = 0; i < 2000 && !true_of(f); i++)
                clock_sleep_us(10000);
        assert_true(true_of(f));
}

static bool is_served(struct fixture *f)
{
        return raw_peer_call(&f->peer, "echo.Read", "later", 0) != NULL;
}

static void test_url_tells_the_port(void **state)
{
        struct fixture *f = *state;
        int port = 0;

        assert_int_equal(sscanf(rpc_server_url(f->server), "tcp://127.0.0.1:%d", &port), 1);
        assert_in_range(port, 1024, 65535);
}

static void test_answers_come_with_their_ids(void **state)
{
        struct fixture *f = *state;
        struct rpc_answer *answers;
        size_t count;

        add(f, 5, "echo.Read", "five");
        add(f, 3, "echo.Fail", "");
        add(f, 9, "echo.Sleep", "1");
        add(f, 8, "echo.Read", "");
        assert_int_equal(raw_peer_ask(&f->peer, body(f), &answers, &count), 0);
        assert_int_equal(count, 4);
        unsigned seen = 0;

        for (size_t i = 0; i < count; i++) {
                seen |= 1u << answers[i].id;
                if (answers[i].id == 5)
                        assert_true(bytes_equal(answers[i].response, bytes_of_text("five")));
                assert_int_equal(answers[i].error != NULL, answers[i].id == 3);
        }
        assert_int_equal(seen, 1u << 5 | 1u << 3 | 1u << 9 | 1u << 8);
}

static void test_malformed_batch_gets_one_answer(void **state)
{
        struct fixture *f = *state;
        struct rpc_answer *answers;
        size_t count;

        assert_int_equal(raw_peer_ask(&f->peer, bytes_of("\x0a\x05\x08", 3), &answers, &count), 0);
        assert_int_equal(count, 1);
        assert_int_equal(answers[0].id, 0);
        assert_int_equal(answers[0].error->code, INVALID_ARGUMENT);
        assert_string_equal(answers[0].error->reason, "MALFORMED_BATCH");
        assert_int_equal(raw_peer_ask(&f->peer, bytes_of("", 0), &answers, &count), 0);
        assert_string_equal(answers[0].error->reason, "MALFORMED_BATCH");
        assert_non_null(raw_peer_call(&f->peer, "echo.Read", "still here", 0));
}

static void test_oversize_message_costs_the_connection(void **state)
{
        struct fixture *f = *state;
        struct rpc_answer *answers;
        size_t count;
        char *large = calloc(1, RPC_MESSAGE_BYTES_MAX + 1000);

        memset(large, 'x', RPC_MESSAGE_BYTES_MAX + 999);
        add(f, 1, "echo.Read", large);
        assert_int_not_equal(raw_peer_ask(&f->peer, body(f), &answers, &count), 0);
        free(large);
        wait_until(is_served, f); /* the socket dials again by itself */
}

static void test_answers_without_room_are_deferred(void **state)
{
        struct fixture *f = *state;
        struct rpc_answer *answers;
        struct rpc_server_stats stats;
        size_t count;
        size_t large = 0, deferred = 0;

        for (uint32_t i = 1; i <= 6; i++)
                add(f, i, "echo.Bytes", "1000000");
        assert_int_equal(raw_peer_ask(&f->peer, body(f), &answers, &count), 0);
        assert_int_equal(count, 6);
        for (size_t i = 0; i < count; i++) {
                if (answers[i].error == NULL && answers[i].response.len == 1000000)
                        large++;
                else if (answers[i].error != NULL && answers[i].error->code == UNAVAILABLE &&
                         strcmp(answers[i].error->reason, "REPLY_DEFERRED") == 0)
                        deferred++;
        }
        assert_int_equal(large, 4);
        assert_int_equal(deferred, 2);
        rpc_server_stats(f->server, &stats);
        assert_int_equal(stats.deferred, 2);
}

static void test_reads_without_hope_of_room_are_not_run(void **state)
{
        struct fixture *f = *state;
        struct rpc_answer *answers;
        size_t count;
        size_t large = 0, deferred = 0;

        for (uint32_t i = 1; i <= 300; i++)
                add(f, i, "echo.Bytes", "1000000");
        assert_int_equal(raw_peer_ask(&f->peer, body(f), &answers, &count), 0);
        assert_int_equal(count, 300);
        for (size_t i = 0; i < count; i++) {
                large += answers[i].error == NULL;
                deferred += answers[i].error != NULL &&
                            strcmp(answers[i].error->reason, "REPLY_DEFERRED") == 0;
        }
        assert_int_equal(large, 4);
        assert_int_equal(deferred, 296);
        assert_in_range(atomic_load(&f->echo.reads), 4, 150);
}

static void test_sender_limits_the_reply(void **state)
{
        struct fixture *f = *state;
        struct rpc_answer *answers;
        size_t count;

        add(f, 1, "echo.Bytes", "3000");
        add(f, 2, "echo.Bytes", "3000");
        buffer_append(&f->body, "\x10\x88\x27", 3); /* reply_bytes_max: 5000 */
        assert_int_equal(raw_peer_ask(&f->peer, body(f), &answers, &count), 0);
        assert_int_equal(answers[0].response.len, 3000);
        assert_string_equal(answers[1].error->reason, "REPLY_DEFERRED");

        buffer_clear(&f->body);
        add(f, 1, "echo.Bytes", "6000");
        buffer_append(&f->body, "\x10\x88\x27", 3);
        assert_int_equal(raw_peer_ask(&f->peer, body(f), &answers, &count), 0);
        assert_string_equal(answers[0].error->reason, "REPLY_TOO_LARGE");
}

static void test_too_large_an_answer_tells_its_size(void **state)
{
        struct fixture *f = *state;
        struct rpc_answer *answer = raw_peer_call(&f->peer, "echo.Bytes", "3145729", 0);

        assert_non_null(answer);
        assert_int_equal(answer->error->code, RESOURCE_EXHAUSTED);
        assert_string_equal(answer->error->reason, "REPLY_TOO_LARGE");
        assert_string_equal(answer->error->facts->value, "3145729");
        answer = raw_peer_call(&f->peer, "echo.Bytes", "3145728", 0);
        assert_int_equal(answer->response.len, 3145728);
}

static void test_full_queue_is_refused(void **state)
{
        struct fixture *f = *state;
        struct rpc_answer *answers;
        size_t count, refused = 0;

        for (uint32_t i = 1; i <= 400; i++)
                add(f, i, "echo.Sleep", i == 1 ? "500" : "0");
        assert_int_equal(raw_peer_ask(&f->peer, body(f), &answers, &count), 0);
        assert_int_equal(count, 400);
        for (size_t i = 0; i < count; i++) {
                if (answers[i].error == NULL)
                        continue;
                assert_int_equal(answers[i].error->code, RESOURCE_EXHAUSTED);
                assert_string_equal(answers[i].error->reason, "SERVER_BUSY");
                assert_int_equal(answers[i].error->retry_after_ms, 50);
                refused++;
        }
        assert_in_range(refused, 1, 300); /* 100 wait, and what the worker took at once runs */
}

/* Sends what was added, on a context of its own, and waits for no answer. */
static nng_ctx send_apart(struct fixture *f)
{
        nng_ctx context;
        nng_msg *message;
        nng_aio *aio;

        assert_int_equal(nng_ctx_open(&context, f->peer.socket), 0);
        assert_int_equal(nng_aio_alloc(&aio, NULL, NULL), 0);
        assert_int_equal(nng_msg_alloc(&message, 0), 0);
        nng_msg_append(message, f->body.data, f->body.len);
        nng_aio_set_msg(aio, message);
        nng_ctx_send(context, aio);
        nng_aio_wait(aio);
        assert_int_equal(nng_aio_result(aio), 0);
        nng_aio_free(aio);
        buffer_clear(&f->body);
        return context;
}

/* Its answer is awaited: a connection that is closed in the middle of one ends never
 * (lib/rpc/hang_up.h). */
static void receive_apart(nng_ctx context)
{
        nng_aio *aio;

        assert_int_equal(nng_aio_alloc(&aio, NULL, NULL), 0);
        nng_ctx_recv(context, aio);
        nng_aio_wait(aio);
        assert_int_equal(nng_aio_result(aio), 0);
        nng_msg_free(nng_aio_get_msg(aio));
        nng_aio_free(aio);
        nng_ctx_close(context);
}

static bool five_are_parked(struct fixture *f)
{
        return echo_parked(&f->echo) == 5;
}

/* One call that waits in a message holds one place, not as many as came with it. */
static void test_answered_waits_free_their_places(void **state)
{
        struct fixture *f = *state;
        nng_ctx contexts[5];

        for (size_t i = 0; i < 5; i++) {
                add(f, 1, "echo.Wait", "");
                for (uint32_t id = 2; id <= RPC_BATCH_CALLS_MAX; id++)
                        add(f, id, "echo.Health", "");
                contexts[i] = send_apart(f);
        }
        wait_until(five_are_parked, f);
        struct rpc_answer *answer = raw_peer_call(&f->peer, "echo.Health", "", 1000);

        assert_non_null(answer);
        assert_null(answer->error);
        echo_release_parked(&f->echo);
        for (size_t i = 0; i < 5; i++)
                receive_apart(contexts[i]);
}

static void test_late_calls_are_seen_as_late(void **state)
{
        struct fixture *f = *state;
        struct rpc_answer *answers;
        const struct rpc_call call = {
                .id = 2, .method = bytes_of_text("echo.Sleep"), .request = bytes_of_text("0")};
        size_t count;

        add(f, 1, "echo.Sleep", "60");
        frame_write_call(&f->body, &call, 20);
        assert_int_equal(raw_peer_ask(&f->peer, body(f), &answers, &count), 0);
        assert_int_equal(count, 2);
        assert_int_equal(atomic_load(&f->echo.late), 1);
        assert_int_equal(answers[1].error->code, DEADLINE_EXCEEDED);
}

/* A read budget is cut: 30 calls of 300 us take more than one turn, and all are answered. */
static void test_long_reads_take_turns(void **state)
{
        struct fixture *f = *state;
        struct rpc_answer *answers;
        size_t count;

        for (uint32_t i = 1; i <= 30; i++)
                add(f, i, "echo.Busy", "x");
        assert_int_equal(raw_peer_ask(&f->peer, body(f), &answers, &count), 0);
        assert_int_equal(count, 30);
        assert_int_equal(atomic_load(&f->echo.reads), 30);
        assert_true(atomic_load(&f->echo.read_batches) >= 5);
        for (uint32_t i = 0; i < 30; i++)
                assert_int_equal(answers[i].id, i + 1);
}

static bool one_slow_peer(struct fixture *f)
{
        struct rpc_server_stats stats;

        rpc_server_stats(f->server, &stats);
        return stats.slow_peers >= 1;
}

/* A peer that asks for much and reads nothing: its sockets' buffers fill, its replies stand in
 * the contexts, and then its connection goes. Somebody else is served all the while. */
static void test_peer_that_never_reads_is_dropped(void **state)
{
        struct fixture *f = *state;
        nng_stream_dialer *dialer;
        nng_stream *stream;
        nng_aio *aio;
        /* Hello of the SP mapping for TCP: version 0, protocol REQ. */
        uint8_t hello[8] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};

        nng_aio_alloc(&aio, NULL, NULL);
        nng_aio_set_timeout(aio, 2000);
        assert_int_equal(nng_stream_dialer_alloc(&dialer, rpc_server_url(f->server)), 0);
        nng_stream_dialer_dial(dialer, aio);
        nng_aio_wait(aio);
        assert_int_equal(nng_aio_result(aio), 0);
        stream = nng_aio_get_output(aio, 0);
        add(f, 1, "echo.Bytes", "3000000");
        size_t len = 12 + f->body.len;
        uint8_t *message = calloc(1, len);

        message[7] = (uint8_t)(4 + f->body.len);
        message[8] = 0x80;
        memcpy(message + 12, f->body.data, f->body.len);
        for (int i = -1; i < 40; i++) {
                nng_iov iov = {.iov_buf = i < 0 ? hello : message, .iov_len = i < 0 ? 8 : len};

                if (i >= 0)
                        message[11] = (uint8_t)i;
                nng_aio_set_iov(aio, 1, &iov);
                nng_stream_send(stream, aio);
                nng_aio_wait(aio);
        }
        wait_until(one_slow_peer, f);
        assert_non_null(raw_peer_call(&f->peer, "echo.Read", "served", 0));
        nng_stream_free(stream);
        nng_stream_dialer_free(dialer);
        nng_aio_free(aio);
        free(message);
}

static bool one_was_rejected(struct fixture *f)
{
        struct rpc_server_stats stats;

        rpc_server_stats(f->server, &stats);
        return stats.rejected >= 1 && stats.connections == 4;
}

static bool one_is_connected(struct fixture *f)
{
        struct rpc_server_stats stats;

        rpc_server_stats(f->server, &stats);
        return stats.connections == 1;
}

static void test_connections_are_limited(void **state)
{
        struct fixture *f = *state;
        struct raw_peer peers[4];

        for (int i = 0; i < 4; i++)
                raw_peer_open(&peers[i], rpc_server_url(f->server));
        wait_until(one_was_rejected, f);
        assert_non_null(raw_peer_call(&f->peer, "echo.Read", "first", 0));
        for (int i = 0; i < 4; i++)
                raw_peer_close(&peers[i]);
        wait_until(one_is_connected, f);
}

static bool two_were_rejected(struct fixture *f)
{
        struct rpc_server_stats stats;

        rpc_server_stats(f->server, &stats);
        return stats.rejected >= 2; /* they try again */
}

/* Two from here, though there is room for ten; one that goes makes room for one. */
static void test_connections_of_an_address_are_limited(void **state)
{
        struct fixture *f = fixture_new(100);
        struct raw_peer peers[4];

        open_server(f, &(struct rpc_server_options){
                               .url = "tcp://127.0.0.1:0",
                               .connections_max = 10,
                               .address_connections_max = 2,
                       });
        for (int i = 0; i < 4; i++)
                raw_peer_open(&peers[i], rpc_server_url(f->server));
        wait_until(two_were_rejected, f);
        for (int i = 1; i < 4; i++)
                raw_peer_close(&peers[i]);
        wait_until(one_is_connected, f);
        raw_peer_open(&f->peer, rpc_server_url(f->server));
        /* One that was closed may have come again on its way out, and holds the place for a
         * moment. */
        wait_until(is_served, f);
        raw_peer_close(&peers[0]);
        raw_peer_close(&f->peer);
        echo_stop(&f->echo);
        rpc_server_close(f->server);
        echo_release(&f->echo);
        arena_release(&f->arena);
        buffer_release(&f->body);
        free(f);
}

static void *drain(void *context)
{
        rpc_server_drain(context, 60000);
        return NULL;
}

static bool one_parked(struct fixture *f)
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
        struct fixture *f = *state;
        pthread_t draining, asking;
        struct raw_peer second;
        void *answer;

        raw_peer_open(&second, rpc_server_url(f->server));
        pthread_create(&asking, NULL, ask_wait, &f->peer);
        wait_until(one_parked, f);
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
        struct fixture *f = *state;
        pthread_t asking;
        int64_t start_us;

        pthread_create(&asking, NULL, ask_wait, &f->peer);
        wait_until(one_parked, f);
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
        struct fixture *f = fixture_new(1);
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
        struct fixture *f = *state;
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
                cmocka_unit_test_setup_teardown(test_url_tells_the_port, setup, teardown),
                cmocka_unit_test_setup_teardown(test_answers_come_with_their_ids, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_malformed_batch_gets_one_answer, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_oversize_message_costs_the_connection, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_answers_without_room_are_deferred, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_reads_without_hope_of_room_are_not_run, setup, teardown),
                cmocka_unit_test_setup_teardown(test_sender_limits_the_reply, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_too_large_an_answer_tells_its_size, setup, teardown),
                cmocka_unit_test_setup_teardown(test_full_queue_is_refused, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_answered_waits_free_their_places, setup, teardown),
                cmocka_unit_test_setup_teardown(test_late_calls_are_seen_as_late, setup, teardown),
                cmocka_unit_test_setup_teardown(test_long_reads_take_turns, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_peer_that_never_reads_is_dropped, setup, teardown),
                cmocka_unit_test_setup_teardown(test_connections_are_limited, setup, teardown),
                cmocka_unit_test(test_connections_of_an_address_are_limited),
                cmocka_unit_test_setup_teardown(
                        test_drain_refuses_new_calls_and_waits_for_old, setup, teardown),
                cmocka_unit_test_setup_teardown(test_drain_gives_up_in_time, setup, teardown),
                cmocka_unit_test(test_bad_urls),
                cmocka_unit_test_setup_teardown(test_a_port_is_taken_once, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
