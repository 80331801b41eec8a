/*
 * The wire against protobuf-c, which reads proto/rpc.proto and knows nothing of our encoder, and
 * against bytes that no encoder made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/random.h"
#include "lib/rpc/frame.h"
#include "rpc.pb-c.h"

#define ROUNDS 3000

struct fixture {
        struct arena arena;
        struct error error;
        struct random random;
        struct buffer body;
};

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        arena_init(&f->arena);
        error_init(&f->error, &f->arena);
        random_seed(&f->random, 20);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        arena_release(&f->arena);
        buffer_release(&f->body);
        free(f);
        return 0;
}

static void renew(struct fixture *f)
{
        arena_reset(&f->arena);
        error_init(&f->error, &f->arena);
        buffer_clear(&f->body);
}

static struct bytes random_text(struct fixture *f, size_t len_max)
{
        size_t len = random_below(&f->random, len_max + 1);
        char *text = arena_alloc(&f->arena, len + 1);

        for (size_t i = 0; i < len; i++)
                text[i] = (char)(0x20 + random_below(&f->random, 0x5f));
        return bytes_of(text, len);
}

/* Small and large ones alike, so that every length of a varint occurs. */
static uint64_t random_number(struct fixture *f)
{
        return random_next(&f->random) >> random_below(&f->random, 64);
}

static struct rpc_metadata random_metadata(struct fixture *f)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
        size_t count = random_below(&f->random, 4) == 0
                               ? random_below(&f->random, RPC_METADATA_MAX + 1)
                               : 0;
        struct rpc_metadatum *at = arena_array(&f->arena, struct rpc_metadatum, count);

        for (size_t i = 0; i < count; i++) {
                size_t len = 1 + random_below(&f->random, RPC_METADATA_NAME_MAX);
                char *name = arena_alloc(&f->arena, len + 1);

                for (size_t n = 0; n < len; n++)
                        name[n] = letters[random_below(&f->random, sizeof(letters) - 1)];
                at[i] = (struct rpc_metadatum){bytes_of(name, len), random_text(f, 30)};
        }
        return (struct rpc_metadata){at, count};
}

static struct rpc_call random_call(struct fixture *f)
{
        return (struct rpc_call){
                .id = (uint32_t)random_number(f),
                .method = random_text(f, 40),
                .request = random_text(f, 300),
                .token = random_text(f, 60),
                .request_id = random_text(f, 36),
                .traceparent = random_text(f, 55),
                .accept_language = random_text(f, 10),
                .agent = random_text(f, 20),
                .metadata = random_metadata(f),
                .min_sequence = random_number(f),
        };
}

static void assert_text(const char *text, struct bytes expected)
{
        assert_int_equal(strlen(text), expected.len);
        assert_memory_equal(text, expected.data, expected.len);
}

static void assert_bytes(struct bytes bytes, const ProtobufCBinaryData *expected)
{
        assert_int_equal(bytes.len, expected->len);
        if (bytes.len > 0)
                assert_memory_equal(bytes.data, expected->data, bytes.len);
}

static void test_calls_are_read_by_protobuf_c(void **state)
{
        struct fixture *f = *state;

        for (int round = 0; round < ROUNDS; round++, renew(f)) {
                struct rpc_call call = random_call(f);
                uint32_t timeout_ms = (uint32_t)random_number(f);

                frame_write_call(&f->body, &call, timeout_ms);
                Shop__Batch *batch = shop__batch__unpack(NULL, f->body.len, f->body.data);

                assert_non_null(batch);
                assert_int_equal(batch->n_call, 1);
                const Shop__Call *read = batch->call[0];

                assert_int_equal(read->id, call.id);
                assert_int_equal(read->timeout_ms, timeout_ms);
                assert_int_equal(read->min_sequence, call.min_sequence);
                assert_text(read->method, call.method);
                assert_text(read->request_id, call.request_id);
                assert_text(read->traceparent, call.traceparent);
                assert_text(read->accept_language, call.accept_language);
                assert_text(read->agent, call.agent);
                assert_int_equal(read->n_metadata, call.metadata.count);
                for (size_t i = 0; i < call.metadata.count; i++) {
                        assert_text(read->metadata[i]->name, call.metadata.at[i].name);
                        assert_text(read->metadata[i]->value, call.metadata.at[i].value);
                }
                assert_bytes(call.request, &read->request);
                assert_bytes(call.token, &read->token);
                shop__batch__free_unpacked(batch, NULL);
        }
}

