/* The channel against a server of its own process, over TCP: what a program may rely on. */
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
#include "lib/rpc/channel.h"
#include "tests/unit/rpc/echo_service.h"

struct fixture {
        struct echo echo;
        struct rpc_server *server;
        struct channel *channel;
        char url[64];
        struct arena arena;
        struct error error;
};

static void open_server_with(struct fixture *f, const struct rpc_server_options *options)
{
        for (int i = 0; i < 100; i++) { /* a port may linger for a moment */
                error_init(&f->error, &f->arena);
                if (rpc_server_open(&f->server, options, &f->echo.service, &f->error) == OK)
                        break;
                clock_sleep_us(20000);
        }
        assert_non_null(f->server);
        snprintf(f->url, sizeof(f->url), "%s", rpc_server_url(f->server));
}

static void open_server(struct fixture *f, const char *url)
{
        open_server_with(f, &(struct rpc_server_options){.url = url});
}

static void close_server(struct fixture *f)
{
        rpc_server_close(f->server);
        f->server = NULL;
}

static void open_channel(struct fixture *f, const struct channel_options *options)
{
        channel_close(f->channel);
        f->channel = NULL;
        assert_int_equal(channel_open(&f->channel, options, &f->error), OK);
}

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        arena_init(&f->arena);
        error_init(&f->error, &f->arena);
        echo_start(&f->echo, 2000);
        open_server(f, "tcp://127.0.0.1:0");
        open_channel(f, &(struct channel_options){.url = f->url, .agent = "test/1"});
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        channel_close(f->channel);
        echo_stop(&f->echo);
        rpc_server_close(f->server);
        arena_release(&f->arena);
        free(f);
        return 0;
}

static struct channel_call call_of(const char *method, const char *request)
{
        enum lane lane = strcmp(method, "echo.Write") == 0   ? LANE_WRITE
                         : strcmp(method, "echo.Sleep") == 0 ? LANE_SLOW
                         : strcmp(method, "echo.Wait") == 0  ? LANE_WAIT
                                                             : LANE_READ;

        return (struct channel_call){
                .method = method, .lane = lane, .request = bytes_of_text(request)};
}

static struct rpc_answer ask(struct fixture *f, const char *method, const char *request)
{
        struct channel_call call = call_of(method, request);
        struct rpc_answer answer;

        channel_call(f->channel, &call, &f->arena, &answer);
        return answer;
}

/* Many calls and one who waits for all of them. */
struct crowd {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        size_t answered;
        size_t ok;
        size_t by_code[STATUS_COUNT];
        char last_reason[40];
};

static void crowd_init(struct crowd *crowd)
{
        memset(crowd, 0, sizeof(*crowd));
        pthread_mutex_init(&crowd->lock, NULL);
        pthread_cond_init(&crowd->changed, NULL);
}

static void crowd_answered(void *context, const struct rpc_answer *answer)
{
        struct crowd *crowd = context;

        pthread_mutex_lock(&crowd->lock);
        crowd->answered++;
        crowd->by_code[answer->error == NULL ? OK : answer->error->code]++;
        if (answer->error != NULL)
                snprintf(crowd->last_reason, sizeof(crowd->last_reason), "%s",
                        answer->error->reason);
        pthread_cond_signal(&crowd->changed);
        pthread_mutex_unlock(&crowd->lock);
}

static void crowd_wait(struct crowd *crowd, size_t count)
{
        pthread_mutex_lock(&crowd->lock);
        while (crowd->answered < count)
                pthread_cond_wait(&crowd->changed, &crowd->lock);
        pthread_mutex_unlock(&crowd->lock);
}

static void crowd_release(struct crowd *crowd)
{
        pthread_cond_destroy(&crowd->changed);
        pthread_mutex_destroy(&crowd->lock);
}

static void assert_failed(const struct rpc_answer *answer, enum status code, const char *reason)
{
        assert_non_null(answer->error);
        assert_string_equal(answer->error->reason, reason);
        assert_int_equal(answer->error->code, code);
}

static void test_lone_calls(void **state)
{
        struct fixture *f = *state;
        struct channel_stats stats;

        for (int i = 0; i < 20; i++) {
                struct rpc_answer answer = ask(f, "echo.Read", "hello");

                assert_null(answer.error);
                assert_true(bytes_equal(answer.response, bytes_of_text("hello")));
        }
        channel_stats(f->channel, &stats);
        assert_int_equal(stats.messages, 20);
        assert_int_equal(stats.connects, 1);
}

