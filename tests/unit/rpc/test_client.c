/*
 * libshop against a server, by its public header only: messages in and out, errors, pages,
 * fresh tokens. The wire's own messages serve as requests and responses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "client/shop.h"
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "rpc.pb-c.h"
#include "tests/unit/rpc/echo_service.h"
#include "things.pb-c.h"

static const struct shop_method read_method = {
        .name = "echo.Read",
        .lane = SHOP_LANE_READ,
        .request = &shop__fact__descriptor,
        .response = &shop__fact__descriptor,
};

static const struct shop_method fail_method = {
        .name = "echo.Fail",
        .lane = SHOP_LANE_READ,
        .request = &shop__fact__descriptor,
        .response = &shop__fact__descriptor,
};

static const struct shop_method list_method = {
        .name = "things.List",
        .lane = SHOP_LANE_READ,
        .request = &shop__list_things_request__descriptor,
        .response = &shop__list_things_response__descriptor,
};

struct fixture {
        struct echo echo;
        struct rpc_service service;
        struct rpc_server *server;
        struct shop_channel *channel;
        struct shop_error error;
        struct arena arena;
        char good_token[16]; /* any other has expired; "": every token is good */
        atomic_int renewals;
        bool no_token;
        atomic_bool no_token_yet; /* its source keeps everybody waiting */
};

static size_t list_things(struct fixture *f, struct rpc_call *call)
{
        static char *names[] = {"a", "b", "c", "d", "e", "f", "g"};
        Shop__ListThingsRequest *request =
                shop__list_things_request__unpack(NULL, call->request.len, call->request.data);
        Shop__ListThingsResponse response = SHOP__LIST_THINGS_RESPONSE__INIT;
        size_t from = (size_t)atoi(request->page_token);
        size_t count = from + 3 > 7 ? 7 - from : 3;
        char next[8] = "";
        uint8_t bytes[200];

        assert_string_equal(request->kind, "letters");
        if (from + count < 7)
                snprintf(next, sizeof(next), "%zu", from + count);
        response.names = names + from;
        response.n_names = count;
        response.next_page_token = next;
        size_t len = shop__list_things_response__pack(&response, bytes);

        rpc_reply(call, &(struct rpc_reply){.response = bytes_of(bytes, len)});
        shop__list_things_request__free_unpacked(request, NULL);
        return 0;
}

/* What came with the call, as what goes with the answer. */
static void answer_about(struct rpc_call *call)
{
        struct rpc_metadatum told[RPC_METADATA_MAX] = {
                {bytes_of_text("agent"), call->agent},
                {bytes_of_text("traceparent"), call->traceparent},
        };
        size_t count = 2;

        for (size_t i = 0; i < call->metadata.count; i++)
                told[count++] = call->metadata.at[i];
        rpc_reply(call, &(struct rpc_reply){.metadata = {told, count}});
}

static size_t read_calls(
        void *context, struct rpc_call *const *calls, size_t count, int64_t budget_us)
{
        static const struct error expired = {
                .code = UNAUTHENTICATED, .reason = "TOKEN_EXPIRED", .message = "sign in again"};
        struct fixture *f = context;

        for (size_t i = 0; i < count; i++) {
                if (f->good_token[0] != '\0' &&
                        !bytes_equal(calls[i]->token, bytes_of_text(f->good_token)))
                        rpc_reply(calls[i], &(struct rpc_reply){.error = &expired});
                else if (bytes_equal(calls[i]->method, bytes_of_text("things.List")))
                        list_things(f, calls[i]);
                else if (bytes_equal(calls[i]->method, bytes_of_text("echo.About")))
                        answer_about(calls[i]);
                else if (bytes_equal(calls[i]->method, bytes_of_text("echo.Broken")))
                        rpc_reply(
                                calls[i], &(struct rpc_reply){.response = bytes_of("\x0a\xff", 2)});
                else
                        f->echo.service.read(&f->echo, &calls[i], 1, budget_us);
        }
        return 0;
}

