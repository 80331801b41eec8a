/* Large answers in fewer bytes: when, how they come back, and what a hostile one cannot do. */
#include "tests/unit/rpc/channel_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/rpc/compress.h"
#include "tests/unit/rpc/raw_peer.h"

/* A reply of a hand-made response. */
static enum status read_packed(
        struct fixture *f, struct bytes packed, uint32_t zstd_bytes, struct rpc_answer **answers)
{
        size_t count;

        struct buffer body = {0};

        frame_write_reply(
                &body, 1, &(struct rpc_reply){.response = packed, .zstd_bytes = zstd_bytes});
        enum status status = frame_read_replies(
                &f->arena, bytes_of(body.data, body.len), answers, &count, &f->error);

        buffer_release(&body);
        return status;
}

static void test_compressed_answers(void **state)
{
        struct fixture *f = *state;
        struct buffer packed = {0};
        struct rpc_answer *answers;
        uint8_t *plain = arena_alloc(&f->arena, 3u << 20);

        memset(plain, 'a', 3u << 20);
        assert_false(compress_shrink(bytes_of(plain, COMPRESS_BYTES_MIN - 1), &packed));
        assert_true(compress_shrink(bytes_of(plain, 3u << 20), &packed));
        assert_true(packed.len < 1000);
        struct bytes bytes = bytes_of(packed.data, packed.len);

        assert_int_equal(read_packed(f, bytes, 3u << 20, &answers), OK);
        assert_true(bytes_equal(answers[0].response, bytes_of(plain, 3u << 20)));
        size_t used = f->arena.used;

        /* Of a size that was not promised, and cut short: nothing of that size is allocated. */
        assert_int_equal(read_packed(f, bytes, (3u << 20) - 1, &answers), INTERNAL);
        assert_int_equal(read_packed(f, bytes, UINT32_MAX, &answers), INTERNAL);
        assert_int_equal(read_packed(f, bytes_of("not zstd", 8), 5000, &answers), INTERNAL);
        assert_int_equal(read_packed(f, (struct bytes){0}, 5000, &answers), INTERNAL);
        assert_true(f->arena.used - used < 100000);
        bytes.len -= 2;
        assert_int_equal(read_packed(f, bytes, 3u << 20, &answers), INTERNAL);

        struct random random;

        random_seed(&random, 7);
        for (size_t i = 0; i < 20000; i++)
                plain[i] = (uint8_t)random_below(&random, 256);
        buffer_clear(&packed);
        assert_false(compress_shrink(bytes_of(plain, 20000), &packed));
        assert_int_equal(packed.len, 0);
        buffer_release(&packed);
}

/* Six answers of 3 MiB are more than one message may hold. */
static void test_compressed_answers_have_a_limit_together(void **state)
{
        struct fixture *f = *state;
        struct buffer packed = {0}, body = {0};
        struct rpc_answer *answers;
        size_t count;

        assert_true(compress_shrink(bytes_of(arena_alloc(&f->arena, 3u << 20), 3u << 20), &packed));
        const struct rpc_reply reply = {
                .response = bytes_of(packed.data, packed.len), .zstd_bytes = 3u << 20};

        for (uint32_t id = 1; id <= 6; id++) {
                enum status status = frame_read_replies(
                        &f->arena, bytes_of(body.data, body.len), &answers, &count, &f->error);

                assert_int_equal(status, OK);
                frame_write_reply(&body, id, &reply);
        }
        assert_int_equal(frame_read_replies(&f->arena, bytes_of(body.data, body.len), &answers,
                                 &count, &f->error),
                INTERNAL);
        assert_string_equal(f->error.reason, "MALFORMED_REPLY");
        buffer_release(&packed);
        buffer_release(&body);
}

/* Bytes of the body of the answer to one call. */
static size_t reply_len(struct fixture *f, const char *bytes, void (*before)(struct buffer *))
{
        struct raw_peer peer;
        struct buffer body = {0};
        struct rpc_answer *answers;
        size_t count;

        if (before != NULL)
                before(&body);
        frame_write_call(&body,
                &(struct rpc_call){.id = 1,
                        .method = bytes_of_text("echo.Bytes"),
                        .request = bytes_of_text(bytes)},
                1000);
        raw_peer_open(&peer, f->url);
        assert_int_equal(raw_peer_ask(&peer, bytes_of(body.data, body.len), &answers, &count), 0);
        assert_int_equal(count, 1);
        assert_null(answers[0].error);
        assert_int_equal(answers[0].response.len, strtoul(bytes, NULL, 10));
        size_t len = nng_msg_len(peer.reply);

        raw_peer_close(&peer);
        buffer_release(&body);
        return len;
}