static void test_every_lane(void **state)
{
        struct fixture *f = *state;

        assert_null(ask(f, "echo.Write", "w").error);
        assert_null(ask(f, "echo.Sleep", "1").error);
        assert_null(ask(f, "echo.Read", "").error);
}

static void test_errors_arrive_whole(void **state)
{
        struct fixture *f = *state;
        struct rpc_answer answer = ask(f, "echo.Fail", "");

        assert_failed(&answer, NOT_FOUND, "NO_SUCH_THING");
        assert_string_equal(answer.error->message, "nothing is called that");
        assert_string_equal(answer.error->violations->field, "lines[2].quantity");
        assert_string_equal(answer.error->facts->value, "3");
        assert_string_equal(answer.error->detail_type, "shop.Quote");
        assert_int_equal(answer.error->detail_len, 2);
        assert_int_equal(channel_sequence(f->channel), 9);
}

static void test_five_hundred_at_once(void **state)
{
        struct fixture *f = *state;
        struct channel_stats stats;
        struct crowd crowd;

        crowd_init(&crowd);
        for (int i = 0; i < 500; i++) {
                struct channel_call call = call_of(i % 2 ? "echo.Write" : "echo.Read", "x");

                channel_start(f->channel, &call, crowd_answered, &crowd);
        }
        crowd_wait(&crowd, 500);
        assert_int_equal(crowd.by_code[OK], 500);
        assert_int_equal(f->echo.id_count, 250);
        channel_stats(f->channel, &stats);
        assert_true(stats.messages < 250); /* they travelled together */
        crowd_release(&crowd);
}

struct chain {
        struct crowd crowd;
        struct channel *channel;
        atomic_int left;
};

static void chain_answered(void *context, const struct rpc_answer *answer)
{
        struct chain *chain = context;
        struct channel_call call = call_of("echo.Read", "again");

        if (atomic_fetch_sub(&chain->left, 1) > 0)
                channel_start(chain->channel, &call, chain_answered, chain);
        crowd_answered(&chain->crowd, answer);
}

static void test_callbacks_may_start_calls(void **state)
{
        struct fixture *f = *state;
        struct chain chain = {.channel = f->channel, .left = 2000};

        crowd_init(&chain.crowd);
        for (int i = 0; i < 50; i++) {
                struct channel_call call = call_of("echo.Read", "first");

                channel_start(f->channel, &call, chain_answered, &chain);
        }
        crowd_wait(&chain.crowd, 2050);
        assert_int_equal(chain.crowd.by_code[OK], 2050);
        crowd_release(&chain.crowd);
}

static void *ask_many(void *context)
{
        struct fixture *f = context;
        struct arena arena;

        arena_init(&arena);
        for (int i = 0; i < 200; i++) {
                struct channel_call call = call_of(i % 3 ? "echo.Read" : "echo.Write", "t");
                struct rpc_answer answer;

                assert_int_equal(channel_call(f->channel, &call, &arena, &answer), OK);
                arena_reset(&arena);
        }
        arena_release(&arena);
        return NULL;
}

static void test_threads_share_a_channel(void **state)
{
        struct fixture *f = *state;
        pthread_t threads[8];

        for (int i = 0; i < 8; i++)
                pthread_create(&threads[i], NULL, ask_many, f);
        for (int i = 0; i < 8; i++)
                pthread_join(threads[i], NULL);
        assert_int_equal(f->echo.id_count, 8 * 67);
}

static void test_a_slow_call_keeps_nobody_waiting(void **state)
{
        struct fixture *f = *state;
        struct channel_call wait = call_of("echo.Wait", "");
        struct crowd crowd;

        close_server(f); /* two contexts to begin with: the others must come as they are needed */
        open_server_with(f, &(struct rpc_server_options){.url = f->url, .receivers = 2});
        crowd_init(&crowd);
        for (int i = 0; i < 60; i++)
                channel_start(f->channel, &wait, crowd_answered, &crowd);
        assert_null(ask(f, "echo.Read", "quick").error);
        for (int i = 0; i < 200 && echo_parked(&f->echo) < 60; i++)
                clock_sleep_us(10000);
        assert_int_equal(echo_parked(&f->echo), 60);
        assert_null(ask(f, "echo.Write", "quick").error);
        echo_release_parked(&f->echo);
        crowd_wait(&crowd, 60);
        assert_int_equal(crowd.by_code[OK], 60);
        crowd_release(&crowd);
}