static void test_two_parts_make_the_same_call(void **state)
{
        struct fixture *f = *state;

        for (int round = 0; round < 200; round++, renew(f)) {
                struct rpc_call call = random_call(f);
                struct buffer fixed = {0};
                struct buffer whole = {0};

                call.method = bytes_of_text("catalog.GetProduct");
                frame_write_call_fixed(&fixed, &call);
                frame_write_call_sent(&f->body, bytes_of(fixed.data, fixed.len), &call, 70);
                frame_write_call(&whole, &call, 70);
                assert_int_equal(whole.len, f->body.len);
                assert_memory_equal(whole.data, f->body.data, whole.len);
                buffer_release(&fixed);
                buffer_release(&whole);
        }
}

static const char *c_text(struct fixture *f, struct bytes text)
{
        return arena_copy(&f->arena, text.data, text.len + 1);
}

static void pack(struct fixture *f, const void *message)
{
        size_t len = protobuf_c_message_get_packed_size(message);

        protobuf_c_message_pack(message, buffer_reserve(&f->body, len));
        f->body.len += len;
}

static void assert_same_metadata(const struct rpc_metadata *a, const struct rpc_metadata *b)
{
        assert_int_equal(a->count, b->count);
        for (size_t i = 0; i < a->count; i++) {
                assert_true(bytes_equal(a->at[i].name, b->at[i].name));
                assert_true(bytes_equal(a->at[i].value, b->at[i].value));
        }
}

static void test_batches_of_protobuf_c_are_read(void **state)
{
        struct fixture *f = *state;

        for (int round = 0; round < ROUNDS / 10; round++, renew(f)) {
                Shop__Batch batch = SHOP__BATCH__INIT;
                size_t count = 1 + random_below(&f->random, 20);
                struct rpc_call *expected = arena_array(&f->arena, struct rpc_call, count);

                batch.n_call = count;
                batch.call = arena_array(&f->arena, Shop__Call *, count);
                batch.reply_bytes_max = (uint32_t)random_number(f);
                for (size_t i = 0; i < count; i++) {
                        Shop__Call *call = batch.call[i] = arena_new(&f->arena, Shop__Call);
                        struct rpc_call *e = &expected[i];

                        *e = random_call(f);
                        shop__call__init(call);
                        call->id = e->id;
                        call->method = c_text(f, e->method);
                        call->request = (ProtobufCBinaryData){
                                .data = (uint8_t *)e->request.data, .len = e->request.len};
                        call->token = (ProtobufCBinaryData){
                                .data = (uint8_t *)e->token.data, .len = e->token.len};
                        call->request_id = c_text(f, e->request_id);
                        call->agent = c_text(f, e->agent);
                        call->metadata =
                                arena_array(&f->arena, Shop__Metadatum *, e->metadata.count);
                        for (size_t n = 0; n < e->metadata.count; n++) {
                                Shop__Metadatum *to = arena_new(&f->arena, Shop__Metadatum);

                                shop__metadatum__init(to);
                                to->name = c_text(f, e->metadata.at[n].name);
                                to->value = c_text(f, e->metadata.at[n].value);
                                call->metadata[call->n_metadata++] = to;
                        }
                        call->min_sequence = e->min_sequence;
                        call->timeout_ms = (uint32_t)random_below(&f->random, 3);
                        e->deadline_us =
                                5000 + (call->timeout_ms == 0 ? 10000000 : 1000 * call->timeout_ms);
                }
                pack(f, &batch);
                struct rpc_call *calls;
                size_t read_count;
                uint32_t reply_bytes_max;

                assert_int_equal(frame_read_batch(&f->arena, bytes_of(f->body.data, f->body.len),
                                         5000, &calls, &read_count, &reply_bytes_max, &f->error),
                        OK);
                assert_int_equal(read_count, count);
                assert_int_equal(reply_bytes_max, batch.reply_bytes_max);
                for (size_t i = 0; i < count; i++) {
                        assert_int_equal(calls[i].id, expected[i].id);
                        assert_true(bytes_equal(calls[i].method, expected[i].method));
                        assert_true(bytes_equal(calls[i].request, expected[i].request));
                        assert_true(bytes_equal(calls[i].token, expected[i].token));
                        assert_true(bytes_equal(calls[i].request_id, expected[i].request_id));
                        assert_true(bytes_equal(calls[i].agent, expected[i].agent));
                        assert_same_metadata(&calls[i].metadata, &expected[i].metadata);
                        assert_int_equal(calls[i].min_sequence, expected[i].min_sequence);
                        assert_int_equal(calls[i].deadline_us, expected[i].deadline_us);
                }
        }
}

