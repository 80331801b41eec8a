/*
 * Peers that ask without end and read nothing. Each must lose its connection while it is in the
 * middle of sending, again and again, without the thread of the transport that takes connections
 * apart ever waiting for one of them: it is the process's only one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lib/base/clock.h"
#include "tests/unit/rpc/echo_service.h"
#include "tests/unit/rpc/raw_peer.h"

#define ROUNDS       4
#define FLOODERS     8
#define MESSAGES     64 /* in one piece of what a flooder sends */
#define ROUND_US_MAX 20000000

struct flood {
        struct buffer piece;
        int fds[FLOODERS];
        size_t at[FLOODERS]; /* how much of the piece was sent */
        size_t open;
};

/* What a REQ socket sends, so often that most sends end in the middle of a message. */
static void make_piece(struct buffer *piece)
{
        const struct rpc_call call = {
                .id = 1,
                .method = bytes_of_text("echo.Bytes"),
                .request = bytes_of_text("300000"),
        };
        struct buffer body = {0};

        frame_write_call(&body, &call, 0);
        for (uint8_t i = 0; i < MESSAGES; i++) {
                const uint8_t head[12] = {[7] = (uint8_t)(4 + body.len), [8] = 0x80, [11] = i};

                buffer_append(piece, head, sizeof(head));
                buffer_append(piece, body.data, body.len);
        }
        buffer_release(&body);
}

static void flood_send(struct flood *flood, size_t i)
{
        ssize_t sent = send(flood->fds[i], flood->piece.data + flood->at[i],
                flood->piece.len - flood->at[i], MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent >= 0) {
                flood->at[i] = (flood->at[i] + (size_t)sent) % flood->piece.len;
        } else if (errno != EAGAIN) {
                close(flood->fds[i]);
                flood->fds[i] = -1;
                flood->open--;
        }
}

/* Until all have lost their connections. */
static void flood_run(struct flood *flood, const char *url)
{
        int64_t until_us = clock_monotonic_us() + ROUND_US_MAX;
        struct pollfd polls[FLOODERS];

        for (size_t i = 0; i < FLOODERS; i++) {
                flood->fds[i] = raw_connect_greeting(url);
                flood->at[i] = 0;
        }
        flood->open = FLOODERS;
        while (flood->open > 0) {
                for (size_t i = 0; i < FLOODERS; i++)
                        polls[i] = (struct pollfd){.fd = flood->fds[i], .events = POLLOUT};
                assert_true(poll(polls, FLOODERS, 1000) >= 0);
                for (size_t i = 0; i < FLOODERS; i++)
                        if (flood->fds[i] >= 0 && polls[i].revents != 0)
                                flood_send(flood, i);
                assert_true(clock_monotonic_us() < until_us);
        }
}

static bool only_one_is_connected(const struct rpc_server *server)
{
        struct rpc_server_stats stats = {0};

        for (int i = 0; i < 1000; i++) {
                rpc_server_stats(server, &stats);
                if (stats.connections == 1)
                        return true;
                clock_sleep_us(10000);
        }
        return false;
}

static void test_flooders_are_cut_off(void **state)
{
        struct flood flood = {0};
        struct rpc_server_stats stats;
        struct rpc_server *server;
        struct raw_peer good;
        struct arena arena;
        struct error error;
        struct echo echo;

        arena_init(&arena);
        error_init(&error, &arena);
        echo_start(&echo, 100);
        assert_int_equal(rpc_server_open(&server,
                                 &(struct rpc_server_options){.url = "tcp://127.0.0.1:0",
                                         .connections_max = 100,
                                         .send_timeout_ms = 50},
                                 &echo.service, &error),
                OK);
        raw_peer_open(&good, rpc_server_url(server));
        make_piece(&flood.piece);
        for (int i = 0; i < ROUNDS; i++) {
                flood_run(&flood, rpc_server_url(server));
                assert_true(only_one_is_connected(server));
                assert_non_null(raw_peer_call(&good, "echo.Read", "served", 0));
        }
        rpc_server_stats(server, &stats);
        assert_int_equal(stats.slow_peers, ROUNDS * FLOODERS);
        raw_peer_close(&good);
        echo_stop(&echo);
        rpc_server_close(server);
        echo_release(&echo);
        arena_release(&arena);
        buffer_release(&flood.piece);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_flooders_are_cut_off)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