static enum lane lane_of(void *context, struct rpc_call *call)
{
        struct fixture *f = context;

        return f->echo.service.lane(&f->echo, call);
}

static void drop(void *context, const struct rpc_which *which)
{
        struct fixture *f = context;

        f->echo.service.drop(&f->echo, which);
}

static bool submit(void *context, enum lane lane, struct rpc_call *call)
{
        struct fixture *f = context;

        return f->echo.service.submit(&f->echo, lane, call);
}

static bool fresh_token(
        void *context, struct shop_channel *channel, uint8_t *out, size_t capacity, size_t *len)
{
        struct fixture *f = context;
        Shop__Fact request = SHOP__FACT__INIT;

        /* It may call on the channel itself, and a failure of that does not ask it again. */
        assert_int_equal(shop_invoke(channel, &read_method, &request.base, NULL, NULL, NULL),
                SHOP_UNAUTHENTICATED);
        atomic_fetch_add(&f->renewals, 1);
        while (atomic_load(&f->no_token_yet))
                clock_sleep_us(1000);
        if (f->no_token)
                return false;
        *len = strlen(f->good_token);
        assert_true(*len <= capacity);
        memcpy(out, f->good_token, *len);
        return true;
}

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));
        struct error error;

        arena_init(&f->arena);
        error_init(&error, &f->arena);
        echo_start(&f->echo, 100);
        f->service = (struct rpc_service){
                .context = f, .lane = lane_of, .read = read_calls, .submit = submit, .drop = drop};
        assert_int_equal(rpc_server_open(&f->server,
                                 &(struct rpc_server_options){.url = "tcp://127.0.0.1:0"},
                                 &f->service, &error),
                OK);
        f->channel = shop_channel_open(
                &(struct shop_channel_options){
                        .url = rpc_server_url(f->server),
                        .token = "old",
                        .language = "zh,en",
                        .token_source = fresh_token,
                        .token_context = f,
                },
                &f->error);
        assert_non_null(f->channel);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        shop_channel_close(f->channel);
        echo_stop(&f->echo);
        rpc_server_close(f->server);
        echo_release(&f->echo);
        shop_error_release(&f->error);
        arena_release(&f->arena);
        free(f);
        return 0;
}

static void test_messages_there_and_back(void **state)
{
        struct fixture *f = *state;
        Shop__Fact request = SHOP__FACT__INIT;
        ProtobufCMessage *response = NULL;

        request.name = "available";
        request.value = "3";
        assert_int_equal(
                shop_invoke(f->channel, &read_method, &request.base, NULL, &response, &f->error),
                SHOP_OK);
        assert_string_equal(((Shop__Fact *)response)->name, "available");
        assert_string_equal(((Shop__Fact *)response)->value, "3");
        protobuf_c_message_free_unpacked(response, NULL);
        assert_int_equal(
                shop_invoke(f->channel, &read_method, &request.base, NULL, NULL, NULL), SHOP_OK);
}

static void test_errors_are_arrays(void **state)
{
        struct fixture *f = *state;
        Shop__Fact request = SHOP__FACT__INIT;
        ProtobufCMessage *response = NULL;

        for (int i = 0; i < 2; i++) /* the second one frees the first */
                assert_int_equal(shop_invoke(f->channel, &fail_method, &request.base, NULL,
                                         &response, &f->error),
                        SHOP_NOT_FOUND);
        assert_null(response);
        assert_int_equal(f->error.code, SHOP_NOT_FOUND);
        assert_string_equal(f->error.reason, "NO_SUCH_THING");
        assert_int_equal(f->error.violation_count, 1);
        assert_string_equal(f->error.violations[0].field, "lines[2].quantity");
        assert_int_equal(f->error.fact_count, 1);
        assert_string_equal(shop_error_fact(&f->error, "available"), "3");
        assert_null(shop_error_fact(&f->error, "else"));
        assert_int_equal(f->error.detail_len, 2);
        assert_string_equal(f->error.detail_type, "shop.Quote");
        assert_string_equal(shop_status_name(f->error.code), "NOT_FOUND");
        shop_error_release(&f->error);
        assert_null(f->error.reason);
}