static void fill_error(struct error *error)
{
        error_violation(error, "lines[2].quantity", "TOO_SMALL", "at least 1");
        error_violation(error, "lines[3].quantity", "TOO_LARGE", "at most 10");
        error_set(error, FAILED_PRECONDITION, "STOCK_SHORT", "only 3 are left");
        error_fact(error, "available", "3");
        error_fact(error, "empty", "%s", "");
        error->retry_after_ms = 250;
        error->detail_type = "shop.checkout.v1.Quote";
        error->detail = (const uint8_t *)"\x00\xff";
        error->detail_len = 2;
        error->locale = "pl";
        error->localized = "zosta\xc5\x82y 3";
}

/* Replies are in the order of field numbers, so here every byte must agree. */
static void test_replies_are_protobuf_cs_bytes(void **state)
{
        struct fixture *f = *state;
        Shop__Replies replies = SHOP__REPLIES__INIT;
        Shop__Reply ok = SHOP__REPLY__INIT;
        Shop__Reply failed = SHOP__REPLY__INIT;
        Shop__Status status = SHOP__STATUS__INIT;
        Shop__LocalizedMessage localized = SHOP__LOCALIZED_MESSAGE__INIT;
        Shop__FieldViolation violations[2] = {
                SHOP__FIELD_VIOLATION__INIT, SHOP__FIELD_VIOLATION__INIT};
        Shop__Fact facts[2] = {SHOP__FACT__INIT, SHOP__FACT__INIT};
        Shop__Metadatum timing = SHOP__METADATUM__INIT;
        const struct rpc_metadatum told = {bytes_of_text("server-timing"), bytes_of_text("a;b=1")};
        struct buffer ours = {0};

        fill_error(&f->error);
        frame_write_reply(&ours, 300,
                &(struct rpc_reply){.response = bytes_of("\x00"
                                                         "abc",
                                            4),
                        .sequence = 1u << 20});
        frame_write_reply(&ours, 301,
                &(struct rpc_reply){
                        .error = &f->error,
                        .sequence = 7,
                        .metadata = {&told, 1},
                });

        timing.name = "server-timing";
        timing.value = "a;b=1";
        failed.metadata = (Shop__Metadatum *[]){&timing};
        failed.n_metadata = 1;
        ok.id = 300;
        ok.response = (ProtobufCBinaryData){.data = (uint8_t *)"\x00"
                                                               "abc",
                .len = 4};
        ok.sequence = 1u << 20;
        failed.id = 301;
        failed.sequence = 7;
        failed.status = &status;
        status.code = FAILED_PRECONDITION;
        status.reason = "STOCK_SHORT";
        status.message = "only 3 are left";
        violations[0].field = "lines[2].quantity";
        violations[0].reason = "TOO_SMALL";
        violations[0].description = "at least 1";
        violations[1].field = "lines[3].quantity";
        violations[1].reason = "TOO_LARGE";
        violations[1].description = "at most 10";
        facts[0].name = "available";
        facts[0].value = "3";
        facts[1].name = "empty";
        status.violation = (Shop__FieldViolation *[]){&violations[0], &violations[1]};
        status.n_violation = 2;
        status.fact = (Shop__Fact *[]){&facts[0], &facts[1]};
        status.n_fact = 2;
        status.retry_delay_ms = 250;
        status.detail_type = "shop.checkout.v1.Quote";
        status.detail = (ProtobufCBinaryData){.data = (uint8_t *)"\x00\xff", .len = 2};
        status.domain = "shop";
        localized.locale = "pl";
        localized.message = "zosta\xc5\x82y 3";
        status.localized = &localized;
        replies.reply = (Shop__Reply *[]){&ok, &failed};
        replies.n_reply = 2;
        pack(f, &replies);
        assert_int_equal(ours.len, f->body.len);
        assert_memory_equal(ours.data, f->body.data, ours.len);
        buffer_release(&ours);
}

