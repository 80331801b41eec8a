/*
 * Peers that connect and say nothing, or not enough: over TLS the transport waits for them for
 * ever. Each loses its connection, and who has shaken hands keeps it.
 */
#include "tests/unit/rpc/channel_fixture.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lib/base/clock.h"
#include "tests/unit/rpc/raw_peer.h"

#define STRANGERS    20
#define HANDSHAKE_MS 300
#define COUNTED_MS   5000
#define LONG_MS      60000
#define LOOK_US      1000000 /* the server looks that often */

/* What the server says first is passed over. */
static void assert_ended(int fd)
{
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        char bytes[64];
        ssize_t len;

        do {
                assert_int_equal(poll(&poll_fd, 1, 20000), 1);
                len = recv(fd, bytes, sizeof(bytes), 0);
        } while (len > 0);
        close(fd);
}

/* Every other says how a handshake begins, and no more. */
static void assert_strangers_end(struct fixture *f, const char *begin, size_t len)
{
        int fds[STRANGERS];
        struct rpc_server_stats stats = {0};

        assert_null(ask(f, "echo.Read", "before").error);
        for (size_t i = 0; i < STRANGERS; i++) {
                fds[i] = raw_connect(f->url);
                if (i % 2 == 1)
                        assert_int_equal(write(fds[i], begin, len), len);
        }
        for (size_t i = 0; i < STRANGERS; i++)
                assert_ended(fds[i]);
        /* They are counted after they have heard of it. */
        for (int i = 0; i < COUNTED_MS && stats.reaped < STRANGERS; i++) {
                clock_sleep_us(1000);
                rpc_server_stats(f->server, &stats);
        }
        assert_int_equal(stats.connections, 1);
        assert_in_range(stats.reaped, STRANGERS, 2 * STRANGERS);
        assert_null(ask(f, "echo.Read", "and after").error);
        assert_int_equal(stats_of(f).connects, 1);
}

static void test_over_tcp(void **state)
{
        struct fixture *f = *state;

        close_server(f);
        open_server_with(f, &(struct rpc_server_options){.url = "tcp://127.0.0.1:0",
                                    .handshake_timeout_ms = HANDSHAKE_MS});
        open_channel(f, &(struct channel_options){.url = f->url});
        assert_strangers_end(f, "\0SP\0", 4);
}

static void test_over_tls(void **state)
{
        struct fixture *f = *state;
        struct papers papers;
        char named[64];

        papers_make(&papers);
        close_server(f);
        open_server_with(f, &(struct rpc_server_options){.url = "tls+tcp://127.0.0.1:0",
                                    .tls_cert_file = papers.cert,
                                    .tls_key_file = papers.key,
                                    .handshake_timeout_ms = HANDSHAKE_MS});
        snprintf(named, sizeof(named), "tls+tcp://localhost%s", strrchr(f->url, ':'));
        open_channel(f, &(struct channel_options){.url = named, .tls_ca_file = papers.cert});
        assert_strangers_end(f, "\x16\x03\x01", 3);
        papers_remove(&papers);
}

/* More than may shake hands at one time go before their time is over, the first ones first. */
static void test_too_many_do_not_wait(void **state)
{
        struct fixture *f = *state;
        struct rpc_server_stats stats = {0};
        int fds[2 * STRANGERS];

        close_server(f);
        open_server_with(f, &(struct rpc_server_options){.url = "tcp://127.0.0.1:0",
                                    .connections_max = 4 * STRANGERS,
                                    .handshake_timeout_ms = LONG_MS});
        open_channel(f, &(struct channel_options){.url = f->url});
        assert_null(ask(f, "echo.Read", "before").error);
        for (size_t i = 0; i < 2 * STRANGERS; i++) {
                fds[i] = raw_connect(f->url);
                if (i == STRANGERS - 1)
                        clock_sleep_us(2 * LOOK_US); /* so that the next are seen to be younger */
        }
        for (size_t i = 0; i < STRANGERS; i++)
                assert_ended(fds[i]);
        clock_sleep_us(2 * LOOK_US);
        rpc_server_stats(f->server, &stats);
        assert_int_equal(stats.reaped, STRANGERS);
        assert_null(ask(f, "echo.Read", "and after").error);
        assert_int_equal(stats_of(f).connects, 1);
        for (size_t i = STRANGERS; i < 2 * STRANGERS; i++)
                close(fds[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_SERVER(test_over_tcp),
                WITH_SERVER(test_over_tls),
                WITH_SERVER(test_too_many_do_not_wait),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