static void test_answers_that_are_no_messages(void **state)
{
        struct fixture *f = *state;
        Shop__Fact request = SHOP__FACT__INIT;
        struct shop_method method = read_method;

        method.name = "echo.Broken";
        assert_int_equal(shop_invoke(f->channel, &method, &request.base, NULL, NULL, &f->error),
                SHOP_INTERNAL);
        assert_string_equal(f->error.reason, "MALFORMED_REPLY");
}

static void test_bytes(void **state)
{
        struct fixture *f = *state;
        uint8_t *response;
        size_t len;

        assert_int_equal(shop_invoke_bytes(f->channel, "echo.Read", SHOP_LANE_READ,
                                 (const uint8_t *)"raw", 3, NULL, &response, &len, &f->error),
                SHOP_OK);
        assert_int_equal(len, 3);
        assert_memory_equal(response, "raw", 3);
        free(response);
        assert_int_equal(shop_invoke_bytes(f->channel, "echo.Write", SHOP_LANE_WRITE, NULL, 0, NULL,
                                 &response, &len, &f->error),
                SHOP_OK);
        assert_int_equal(len, 0);
        free(response);
        assert_int_equal(shop_channel_sequence(f->channel), 1);
}

static void test_request_ids(void **state)
{
        struct fixture *f = *state;
        char id[SHOP_REQUEST_ID_SIZE];
        uint8_t *response;
        size_t len;

        shop_request_id(id);
        assert_true(request_id_check(id, NULL));
        for (int i = 0; i < 3; i++) {
                const struct shop_call_options options = {.request_id = id};

                assert_int_equal(shop_invoke_bytes(f->channel, "echo.Write", SHOP_LANE_WRITE, NULL,
                                         0, &options, &response, &len, &f->error),
                        SHOP_OK);
                free(response);
        }
        assert_int_equal(f->echo.id_count, 1);
        assert_string_equal(f->echo.ids[0], id);
}

struct gathered {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        int ok;
        int failed;
};

static void gather(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct gathered *gathered = context;

        assert_int_equal(status == SHOP_OK, response != NULL);
        assert_int_equal(status == SHOP_OK, error == NULL);
        pthread_mutex_lock(&gathered->lock);
        if (status == SHOP_OK && strcmp(((const Shop__Fact *)response)->name, "n") == 0)
                gathered->ok++;
        else
                gathered->failed++;
        pthread_cond_signal(&gathered->changed);
        pthread_mutex_unlock(&gathered->lock);
}