static void test_deadline(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Wait", "");
        struct rpc_answer answer;
        int64_t start_us = clock_monotonic_us();

        call.timeout_ms = 80;
        assert_int_equal(channel_call(f->channel, &call, &f->arena, &answer), DEADLINE_EXCEEDED);
        assert_failed(&answer, DEADLINE_EXCEEDED, "NO_ANSWER");
        assert_non_null(strstr(answer.error->message, f->url));
        assert_in_range(clock_monotonic_us() - start_us, 80000, 1000000);
        assert_null(ask(f, "echo.Read", "next").error);
}

/* A message that nobody waits for any more must not keep its place. */
static void test_unanswered_calls_do_not_block_their_lane(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Hang", "");
        struct rpc_answer answer;

        call.timeout_ms = 40;
        for (int i = 0; i < 4; i++)
                assert_int_equal(
                        channel_call(f->channel, &call, &f->arena, &answer), DEADLINE_EXCEEDED);
        assert_null(ask(f, "echo.Read", "next").error);
        /* The late answers have come before the socket is closed: the transport may wait for ever
         * for a message that it was reading just then. */
        echo_release_parked(&f->echo);
        clock_sleep_us(50000);
        assert_null(ask(f, "echo.Read", "last").error);
}

static void *close_in_background(void *context)
{
        close_server(context);
        return NULL;
}

/* The transport must not repeat a message behind our back. */
static void test_lost_connection_is_reported(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Wait", "");
        struct crowd crowd;
        pthread_t closing;

        open_channel(f, &(struct channel_options){.url = f->url, .attempts_max = 1});
        crowd_init(&crowd);
        channel_start(f->channel, &call, crowd_answered, &crowd);
        for (int i = 0; i < 200 && echo_parked(&f->echo) < 1; i++)
                clock_sleep_us(10000);
        pthread_create(&closing, NULL, close_in_background, f);
        crowd_wait(&crowd, 1);
        assert_int_equal(crowd.by_code[UNAVAILABLE], 1);
        assert_string_equal(crowd.last_reason, "CONNECTION_LOST");
        echo_release_parked(&f->echo);
        pthread_join(closing, NULL);
        crowd_release(&crowd);
}

static void test_cancel(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Wait", "");
        struct crowd crowd;

        crowd_init(&crowd);
        uint64_t first = channel_start(f->channel, &call, crowd_answered, &crowd);
        uint64_t second = channel_start(f->channel, &call, crowd_answered, &crowd);

        assert_true(first != 0 && second != 0 && first != second);
        channel_cancel(f->channel, first);
        crowd_wait(&crowd, 1);
        assert_int_equal(crowd.by_code[CANCELLED], 1);
        /* The number has ended: nothing happens, not even to the call that took its place. */
        channel_start(f->channel, &call, crowd_answered, &crowd);
        channel_cancel(f->channel, first);
        channel_cancel(f->channel, 0);
        channel_cancel(f->channel, UINT64_MAX);
        /* The first may have been called back before it left, or be parked over there. */
        for (int i = 0; i < 500 && crowd.by_code[OK] < 2; i++) {
                clock_sleep_us(10000);
                echo_release_parked(&f->echo);
        }
        crowd_wait(&crowd, 3);
        assert_int_equal(crowd.by_code[OK], 2);
        crowd_release(&crowd);
}

static void test_close_ends_open_calls(void **state)
{
        struct fixture *f = *state;
        struct crowd crowd;

        crowd_init(&crowd);
        for (int i = 0; i < 40; i++) {
                struct channel_call call = call_of(i % 2 ? "echo.Wait" : "echo.Sleep", "5");

                channel_start(f->channel, &call, crowd_answered, &crowd);
        }
        channel_close(f->channel);
        f->channel = NULL;
        assert_int_equal(crowd.answered, 40);
        assert_true(crowd.by_code[CANCELLED] >= 20);
        assert_int_equal(crowd.by_code[CANCELLED] + crowd.by_code[OK], 40);
        crowd_release(&crowd);
}