static void test_an_error_survives_the_wire(void **state)
{
        struct fixture *f = *state;
        struct rpc_answer *answers;
        struct error error;
        size_t count;

        fill_error(&f->error);
        frame_write_reply(&f->body, 4, &(struct rpc_reply){.error = &f->error});
        error_init(&error, &f->arena);
        assert_int_equal(frame_read_replies(&f->arena, bytes_of(f->body.data, f->body.len),
                                 &answers, &count, &error),
                OK);
        assert_int_equal(count, 1);
        const struct error *read = answers[0].error;

        assert_int_equal(answers[0].id, 4);
        assert_int_equal(read->code, FAILED_PRECONDITION);
        assert_string_equal(read->reason, "STOCK_SHORT");
        assert_string_equal(read->message, "only 3 are left");
        assert_string_equal(read->violations->field, "lines[2].quantity");
        assert_string_equal(read->violations->next->description, "at most 10");
        assert_null(read->violations->next->next);
        assert_string_equal(read->facts->name, "available");
        assert_string_equal(read->facts->next->value, "");
        assert_int_equal(read->retry_after_ms, 250);
        assert_string_equal(read->detail_type, "shop.checkout.v1.Quote");
        assert_int_equal(read->detail_len, 2);
        assert_string_equal(read->locale, "pl");
        assert_string_equal(read->localized, "zosta\xc5\x82y 3");
}

static void assert_malformed(struct fixture *f, const void *data, size_t len)
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
        struct fixture *f = *state;
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
        struct fixture *f = *state;
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
        struct fixture *f = *state;
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

static void read_as_both(struct fixture *f, struct bytes body)
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
        struct fixture *f = *state;

        for (int round = 0; round < ROUNDS * 10; round++, renew(f)) {
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
        struct fixture *f = *state;

        for (int round = 0; round < ROUNDS; round++, renew(f)) {
                struct rpc_call call = random_call(f);

                if (round % 2 == 0) {
                        frame_write_call(&f->body, &call, 9);
                        frame_write_call(&f->body, &call, 9);
                } else {
                        fill_error(&f->error);
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
        struct fixture *f = *state;
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
        pack(f, &replies);
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
                cmocka_unit_test_setup_teardown(test_calls_are_read_by_protobuf_c, setup, teardown),
                cmocka_unit_test_setup_teardown(test_two_parts_make_the_same_call, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_batches_of_protobuf_c_are_read, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        test_replies_are_protobuf_cs_bytes, setup, teardown),
                cmocka_unit_test_setup_teardown(test_an_error_survives_the_wire, setup, teardown),
                cmocka_unit_test_setup_teardown(test_malformed_batches, setup, teardown),
                cmocka_unit_test_setup_teardown(test_limits_of_a_batch, setup, teardown),
                cmocka_unit_test_setup_teardown(test_unknown_fields_are_skipped, setup, teardown),
                cmocka_unit_test_setup_teardown(test_random_bytes, setup, teardown),
                cmocka_unit_test_setup_teardown(test_damaged_messages, setup, teardown),
                cmocka_unit_test_setup_teardown(test_lists_are_bounded, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