static void start_many(struct fixture *f, struct gathered *gathered, int count)
{
        Shop__Fact request = SHOP__FACT__INIT;

        *gathered = (struct gathered){
                .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
        request.name = "n";
        for (int i = 0; i < count; i++)
                assert_true(shop_start(f->channel, &read_method, &request.base, NULL, gather,
                                    gathered) != 0);
        pthread_mutex_lock(&gathered->lock);
        while (gathered->ok + gathered->failed < count)
                pthread_cond_wait(&gathered->changed, &gathered->lock);
        pthread_mutex_unlock(&gathered->lock);
}

static void test_asynchronous(void **state)
{
        struct fixture *f = *state;
        struct gathered gathered;

        start_many(f, &gathered, 1000);
        assert_int_equal(gathered.ok, 1000);
}

static void test_pages(void **state)
{
        struct fixture *f = *state;
        Shop__ListThingsRequest request = SHOP__LIST_THINGS_REQUEST__INIT;
        struct shop_pages pages;
        ProtobufCMessage *page;
        char seen[16] = "";
        int count = 0;

        request.kind = "letters";
        shop_pages_init(&pages, f->channel, &list_method, &request.base);
        while (shop_pages_next(&pages, &page, &f->error) == SHOP_OK && page != NULL) {
                const Shop__ListThingsResponse *things = (Shop__ListThingsResponse *)page;

                for (size_t i = 0; i < things->n_names; i++)
                        strcat(seen, things->names[i]);
                protobuf_c_message_free_unpacked(page, NULL);
                count++;
        }
        assert_string_equal(seen, "abcdefg");
        assert_int_equal(count, 3);
        assert_int_equal(shop_pages_next(&pages, &page, &f->error), SHOP_OK);
        assert_null(page);
        shop_pages_release(&pages);
}

static void test_tokens_are_bounded(void **state)
{
        struct fixture *f = *state;
        char token[1026];

        memset(token, 't', 1025);
        token[1025] = '\0';
        assert_int_equal(shop_channel_set_token(f->channel, token), SHOP_INVALID_ARGUMENT);
        assert_int_equal(shop_channel_set_token(f->channel, NULL), SHOP_OK);
        assert_null(shop_channel_open(
                &(struct shop_channel_options){.url = rpc_server_url(f->server), .token = token},
                &f->error));
        assert_string_equal(f->error.reason, "BAD_HEADER");
}

static void test_expired_token_is_renewed_once(void **state)
{
        struct fixture *f = *state;
        struct gathered gathered;

        strcpy(f->good_token, "fresh");
        start_many(f, &gathered, 300);
        assert_int_equal(gathered.ok, 300);
        assert_int_equal(atomic_load(&f->renewals), 1);
}

static void note_status(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        atomic_store((atomic_int *)context, (int)status);
}

/* One of two that wait for a token is cancelled at once; the other is repeated. */
static void test_waiting_for_a_token_is_cancelled(void **state)
{
        struct fixture *f = *state;
        Shop__Fact request = SHOP__FACT__INIT;
        atomic_int first = -1, second = -1;

        strcpy(f->good_token, "fresh");
        atomic_store(&f->no_token_yet, true);
        uint64_t number =
                shop_start(f->channel, &read_method, &request.base, NULL, note_status, &first);

        for (int i = 0; i < 500 && atomic_load(&f->renewals) == 0; i++)
                clock_sleep_us(10000);
        shop_start(f->channel, &read_method, &request.base, NULL, note_status, &second);
        assert_int_equal(atomic_load(&first), -1);
        shop_cancel(f->channel, number);
        assert_int_equal(atomic_load(&first), SHOP_CANCELLED);
        shop_cancel(f->channel, number);
        atomic_store(&f->no_token_yet, false);
        for (int i = 0; i < 500 && atomic_load(&second) == -1; i++)
                clock_sleep_us(10000);
        assert_int_equal(atomic_load(&second), SHOP_OK);
        assert_int_equal(atomic_load(&f->renewals), 1);
}

#define TRACEPARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

/* Also of a call that is repeated with a fresh token. */
static void test_metadata_there_and_back(void **state)
{
        struct fixture *f = *state;
        const struct shop_metadatum said[] = {{"colour", "red"}, {"size-2", ""}};
        struct shop_metadata answered = {0};
        struct shop_call_options options = {
                .traceparent = TRACEPARENT,
                .metadata = said,
                .metadata_count = 2,
                .answer_metadata = &answered,
        };
        uint8_t *bytes;
        size_t len;

        strcpy(f->good_token, "fresh");
        for (int i = 0; i < 2; i++) {
                assert_int_equal(shop_invoke_bytes(f->channel, "echo.About", SHOP_LANE_READ, NULL,
                                         0, &options, &bytes, &len, &f->error),
                        SHOP_OK);
                free(bytes);
                assert_int_equal(answered.count, 4);
                assert_string_equal(shop_metadata_get(&answered, "colour"), "red");
                assert_string_equal(shop_metadata_get(&answered, "size-2"), "");
                assert_string_equal(shop_metadata_get(&answered, "traceparent"), TRACEPARENT);
                assert_non_null(
                        strstr(shop_metadata_get(&answered, "agent"), "test_rpc_client libshop/"));
                assert_null(shop_metadata_get(&answered, "weight"));
        }
        shop_metadata_release(&answered);
        shop_metadata_release(&answered);
        options.metadata = &(struct shop_metadatum){"Colour", "red"};
        options.metadata_count = 1;
        assert_int_equal(shop_invoke_bytes(f->channel, "echo.About", SHOP_LANE_READ, NULL, 0,
                                 &options, &bytes, &len, &f->error),
                SHOP_INVALID_ARGUMENT);
        assert_string_equal(f->error.reason, "BAD_HEADER");
        assert_int_equal(answered.count, 0);
}

static void test_no_fresh_token(void **state)
{
        struct fixture *f = *state;
        Shop__Fact request = SHOP__FACT__INIT;

        strcpy(f->good_token, "fresh");
        f->no_token = true;
        assert_int_equal(
                shop_invoke(f->channel, &read_method, &request.base, NULL, NULL, &f->error),
                SHOP_UNAUTHENTICATED);
        assert_string_equal(f->error.reason, "TOKEN_EXPIRED");
}

static void test_token_of_the_call_is_not_renewed(void **state)
{
        struct fixture *f = *state;
        Shop__Fact request = SHOP__FACT__INIT;
        const struct shop_call_options options = {.token = "of-the-call"};

        strcpy(f->good_token, "fresh");
        assert_int_equal(
                shop_invoke(f->channel, &read_method, &request.base, &options, NULL, &f->error),
                SHOP_UNAUTHENTICATED);
        assert_int_equal(atomic_load(&f->renewals), 0);
}

static void test_options_that_make_no_sense(void **state)
{
        struct fixture *f = *state;
        static const struct shop_channel_options cases[] = {
                {.url = NULL},
                {.url = "http://shop"},
                {.url = "tcp://127.0.0.1:1", .token = "line\nfeed"},
                {.url = "tcp://127.0.0.1:1", .language = "\x01"},
                {.url = "tcp://127.0.0.1:1", .agent = "caf\xc3\xa9"},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                assert_null(shop_channel_open(&cases[i], &f->error));
                assert_int_equal(f->error.code, SHOP_INVALID_ARGUMENT);
                assert_true(strlen(f->error.message) > 0);
        }
        assert_null(shop_channel_open(&cases[0], NULL));
}

static void count_cancelled(void *context, enum shop_status status, const uint8_t *response,
        size_t response_len, const struct shop_error *error)
{
        if (status == SHOP_CANCELLED)
                atomic_fetch_add((atomic_int *)context, 1);
}

static void test_cancel_and_close(void **state)
{
        struct fixture *f = *state;
        atomic_int cancelled = 0;

        uint64_t number = shop_start_bytes(f->channel, "echo.Wait", SHOP_LANE_WAIT, NULL, 0, NULL,
                count_cancelled, &cancelled);
        shop_start_bytes(f->channel, "echo.Wait", SHOP_LANE_WAIT, NULL, 0, NULL, count_cancelled,
                &cancelled);
        shop_cancel(f->channel, number);
        assert_int_equal(atomic_load(&cancelled), 1);
        shop_channel_close(f->channel);
        f->channel = NULL;
        assert_int_equal(atomic_load(&cancelled), 2);
}

#define WITH_SERVER(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_SERVER(test_messages_there_and_back),
                WITH_SERVER(test_errors_are_arrays),
                WITH_SERVER(test_answers_that_are_no_messages),
                WITH_SERVER(test_bytes),
                WITH_SERVER(test_request_ids),
                WITH_SERVER(test_asynchronous),
                WITH_SERVER(test_pages),
                WITH_SERVER(test_tokens_are_bounded),
                WITH_SERVER(test_expired_token_is_renewed_once),
                WITH_SERVER(test_waiting_for_a_token_is_cancelled),
                WITH_SERVER(test_metadata_there_and_back),
                WITH_SERVER(test_no_fresh_token),
                WITH_SERVER(test_token_of_the_call_is_not_renewed),
                WITH_SERVER(test_options_that_make_no_sense),
                WITH_SERVER(test_cancel_and_close),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
