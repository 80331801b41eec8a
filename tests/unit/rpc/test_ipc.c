/* A server and channels on a path of the file system, and peers that come and go without a word. */
#include "tests/unit/rpc/channel_fixture.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define STRANGERS     300
#define CALLS_A_RETRY 10
#define CLOSINGS      100
#define LEFT_OPEN     4

static char dir[] = "/tmp/shop-ipc-XXXXXX";
static char path[64];
static char url[80];

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        assert_non_null(f);
        arena_init(&f->arena);
        error_init(&f->error, &f->arena);
        echo_start(&f->echo, 64);
        open_server(f, url);
        open_channel(f, &(struct channel_options){.url = url});
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        channel_close(f->channel);
        rpc_server_close(f->server);
        echo_stop(&f->echo);
        echo_release(&f->echo);
        arena_release(&f->arena);
        free(f);
        return 0;
}

/* A connection of somebody who does not speak the wire. */
static int stranger(void)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        strcpy(address.sun_path, path);
        assert_true(fd >= 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        return fd;
}

static void test_calls_are_answered(void **state)
{
        struct fixture *f = *state;
        struct rpc_answer answer = ask(f, "echo.Read", "over a path");
        struct stat file;

        assert_null(answer.error);
        assert_true(bytes_equal(answer.response, bytes_of_text("over a path")));
        answer = ask(f, "echo.Bytes", "2000000");
        assert_null(answer.error);
        assert_int_equal(answer.response.len, 2000000);
        assert_int_equal(stat(path, &file), 0);
        assert_int_equal(file.st_mode & 0777, 0600);
}

/* Version 1.5.2 of the transport alone accepts nobody after the first of these. */
static void test_strangers_do_not_end_it(void **state)
{
        static const char *const words[] = {"", "GET / HTTP/1.1\r\n\r\n", "\0SP\0\0\x30\0\0"};
        struct fixture *f = *state;

        for (int i = 0; i < STRANGERS; i++) {
                int fd = stranger();

                if (i % 3 > 0)
                        assert_true(write(fd, words[i % 3], i % 3 == 2 ? 8 : 18) > 0);
                close(fd);
        }
        open_channel(f, &(struct channel_options){.url = url});
        assert_null(ask(f, "echo.Read", "still there").error);
}

/* Closing does not wait for who says half a message and stays. */
static void test_half_a_message_does_not_hold_up_the_end(void **state)
{
        static const char half[] = "\0SP\0\0\x30\0\0\x01\0\0\0\0\0\0\0\x40half";
        struct fixture *f = *state;
        int fd = stranger();
        int64_t start_us = clock_monotonic_us();

        assert_int_equal(write(fd, half, sizeof(half) - 1), sizeof(half) - 1);
        assert_null(ask(f, "echo.Read", "before").error);
        rpc_server_close(f->server);
        assert_true(clock_monotonic_us() - start_us < 5000000);
        close(fd);
        assert_int_equal(access(path, F_OK), -1);
        open_server(f, url);
        assert_null(ask(f, "echo.Read", "and after").error);
}

static void count_end(void *context, const struct rpc_answer *answer)
{
        atomic_fetch_add((atomic_int *)context, 1);
}

/* Other channels of the process to the same path connect again by themselves. Each lost connection
 * may cost one of their retries, which as many calls as CALLS_A_RETRY that succeed give back. */
static void test_closing_one_channel_loses_no_call_of_another(void **state)
{
        struct fixture *f = *state;
        atomic_int ended = 0;

        for (int round = 0; round < CLOSINGS; round++) {
                struct channel *other = NULL;
                struct channel_call call = call_of("echo.Bytes", "1000000");

                assert_int_equal(
                        channel_open(&other, &(struct channel_options){.url = url}, &f->error), OK);
                for (int i = 0; i < LEFT_OPEN; i++)
                        channel_start(other, &call, count_end, &ended);
                for (int i = 0; i < CALLS_A_RETRY; i++)
                        assert_null(ask(f, "echo.Read", "mine").error);
                channel_close(other);
        }
        assert_int_equal(ended, CLOSINGS * LEFT_OPEN);
}

static void test_a_path_has_one_server(void **state)
{
        struct fixture *f = *state;
        struct rpc_server *second;

        assert_int_equal(rpc_server_open(&second, &(struct rpc_server_options){.url = url},
                                 &f->echo.service, &f->error),
                UNAVAILABLE);
        assert_string_equal(f->error.reason, "CANNOT_LISTEN");
        assert_null(ask(f, "echo.Read", "the first stays").error);
}

/* What a killed server leaves behind is taken over; what is no socket is left alone. */
static void test_what_stands_in_the_way(void **state)
{
        struct fixture *f = *state;
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        struct rpc_server *server;

        rpc_server_close(f->server);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        strcpy(address.sun_path, path);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        close(fd);
        assert_int_equal(access(path, F_OK), 0);
        open_server(f, url);
        assert_null(ask(f, "echo.Read", "taken over").error);

        char file[80], file_url[96];

        snprintf(file, sizeof(file), "%s/ledger", dir);
        snprintf(file_url, sizeof(file_url), "ipc://%s", file);
        close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        assert_int_equal(rpc_server_open(&server, &(struct rpc_server_options){.url = file_url},
                                 &f->echo.service, &f->error),
                INVALID_ARGUMENT);
        assert_string_equal(f->error.reason, "BAD_URL");
        assert_int_equal(unlink(file), 0);
}

#define ON_A_PATH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                ON_A_PATH(test_calls_are_answered),
                ON_A_PATH(test_strangers_do_not_end_it),
                ON_A_PATH(test_half_a_message_does_not_hold_up_the_end),
                ON_A_PATH(test_closing_one_channel_loses_no_call_of_another),
                ON_A_PATH(test_a_path_has_one_server),
                ON_A_PATH(test_what_stands_in_the_way),
        };

        assert(mkdtemp(dir) != NULL);
        snprintf(path, sizeof(path), "%s/socket", dir);
        snprintf(url, sizeof(url), "ipc://%s", path);
        int result = cmocka_run_group_tests(tests, NULL, NULL);

        rmdir(dir);
        return result;
}
