/* Messages to the server as a peer sends them that does not use our channel, over TCP. */
#include "tests/unit/rpc/server_fixture.h"

#include <stdlib.h>
#include <string.h>

static void test_answers_come_with_their_ids(void **state)
{
        struct server_fixture *f = *state;
        struct rpc_answer *answers;
        size_t count;

        server_fixture_add(f, 5, "echo.Read", "five");
        server_fixture_add(f, 3, "echo.Fail", "");
        server_fixture_add(f, 9, "echo.Sleep", "1");
        server_fixture_add(f, 8, "echo.Read", "");
        assert_int_equal(raw_peer_ask(&f->peer, server_fixture_body(f), &answers, &count), 0);
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
        struct server_fixture *f = *state;
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
        struct server_fixture *f = *state;
        struct rpc_answer *answers;
        size_t count;
        char *large = calloc(1, RPC_MESSAGE_BYTES_MAX + 1000);

        memset(large, 'x', RPC_MESSAGE_BYTES_MAX + 999);
        server_fixture_add(f, 1, "echo.Read", large);
        assert_int_not_equal(raw_peer_ask(&f->peer, server_fixture_body(f), &answers, &count), 0);
        free(large);
        server_fixture_wait(server_fixture_is_served, f); /* the socket dials again by itself */
}

static void test_answers_without_room_are_deferred(void **state)
{
        struct server_fixture *f = *state;
        struct rpc_answer *answers;
        struct rpc_server_stats stats;
        size_t count;
        size_t large = 0, deferred = 0;

        for (uint32_t i = 1; i <= 6; i++)
                server_fixture_add(f, i, "echo.Bytes", "1000000");
        assert_int_equal(raw_peer_ask(&f->peer, server_fixture_body(f), &answers, &count), 0);
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
        struct server_fixture *f = *state;
        struct rpc_answer *answers;
        size_t count;
        size_t large = 0, deferred = 0;

        for (uint32_t i = 1; i <= 300; i++)
                server_fixture_add(f, i, "echo.Bytes", "1000000");
        assert_int_equal(raw_peer_ask(&f->peer, server_fixture_body(f), &answers, &count), 0);
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
        struct server_fixture *f = *state;
        struct rpc_answer *answers;
        size_t count;

        server_fixture_add(f, 1, "echo.Bytes", "3000");
        server_fixture_add(f, 2, "echo.Bytes", "3000");
        buffer_append(&f->body, "\x10\x88\x27", 3); /* reply_bytes_max: 5000 */
        assert_int_equal(raw_peer_ask(&f->peer, server_fixture_body(f), &answers, &count), 0);
        assert_int_equal(answers[0].response.len, 3000);
        assert_string_equal(answers[1].error->reason, "REPLY_DEFERRED");

        buffer_clear(&f->body);
        server_fixture_add(f, 1, "echo.Bytes", "6000");
        buffer_append(&f->body, "\x10\x88\x27", 3);
        assert_int_equal(raw_peer_ask(&f->peer, server_fixture_body(f), &answers, &count), 0);
        assert_string_equal(answers[0].error->reason, "REPLY_TOO_LARGE");
}