static void test_dead_server_is_named(void **state)
{
        struct fixture *f = *state;

        close_server(f);
        open_channel(f, &(struct channel_options){.url = f->url, .connect_timeout_ms = 150});
        int64_t start_us = clock_monotonic_us();
        struct rpc_answer answer = ask(f, "echo.Read", "anyone?");

        assert_failed(&answer, UNAVAILABLE, "NOT_CONNECTED");
        assert_non_null(strstr(answer.error->message, f->url));
        assert_in_range(clock_monotonic_us() - start_us, 150000, 2000000);
}

static void test_call_waits_for_a_server_that_comes(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Write", "patience");
        struct crowd crowd;

        close_server(f);
        open_channel(f, &(struct channel_options){.url = f->url});
        crowd_init(&crowd);
        for (int i = 0; i < 3; i++)
                channel_start(f->channel, &call, crowd_answered, &crowd);
        clock_sleep_us(100000);
        assert_int_equal(crowd.answered, 0);
        open_server(f, f->url);
        crowd_wait(&crowd, 3);
        assert_int_equal(crowd.by_code[OK], 3);
        assert_int_equal(atomic_load(&f->echo.writes), 3);
        crowd_release(&crowd);
}

/* What was given up before it left must not run when the server comes. */
static void test_given_up_calls_do_not_run_later(void **state)
{
        struct fixture *f = *state;
        struct channel_call brief = call_of("echo.Write", "brief");
        struct channel_call patient = call_of("echo.Write", "patient");
        struct crowd crowd;

        close_server(f);
        open_channel(f, &(struct channel_options){.url = f->url});
        crowd_init(&crowd);
        brief.timeout_ms = 60;
        channel_start(f->channel, &brief, crowd_answered, &crowd);
        channel_start(f->channel, &patient, crowd_answered, &crowd);
        crowd_wait(&crowd, 1);
        open_server(f, f->url);
        crowd_wait(&crowd, 2);
        assert_int_equal(crowd.by_code[OK], 1);
        clock_sleep_us(50000);
        assert_int_equal(atomic_load(&f->echo.writes), 1);
        crowd_release(&crowd);
}

static void *restart(void *context)
{
        struct fixture *f = context;

        rpc_server_drain(f->server, 20);
        /* What runs is answered into the void: its connection is gone. */
        close_server(f);
        clock_sleep_us(100000);
        open_server(f, f->url);
        return NULL;
}

/* Writes in flight when the server goes are repeated with the same request id. */
static void test_restart_loses_and_doubles_nothing(void **state)
{
        struct fixture *f = *state;
        pthread_t restarting;
        struct crowd crowd;

        crowd_init(&crowd);
        assert_null(ask(f, "echo.Read", "connected").error);
        for (int i = 0; i < 200; i++) {
                struct channel_call call = call_of("echo.Write", "w");

                if (i == 100)
                        pthread_create(&restarting, NULL, restart, f);
                channel_start(f->channel, &call, crowd_answered, &crowd);
                clock_sleep_us(500);
        }
        pthread_join(restarting, NULL);
        crowd_wait(&crowd, 200);
        assert_int_equal(crowd.by_code[OK], 200);
        assert_int_equal(f->echo.id_count, 200);
        /* On a machine that was busy all of them may have gone out before the restart. */
        assert_null(ask(f, "echo.Read", "reconnected").error);
        struct channel_stats stats;

        channel_stats(f->channel, &stats);
        assert_int_equal(stats.connects, 2);
        crowd_release(&crowd);
}

static void test_idle_connection_that_was_cut(void **state)
{
        struct fixture *f = *state;

        for (int i = 0; i < 3; i++) {
                assert_null(ask(f, "echo.Read", "before").error);
                close_server(f);
                open_server(f, f->url);
                assert_null(ask(f, "echo.Read", "after").error);
        }
}

static void test_failures_are_repeated(void **state)
{
        struct fixture *f = *state;
        struct channel_stats stats;

        atomic_store(&f->echo.fail_first, 3);
        assert_null(ask(f, "echo.Flaky", "x").error);
        channel_stats(f->channel, &stats);
        assert_int_equal(stats.retries, 3);
}

static void test_attempts_end(void **state)
{
        struct fixture *f = *state;

        open_channel(f, &(struct channel_options){.url = f->url, .attempts_max = 3});
        atomic_store(&f->echo.fail_first, 1000);
        struct rpc_answer answer = ask(f, "echo.Flaky", "x");

        assert_failed(&answer, UNAVAILABLE, "TRY_AGAIN");
        assert_int_equal(atomic_load(&f->echo.fail_first), 997);
}

