/* The channel against a server of its own process, over TCP: what a program may rely on. */
#include "tests/unit/rpc/channel_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"

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

/* How many messages carry so many calls that waited together for one of two servers. */
static uint64_t messages_of(struct fixture *f, const char *method, size_t count)
{
        struct channel_call call = call_of(method, "x");
        struct crowd crowd;
        char url[sizeof(f->url)], urls[2 * sizeof(f->url)];

        memcpy(url, f->url, sizeof(url));
        snprintf(urls, sizeof(urls), "%s,tcp://127.0.0.1:1", url);
        close_server(f);
        open_channel(f, &(struct channel_options){.url = urls});
        crowd_init(&crowd);
        for (size_t i = 0; i < count; i++)
                channel_start(f->channel, &call, crowd_answered, &crowd);
        open_server(f, url);
        crowd_wait(&crowd, count);
        assert_int_equal(crowd.by_code[OK], count);
        crowd_release(&crowd);
        return stats_of(f).messages;
}

static void test_calls_are_shared_by_flights(void **state)
{
        struct fixture *f = *state;

        assert_int_equal(messages_of(f, "echo.Read", 63), 1);
        assert_int_equal(messages_of(f, "echo.Read", 64), 2);
        assert_int_equal(messages_of(f, "echo.Read", 200), 1);
        assert_int_equal(messages_of(f, "echo.Write", 7), 1);
        assert_int_equal(messages_of(f, "echo.Write", 8), 2);
        uint64_t many = messages_of(f, "echo.Write", 64);

        assert_in_range(many, 4, 8); /* more where one was answered before the last one left */
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
        assert_true(parked_soon(&f->echo, 60));
        assert_null(ask(f, "echo.Write", "quick").error);
        echo_release_parked(&f->echo);
        crowd_wait(&crowd, 60);
        assert_int_equal(crowd.by_code[OK], 60);
        crowd_release(&crowd);
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
        assert_true(parked_soon(&f->echo, 10));
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

/* One that no batch may carry would spoil the calls of everybody on the channel. */
static void test_tokens_are_bounded(void **state)
{
        struct fixture *f = *state;
        char token[RPC_TEXT_BYTES_MAX + 2];

        memset(token, 't', sizeof(token) - 1);
        token[sizeof(token) - 1] = '\0';
        assert_int_equal(channel_set_token(f->channel, bytes_of_text("old")), OK);
        assert_int_equal(channel_set_token(f->channel, bytes_of_text(token)), INVALID_ARGUMENT);
        assert_int_equal(channel_set_token(f->channel, bytes_of_text("a\n")), INVALID_ARGUMENT);
        assert_null(ask(f, "echo.Read", "").error);
        assert_string_equal(f->echo.token_seen, "old");
        token[RPC_TEXT_BYTES_MAX] = '\0';
        assert_int_equal(channel_set_token(f->channel, bytes_of_text(token)), OK);
        assert_null(ask(f, "echo.Read", "").error);
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

static void test_tls(void **state)
{
        struct fixture *f = *state;
        struct papers papers;

        papers_make(&papers);
        close_server(f);
        open_server_with(f, &(struct rpc_server_options){.url = "tls+tcp://127.0.0.1:0",
                                    .tls_cert_file = papers.cert,
                                    .tls_key_file = papers.key});
        const char *port = strrchr(f->url, ':');
        char named[64];

        snprintf(named, sizeof(named), "tls+tcp://localhost%s", port);
        open_channel(f, &(struct channel_options){.url = named, .tls_ca_file = papers.cert});
        assert_null(ask(f, "echo.Read", "in secret").error);

        /* The certificate is not for this name. */
        open_channel(
                f, &(struct channel_options){
                           .url = f->url, .tls_ca_file = papers.cert, .connect_timeout_ms = 300});
        struct rpc_answer answer = ask(f, "echo.Read", "who are you?");

        assert_failed(&answer, UNAVAILABLE, "NOT_CONNECTED");

        struct rpc_server *server;

        assert_int_equal(rpc_server_open(&server,
                                 &(struct rpc_server_options){.url = "tls+tcp://127.0.0.1:0",
                                         .tls_cert_file = papers.cert,
                                         .tls_key_file = "/nowhere"},
                                 &f->echo.service, &f->error),
                INVALID_ARGUMENT);
        assert_string_equal(f->error.reason, "BAD_TLS");
        papers_remove(&papers);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_SERVER(test_lone_calls),
                WITH_SERVER(test_every_lane),
                WITH_SERVER(test_errors_arrive_whole),
                WITH_SERVER(test_five_hundred_at_once),
                WITH_SERVER(test_calls_are_shared_by_flights),
                WITH_SERVER(test_callbacks_may_start_calls),
                WITH_SERVER(test_threads_share_a_channel),
                WITH_SERVER(test_a_slow_call_keeps_nobody_waiting),
                WITH_SERVER(test_deferred_answers_are_fetched_alone),
                WITH_SERVER(test_too_large),
                WITH_SERVER(test_open_calls_are_limited),
                WITH_SERVER(test_bad_headers_are_refused_here),
                WITH_SERVER(test_tokens_are_bounded),
                WITH_SERVER(test_tokens_and_sequence_travel),
                WITH_SERVER(test_bad_urls),
                WITH_SERVER(test_inproc),
                WITH_SERVER(test_tls),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
