/*
 * Peers that send all but the end of a large message: together they hold no more than the server
 * lets them. The first to come end first, and a caller that finishes its messages is not one.
 */
#include "tests/unit/rpc/channel_fixture.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lib/base/clock.h"
#include "tests/unit/rpc/raw_peer.h"

#define SENDERS     8
#define SENT        1000000 /* of a message */
#define ANNOUNCED   2000000
#define HELD_MAX    4200000 /* four of them */
#define GREETING    8
#define LENGTH      8
#define MANY_CALLS  20
#define SOON_US     20000000
#define LOOK_US     200
#define LARGE_BYTES 900000

static bool send_all(int fd, const uint8_t *bytes, size_t len)
{
        for (ssize_t sent; len > 0; bytes += sent, len -= (size_t)sent)
                if ((sent = send(fd, bytes, len, MSG_NOSIGNAL)) <= 0)
                        return false;
        return true;
}

/* The length of a message, and its first bytes. */
static bool send_begun(int fd)
{
        uint8_t *bytes = calloc(1, LENGTH + SENT);
        uint32_t announced = htonl(ANNOUNCED);

        memcpy(bytes + LENGTH - sizeof(announced), &announced, sizeof(announced));
        bytes[LENGTH] = 0x80;
        bool sent = send_all(fd, bytes, LENGTH + SENT);

        free(bytes);
        return sent;
}

static bool send_rest(int fd)
{
        uint8_t *bytes = calloc(1, ANNOUNCED - SENT);
        bool sent = send_all(fd, bytes, ANNOUNCED - SENT);

        free(bytes);
        return sent;
}

/* The bytes that come, and what comes then: 0, or less for a connection that was broken off. */
static ssize_t receive(int fd, size_t *len)
{
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        char bytes[256];
        ssize_t came = 1;

        for (*len = 0; *len <= GREETING && came > 0; *len += came > 0 ? (size_t)came : 0) {
                assert_int_equal(poll(&poll_fd, 1, 20000), 1);
                came = recv(fd, bytes, sizeof(bytes), 0);
        }
        return came;
}

static void open_small_server(struct fixture *f)
{
        close_server(f);
        open_server_with(f, &(struct rpc_server_options){
                                    .url = "tcp://127.0.0.1:0", .unfinished_bytes_max = HELD_MAX});
        open_channel(f, &(struct channel_options){.url = f->url});
}

/* So that they come in order; the channel's is one of them. */
static void await_connections(struct fixture *f, size_t count)
{
        struct rpc_server_stats stats;
        int64_t until_us = clock_monotonic_us() + SOON_US;

        do {
                clock_sleep_us(LOOK_US);
                rpc_server_stats(f->server, &stats);
        } while (stats.connections < count && clock_monotonic_us() < until_us);
        assert_int_equal(stats.connections, count);
}

static void unfinished_messages_hold_so_much(void **state)
{
        struct fixture *f = *state;
        struct rpc_server_stats stats;
        int fds[SENDERS];
        size_t len;

        open_small_server(f);
        assert_null(ask(f, "echo.Read", "before").error);
        for (size_t i = 0; i < SENDERS; i++) {
                fds[i] = raw_connect_greeting(f->url);
                await_connections(f, i + 2);
        }
        for (size_t i = 0; i < SENDERS; i++)
                assert_true(send_begun(fds[i]));
        for (size_t i = 0; i < SENDERS - HELD_MAX / SENT; i++) {
                assert_true(receive(fds[i], &len) <= 0);
                assert_int_equal(len, GREETING);
        }
        assert_true(send_rest(fds[SENDERS - 1]));
        assert_true(receive(fds[SENDERS - 1], &len) > 0); /* it is no batch, and answered so */
        assert_null(ask(f, "echo.Read", "and after").error);
        assert_int_equal(stats_of(f).connects, 1);
        rpc_server_stats(f->server, &stats);
        /* The rest of the last one's was another's turn to go, where it was seen in time. */
        assert_in_range(stats.unfinished, SENDERS - HELD_MAX / SENT, SENDERS - HELD_MAX / SENT + 1);
        for (size_t i = 0; i < SENDERS; i++)
                close(fds[i]);
}

static void large_messages_that_come_whole_are_welcome(void **state)
{
        struct fixture *f = *state;
        struct rpc_server_stats stats;
        char *large = calloc(1, LARGE_BYTES + 1);

        open_small_server(f);
        memset(large, 'x', LARGE_BYTES);
        for (size_t i = 0; i < MANY_CALLS; i++)
                assert_null(ask(f, "echo.Read", large).error);
        rpc_server_stats(f->server, &stats);
        assert_int_equal(stats.unfinished, 0);
        assert_int_equal(stats_of(f).connects, 1);
        free(large);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_SERVER(unfinished_messages_hold_so_much),
                WITH_SERVER(large_messages_that_come_whole_are_welcome),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