static void test_budget_ends_repetition(void **state)
{
        struct fixture *f = *state;

        for (int i = 0; i < 10; i++) {
                struct rpc_answer answer = ask(f, "echo.Refuse", "x");

                assert_failed(&answer, RESOURCE_EXHAUSTED, "SERVER_BUSY");
        }
        /* 4 repetitions by the budget, not 4 for each of 10 calls. */
        assert_int_equal(atomic_load(&f->echo.reads), 14);
}

static void test_deferred_answers_are_fetched_alone(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Bytes", "1500000");
        struct rpc_server_stats stats;
        struct crowd crowd;

        crowd_init(&crowd);
        for (int i = 0; i < 12; i++)
                channel_start(f->channel, &call, crowd_answered, &crowd);
        crowd_wait(&crowd, 12);
        assert_int_equal(crowd.by_code[OK], 12);
        rpc_server_stats(f->server, &stats);
        /* Two fit into a message; of the others none is deferred twice. */
        assert_in_range(stats.deferred, 1, 11);
        crowd_release(&crowd);
}

static void test_too_large(void **state)
{
        struct fixture *f = *state;
        struct rpc_answer answer = ask(f, "echo.Bytes", "3145729");
        char *large = calloc(1, RPC_MESSAGE_BYTES_MAX + 1);

        assert_failed(&answer, RESOURCE_EXHAUSTED, "REPLY_TOO_LARGE");
        memset(large, 'x', RPC_MESSAGE_BYTES_MAX);
        answer = ask(f, "echo.Read", large);
        assert_failed(&answer, RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE");
        large[RPC_REPLY_BYTES_MAX] = '\0'; /* the largest that fits both ways */
        answer = ask(f, "echo.Read", large);
        assert_null(answer.error);
        assert_int_equal(answer.response.len, RPC_REPLY_BYTES_MAX);
        free(large);
}

static void test_open_calls_are_limited(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Wait", "");
        struct crowd crowd;

        open_channel(f, &(struct channel_options){.url = f->url, .in_flight_max = 10});
        crowd_init(&crowd);
        for (int i = 0; i < 12; i++)
                channel_start(f->channel, &call, crowd_answered, &crowd);
        assert_int_equal(crowd.by_code[RESOURCE_EXHAUSTED], 2);
        for (int i = 0; i < 200 && echo_parked(&f->echo) < 10; i++)
                clock_sleep_us(10000);
        echo_release_parked(&f->echo);
        crowd_wait(&crowd, 12);
        crowd_release(&crowd);
}

static void test_bad_headers_are_refused_here(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Read", "");
        struct rpc_answer answer;

        call.traceparent = "no\nline feeds";
        channel_call(f->channel, &call, &f->arena, &answer);
        assert_failed(&answer, INVALID_ARGUMENT, "BAD_HEADER");
        assert_non_null(strstr(answer.error->message, "traceparent"));
}

static void test_tokens_and_sequence_travel(void **state)
{
        struct fixture *f = *state;
        struct channel_call call = call_of("echo.Read", "");
        struct rpc_answer answer;

        channel_set_token(f->channel, bytes_of_text("of-the-channel"));
        assert_null(ask(f, "echo.Read", "").error);
        assert_string_equal(f->echo.token_seen, "of-the-channel");
        memset(f->echo.token_seen, 0, sizeof(f->echo.token_seen));
        call.token = "of-the-call";
        channel_call(f->channel, &call, &f->arena, &answer);
        assert_string_equal(f->echo.token_seen, "of-the-call");
        memset(f->echo.token_seen, 0, sizeof(f->echo.token_seen));
        call.token = "";
        channel_call(f->channel, &call, &f->arena, &answer);
        assert_string_equal(f->echo.token_seen, "");

        answer = ask(f, "echo.Write", "counts");
        assert_int_equal(answer.sequence, 1);
        assert_null(ask(f, "echo.Read", "").error);
        assert_int_equal(atomic_load(&f->echo.min_sequence_seen), 1);
}

static void test_bad_urls(void **state)
{
        static const char *const urls[] = {NULL, "", "shop", "carrier://pigeon", "tls+tcp://h:1"};
        struct fixture *f = *state;
        struct channel *channel;

        for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
                error_init(&f->error, &f->arena);
                assert_int_equal(channel_open(&channel, &(struct channel_options){.url = urls[i]},
                                         &f->error),
                        INVALID_ARGUMENT);
        }
}