static void test_only_large_ones_and_only_where_it_is_asked_for(void **state)
{
        struct fixture *f = *state;

        assert_true(reply_len(f, "100000", NULL) > 100000);
        assert_true(reply_len(f, "100000", frame_write_accept_zstd) < 10000);
        assert_true(reply_len(f, "4096", frame_write_accept_zstd) < 4096);
        assert_true(reply_len(f, "4095", frame_write_accept_zstd) > 4095);
        close_server(f);
        open_server_with(
                f, &(struct rpc_server_options){.url = "tcp://127.0.0.1:0", .plain = true});
        assert_true(reply_len(f, "100000", frame_write_accept_zstd) > 100000);
}

static size_t answer_secrets(
        void *context, struct rpc_call *const *calls, size_t count, int64_t budget_us)
{
        static char secret[100000];

        for (size_t i = 0; i < count; i++)
                rpc_reply(
                        calls[i], &(struct rpc_reply){.response = bytes_of(secret, sizeof(secret)),
                                          .secret = true});
        return 0;
}

static void test_secrets_are_never_compressed(void **state)
{
        struct fixture *f = *state;

        close_server(f);
        f->echo.service.read = answer_secrets;
        open_server(f, "tcp://127.0.0.1:0");
        assert_true(reply_len(f, "100000", frame_write_accept_zstd) > 100000);
}

static void test_channels_read_them(void **state)
{
        struct fixture *f = *state;

        open_channel(
                f, &(struct channel_options){.url = f->url, .compression = COMPRESSION_ALWAYS});
        for (int i = 0; i < 8; i++) {
                struct rpc_answer answer = ask(f, "echo.Bytes", "1000000");

                assert_null(answer.error);
                assert_int_equal(answer.response.len, 1000000);
        }
}

/* A request of that many letters, answered as it was. */
static void ask_large(struct fixture *f, size_t len)
{
        char *text = arena_alloc(&f->arena, len + 1);

        memset(text, 'r', len);
        text[len] = '\0';
        struct rpc_answer answer = ask(f, "echo.Read", text);

        assert_null(answer.error);
        assert_int_equal(answer.response.len, len);
        assert_memory_equal(answer.response.data, text, len);
}

/* The first one asks whether it may. */
static void test_requests_are_compressed_where_the_server_reads_them(void **state)
{
        struct fixture *f = *state;

        open_channel(
                f, &(struct channel_options){.url = f->url, .compression = COMPRESSION_ALWAYS});
        ask_large(f, 100000);
        assert_int_equal(atomic_load(&f->echo.compressed), 0);
        for (int i = 0; i < 8; i++)
                ask_large(f, 100000 + (size_t)i);
        assert_int_equal(atomic_load(&f->echo.compressed), 8);
        ask_large(f, COMPRESS_BYTES_MIN - 1);
        assert_int_equal(atomic_load(&f->echo.compressed), 8);
}

static void test_a_server_that_does_not_say_so_gets_none(void **state)
{
        struct fixture *f = *state;

        close_server(f);
        open_server_with(
                f, &(struct rpc_server_options){.url = "tcp://127.0.0.1:0", .plain = true});
        open_channel(
                f, &(struct channel_options){.url = f->url, .compression = COMPRESSION_ALWAYS});
        for (int i = 0; i < 4; i++)
                ask_large(f, 100000);
        assert_int_equal(atomic_load(&f->echo.compressed), 0);
}

static bool expands(struct fixture *f, struct bytes packed, uint32_t says, size_t max)
{
        struct bytes out;

        return compress_request(
                &f->arena, &(struct rpc_call){.request = packed, .zstd_bytes = says}, max, &out);
}

static void test_what_a_compressed_request_may_not_be(void **state)
{
        struct fixture *f = *state;
        struct buffer packed = {0};
        uint8_t *plain = arena_alloc(&f->arena, 1u << 20);

        memset(plain, 'a', 1u << 20);
        assert_true(compress_shrink(bytes_of(plain, 1u << 20), &packed));
        struct bytes bytes = bytes_of(packed.data, packed.len);

        assert_true(expands(f, bytes, 1u << 20, 1u << 20));
        assert_false(expands(f, bytes, 1u << 20, (1u << 20) - 1)); /* too much */
        assert_false(expands(f, bytes, 1000, 1u << 20));           /* not what it says */
        assert_false(expands(f, bytes_of(bytes.data, bytes.len - 1), 1u << 20, 1u << 20));
        assert_false(expands(f, bytes_of(plain, 1000), 1000, 1u << 20)); /* no frame */
        buffer_release(&packed);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_SERVER(test_compressed_answers),
                WITH_SERVER(test_compressed_answers_have_a_limit_together),
                WITH_SERVER(test_only_large_ones_and_only_where_it_is_asked_for),
                WITH_SERVER(test_secrets_are_never_compressed),
                WITH_SERVER(test_channels_read_them),
                WITH_SERVER(test_requests_are_compressed_where_the_server_reads_them),
                WITH_SERVER(test_a_server_that_does_not_say_so_gets_none),
                WITH_SERVER(test_what_a_compressed_request_may_not_be),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