static void test_too_large_an_answer_tells_its_size(void **state)
{
        struct server_fixture *f = *state;
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
        struct server_fixture *f = *state;
        struct rpc_answer *answers;
        size_t count, refused = 0;

        for (uint32_t i = 1; i <= 400; i++)
                server_fixture_add(f, i, "echo.Sleep", i == 1 ? "500" : "0");
        assert_int_equal(raw_peer_ask(&f->peer, server_fixture_body(f), &answers, &count), 0);
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
static nng_ctx send_apart(struct server_fixture *f)
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

static bool five_are_parked(struct server_fixture *f)
{
        return echo_parked(&f->echo) == 5;
}

/* One call that waits in a message holds one place, not as many as came with it. */
static void test_answered_waits_free_their_places(void **state)
{
        struct server_fixture *f = *state;
        nng_ctx contexts[5];

        for (size_t i = 0; i < 5; i++) {
                server_fixture_add(f, 1, "echo.Wait", "");
                for (uint32_t id = 2; id <= RPC_BATCH_CALLS_MAX; id++)
                        server_fixture_add(f, id, "echo.Health", "");
                contexts[i] = send_apart(f);
        }
        server_fixture_wait(five_are_parked, f);
        struct rpc_answer *answer = raw_peer_call(&f->peer, "echo.Health", "", 1000);

        assert_non_null(answer);
        assert_null(answer->error);
        echo_release_parked(&f->echo);
        for (size_t i = 0; i < 5; i++)
                receive_apart(contexts[i]);
}

static void test_late_calls_are_seen_as_late(void **state)
{
        struct server_fixture *f = *state;
        struct rpc_answer *answers;
        const struct rpc_call call = {
                .id = 2, .method = bytes_of_text("echo.Sleep"), .request = bytes_of_text("0")};
        size_t count;

        server_fixture_add(f, 1, "echo.Sleep", "60");
        frame_write_call(&f->body, &call, 20);
        assert_int_equal(raw_peer_ask(&f->peer, server_fixture_body(f), &answers, &count), 0);
        assert_int_equal(count, 2);
        assert_int_equal(atomic_load(&f->echo.late), 1);
        assert_int_equal(answers[1].error->code, DEADLINE_EXCEEDED);
}

/* A read budget is cut: 30 calls of 300 us take more than one turn, and all are answered. */
static void test_long_reads_take_turns(void **state)
{
        struct server_fixture *f = *state;
        struct rpc_answer *answers;
        size_t count;

        for (uint32_t i = 1; i <= 30; i++)
                server_fixture_add(f, i, "echo.Busy", "x");
        assert_int_equal(raw_peer_ask(&f->peer, server_fixture_body(f), &answers, &count), 0);
        assert_int_equal(count, 30);
        assert_int_equal(atomic_load(&f->echo.reads), 30);
        assert_true(atomic_load(&f->echo.read_batches) >= 5);
        for (uint32_t i = 0; i < 30; i++)
                assert_int_equal(answers[i].id, i + 1);
}

static bool one_slow_peer(struct server_fixture *f)
{
        struct rpc_server_stats stats;

        rpc_server_stats(f->server, &stats);
        return stats.slow_peers >= 1;
}

/* A peer that asks for much and reads nothing: its sockets' buffers fill, its replies stand in
 * the contexts, and then its connection goes. Somebody else is served all the while. */
static void test_peer_that_never_reads_is_dropped(void **state)
{
        struct server_fixture *f = *state;
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
        server_fixture_add(f, 1, "echo.Bytes", "3000000");
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
        server_fixture_wait(one_slow_peer, f);
        assert_non_null(raw_peer_call(&f->peer, "echo.Read", "served", 0));
        /* In this order: NNG's own thread ends the stream and may then have the dialer's last
         * reference, whose count TSan does not see; the stream's way there it does. */
        nng_stream_dialer_free(dialer);
        nng_stream_free(stream);
        nng_aio_free(aio);
        free(message);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_RAW_PEER(test_answers_come_with_their_ids),
                WITH_RAW_PEER(test_malformed_batch_gets_one_answer),
                WITH_RAW_PEER(test_oversize_message_costs_the_connection),
                WITH_RAW_PEER(test_answers_without_room_are_deferred),
                WITH_RAW_PEER(test_reads_without_hope_of_room_are_not_run),
                WITH_RAW_PEER(test_sender_limits_the_reply),
                WITH_RAW_PEER(test_too_large_an_answer_tells_its_size),
                WITH_RAW_PEER(test_full_queue_is_refused),
                WITH_RAW_PEER(test_answered_waits_free_their_places),
                WITH_RAW_PEER(test_late_calls_are_seen_as_late),
                WITH_RAW_PEER(test_long_reads_take_turns),
                WITH_RAW_PEER(test_peer_that_never_reads_is_dropped),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