static void test_inproc(void **state)
{
        struct fixture *f = *state;

        close_server(f);
        open_server(f, "inproc://test-channel");
        open_channel(f, &(struct channel_options){.url = f->url});
        assert_null(ask(f, "echo.Write", "near").error);
}

/* A key and a certificate for 127.0.0.1, as openssl makes them. False where there is none. */
static bool make_certificate(const char *dir)
{
        char command[512];

        snprintf(command, sizeof(command),
                "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
                "-addext subjectAltName=DNS:localhost -keyout %s/key.pem -out %s/cert.pem "
                "2>%s/log",
                dir, dir, dir);
        return system(command) == 0;
}

static void test_tls(void **state)
{
        struct fixture *f = *state;
        char dir[] = "/tmp/test_tls_XXXXXX";
        char cert[64], key[64], remove[64];

        assert_non_null(mkdtemp(dir));
        snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
        snprintf(key, sizeof(key), "%s/key.pem", dir);
        snprintf(remove, sizeof(remove), "rm -r %s", dir);
        if (!make_certificate(dir)) {
                assert_int_equal(system(remove), 0);
                skip();
        }
        close_server(f);
        open_server_with(f, &(struct rpc_server_options){.url = "tls+tcp://127.0.0.1:0",
                                    .tls_cert_file = cert,
                                    .tls_key_file = key});
        const char *port = strrchr(f->url, ':');
        char named[64];

        snprintf(named, sizeof(named), "tls+tcp://localhost%s", port);
        open_channel(f, &(struct channel_options){.url = named, .tls_ca_file = cert});
        assert_null(ask(f, "echo.Read", "in secret").error);

        /* The certificate is not for this name. */
        open_channel(f, &(struct channel_options){
                                .url = f->url, .tls_ca_file = cert, .connect_timeout_ms = 300});
        struct rpc_answer answer = ask(f, "echo.Read", "who are you?");

        assert_failed(&answer, UNAVAILABLE, "NOT_CONNECTED");

        struct rpc_server *server;

        assert_int_equal(rpc_server_open(&server,
                                 &(struct rpc_server_options){.url = "tls+tcp://127.0.0.1:0",
                                         .tls_cert_file = cert,
                                         .tls_key_file = "/nowhere"},
                                 &f->echo.service, &f->error),
                INVALID_ARGUMENT);
        assert_string_equal(f->error.reason, "BAD_TLS");
        assert_int_equal(system(remove), 0);
}

#define WITH_SERVER(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_SERVER(test_lone_calls),
                WITH_SERVER(test_every_lane),
                WITH_SERVER(test_errors_arrive_whole),
                WITH_SERVER(test_five_hundred_at_once),
                WITH_SERVER(test_callbacks_may_start_calls),
                WITH_SERVER(test_threads_share_a_channel),
                WITH_SERVER(test_a_slow_call_keeps_nobody_waiting),
                WITH_SERVER(test_deadline),
                WITH_SERVER(test_unanswered_calls_do_not_block_their_lane),
                WITH_SERVER(test_lost_connection_is_reported),
                WITH_SERVER(test_cancel),
                WITH_SERVER(test_close_ends_open_calls),
                WITH_SERVER(test_dead_server_is_named),
                WITH_SERVER(test_call_waits_for_a_server_that_comes),
                WITH_SERVER(test_given_up_calls_do_not_run_later),
                WITH_SERVER(test_restart_loses_and_doubles_nothing),
                WITH_SERVER(test_idle_connection_that_was_cut),
                WITH_SERVER(test_failures_are_repeated),
                WITH_SERVER(test_attempts_end),
                WITH_SERVER(test_budget_ends_repetition),
                WITH_SERVER(test_deferred_answers_are_fetched_alone),
                WITH_SERVER(test_too_large),
                WITH_SERVER(test_open_calls_are_limited),
                WITH_SERVER(test_bad_headers_are_refused_here),
                WITH_SERVER(test_tokens_and_sequence_travel),
                WITH_SERVER(test_bad_urls),
                WITH_SERVER(test_inproc),
                WITH_SERVER(test_tls),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
