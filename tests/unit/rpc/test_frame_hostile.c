/*
 * The wire against bytes that no encoder of ours made: malformed, too many, damaged, by chance.
 */
#include <stdlib.h>
#include <string.h>
#include "tests/unit/rpc/frame_rig.h"

static void assert_malformed(struct frame_rig *f, const void *data, size_t len)
{
        struct rpc_call *calls;
        size_t count;
        uint32_t reply_bytes_max;

        error_init(&f->error, &f->arena);
        assert_int_equal(frame_read_batch(&f->arena, bytes_of(data, len), 0, &calls, &count,
                                 &reply_bytes_max, &f->error),
                INVALID_ARGUMENT);
        assert_string_equal(f->error.reason, "MALFORMED_BATCH");
}

static void test_malformed_batches(void **state)
{
        struct frame_rig *f = *state;
        static const struct {
                const char *what;
                const char *bytes;
                size_t len;
        } cases[] = {
                {"nothing", "", 0},
                {"only a limit", "\x10\x05", 2},
                {"a length beyond the end", "\x0a\x05\x08\x01", 4},
                {"a call that is a number", "\x08\x01", 2},
                {"a limit that is a text", "\x0a\x02\x08\x01\x12\x00", 6},
                {"field number 0", "\x02\x00", 2},
                {"a group", "\x0b\x0c", 2},
                {"a varint without an end", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12},
                {"a method that is a number", "\x0a\x02\x10\x01", 4},
                {"an id that is a text", "\x0a\x02\x0a\x00", 4},
                {"a method with a NUL",
                        "\x0a\x05\x12\x03"
                        "a\0b",
                        7},
                {"an agent in UTF-8", "\x0a\x04\x52\x02\xc3\xa9", 6},
                {"metadata that is a number", "\x0a\x02\x58\x01", 4},
                {"metadata without a name", "\x0a\x02\x5a\x00", 4},
                {"metadata in capitals", "\x0a\x05\x5a\x03\x0a\x01X", 7},
                {"metadata with a line feed", "\x0a\x08\x5a\x06\x0a\x01x\x12\x01\n", 10},
                {"a line feed in the trace", "\x0a\x03\x42\x01\n", 5},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                assert_malformed(f, cases[i].bytes, cases[i].len);
}

static void test_limits_of_a_batch(void **state)
{
        struct frame_rig *f = *state;
        struct rpc_call call = {.id = 1, .method = bytes_of_text("x.Y")};
        struct rpc_call *calls;
        size_t count;
        uint32_t reply_bytes_max;
        char agent[RPC_TEXT_BYTES_MAX + 2];

        for (int i = 0; i < RPC_BATCH_CALLS_MAX; i++)
                frame_write_call(&f->body, &call, 0);
        assert_int_equal(frame_read_batch(&f->arena, bytes_of(f->body.data, f->body.len), 0, &calls,
                                 &count, &reply_bytes_max, &f->error),
                OK);
        assert_int_equal(count, RPC_BATCH_CALLS_MAX);
        frame_write_call(&f->body, &call, 0);
        assert_malformed(f, f->body.data, f->body.len);

        buffer_clear(&f->body);
        memset(agent, 'a', sizeof(agent));
        call.agent = bytes_of(agent, RPC_TEXT_BYTES_MAX + 1);
        frame_write_call(&f->body, &call, 0);
        assert_malformed(f, f->body.data, f->body.len);

        struct rpc_metadatum many[RPC_METADATA_MAX + 1];

        for (size_t i = 0; i <= RPC_METADATA_MAX; i++)
                many[i] = (struct rpc_metadatum){bytes_of_text("x"), bytes_of_text("y")};
        buffer_clear(&f->body);
        call.agent.len = 1;
        call.metadata = (struct rpc_metadata){many, RPC_METADATA_MAX + 1};
        frame_write_call(&f->body, &call, 0);
        assert_malformed(f, f->body.data, f->body.len);
}

static void test_unknown_fields_are_skipped(void **state)
{
        struct frame_rig *f = *state;
        /* Call { id: 3, 13: varint, 14: fixed64, 15: fixed32, 16: bytes, method: "m" } and a
         * field 9 behind it. */
        static const char batch[] = "\x0a\x1a\x08\x03\x68\x01\x71"
                                    "12345678"
                                    "\x7d"
                                    "1234"
                                    "\x82\x01\x02zz\x12\x01m\x4a\x01q";
        struct rpc_call *calls;
        size_t count;
        uint32_t reply_bytes_max;

        assert_int_equal(frame_read_batch(&f->arena, bytes_of(batch, sizeof(batch) - 1), 0, &calls,
                                 &count, &reply_bytes_max, &f->error),
                OK);
        assert_int_equal(count, 1);
        assert_int_equal(calls[0].id, 3);
        assert_true(bytes_equal(calls[0].method, bytes_of_text("m")));
}

/* Reads every byte that a result points to: the sanitizer sees what leaves the message. */
static uint64_t touch(struct bytes bytes)
{
        uint64_t sum = 0;

        for (size_t i = 0; i < bytes.len; i++)
                sum += bytes.data[i];
        return sum;
}

static void read_as_both(struct frame_rig *f, struct bytes body)
{
        struct rpc_answer *answers;
        struct rpc_call *calls;
        uint32_t reply_bytes_max;
        size_t count;
        uint64_t sum = 0;

        if (frame_read_batch(&f->arena, body, 0, &calls, &count, &reply_bytes_max, &f->error) == OK)
                for (size_t i = 0; i < count; i++)
                        sum += touch(calls[i].method) + touch(calls[i].request) +
                               touch(calls[i].token) + touch(calls[i].request_id) +
                               touch(calls[i].traceparent) + touch(calls[i].accept_language) +
                               touch(calls[i].agent);
        if (frame_read_replies(&f->arena, body, &answers, &count, &f->error) == OK)
                for (size_t i = 0; i < count; i++)
                        sum += touch(answers[i].response) +
                               (answers[i].error == NULL ? 0 : strlen(answers[i].error->message));
        assert_true(sum < UINT64_MAX);
}

static void test_random_bytes(void **state)
{
        struct frame_rig *f = *state;

        for (int round = 0; round < FRAME_ROUNDS * 10; round++, frame_rig_renew(f)) {
                size_t len = random_below(&f->random, 64);
                uint8_t *bytes = malloc(len + 1); /* exact, for the sanitizer */

                for (size_t i = 0; i < len; i++)
                        bytes[i] = (uint8_t)random_next(&f->random);
                read_as_both(f, bytes_of(bytes, len));
                free(bytes);
        }
}

static void test_damaged_messages(void **state)
{
        struct frame_rig *f = *state;

        for (int round = 0; round < FRAME_ROUNDS; round++, frame_rig_renew(f)) {
                struct rpc_call call = frame_random_call(f);

                if (round % 2 == 0) {
                        frame_write_call(&f->body, &call, 9);
                        frame_write_call(&f->body, &call, 9);
                } else {
                        frame_fill_error(&f->error);
                        frame_write_reply(&f->body, 1, &(struct rpc_reply){.error = &f->error});
                        frame_write_reply(
                                &f->body, 2, &(struct rpc_reply){.response = call.request});
                }
                size_t len = random_below(&f->random, f->body.len + 1);
                uint8_t *bytes = malloc(len + 1);

                memcpy(bytes, f->body.data, len);
                for (int i = 0; i < 3 && len > 0; i++)
                        bytes[random_below(&f->random, len)] = (uint8_t)random_next(&f->random);
                read_as_both(f, bytes_of(bytes, len));
                free(bytes);
        }
}

static void test_lists_are_bounded(void **state)
{
        struct frame_rig *f = *state;
        struct rpc_answer *answers;
        struct buffer status = {0};
        size_t count;
        int listed = 0;

        for (int i = 0; i < 100000; i++)
                buffer_append(&status, "\x22\x00", 2); /* an empty violation */
        Shop__Reply reply = SHOP__REPLY__INIT;
        Shop__Replies replies = SHOP__REPLIES__INIT;

        reply.status = shop__status__unpack(NULL, status.len, status.data);
        replies.reply = (Shop__Reply *[]){&reply};
        replies.n_reply = 1;
        frame_pack(f, &replies);
        assert_int_equal(frame_read_replies(&f->arena, bytes_of(f->body.data, f->body.len),
                                 &answers, &count, &f->error),
                OK);
        for (const struct violation *v = answers[0].error->violations; v != NULL; v = v->next)
                listed++;
        assert_int_equal(listed, RPC_LIST_MAX);
        assert_int_equal(answers[0].error->code, UNKNOWN);
        shop__status__free_unpacked(reply.status, NULL);
        buffer_release(&status);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                FRAME_TEST(test_malformed_batches),
                FRAME_TEST(test_limits_of_a_batch),
                FRAME_TEST(test_unknown_fields_are_skipped),
                FRAME_TEST(test_random_bytes),
                FRAME_TEST(test_damaged_messages),
                FRAME_TEST(test_lists_are_bounded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
