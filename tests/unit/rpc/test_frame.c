/*
 * The wire against protobuf-c, which reads proto/rpc.proto and knows nothing of our encoder.
 */
#include <string.h>
#include "tests/unit/rpc/frame_rig.h"

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
        struct frame_rig *f = *state;

        for (int round = 0; round < FRAME_ROUNDS; round++, frame_rig_renew(f)) {
                struct rpc_call call = frame_random_call(f);
                uint32_t timeout_ms = (uint32_t)frame_random_number(f);

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
        struct frame_rig *f = *state;

        for (int round = 0; round < 200; round++, frame_rig_renew(f)) {
                struct rpc_call call = frame_random_call(f);
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

static const char *c_text(struct frame_rig *f, struct bytes text)
{
        return arena_copy(&f->arena, text.data, text.len + 1);
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
        struct frame_rig *f = *state;

        for (int round = 0; round < FRAME_ROUNDS / 10; round++, frame_rig_renew(f)) {
                Shop__Batch batch = SHOP__BATCH__INIT;
                size_t count = 1 + random_below(&f->random, 20);
                struct rpc_call *expected = arena_array(&f->arena, struct rpc_call, count);

                batch.n_call = count;
                batch.call = arena_array(&f->arena, Shop__Call *, count);
                batch.reply_bytes_max = (uint32_t)frame_random_number(f);
                for (size_t i = 0; i < count; i++) {
                        Shop__Call *call = batch.call[i] = arena_new(&f->arena, Shop__Call);
                        struct rpc_call *e = &expected[i];

                        *e = frame_random_call(f);
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
                frame_pack(f, &batch);
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

/* Replies are in the order of field numbers, so here every byte must agree. */
static void test_replies_are_protobuf_cs_bytes(void **state)
{
        struct frame_rig *f = *state;
        Shop__Replies replies = SHOP__REPLIES__INIT;
        Shop__Reply ok = SHOP__REPLY__INIT;
        Shop__Reply failed = SHOP__REPLY__INIT;
        Shop__Status status = SHOP__STATUS__INIT;
        Shop__LocalizedMessage localized = SHOP__LOCALIZED_MESSAGE__INIT;
        Shop__LocalizedMessage short_of = SHOP__LOCALIZED_MESSAGE__INIT;
        Shop__FieldViolation violations[2] = {
                SHOP__FIELD_VIOLATION__INIT, SHOP__FIELD_VIOLATION__INIT};
        Shop__Fact facts[2] = {SHOP__FACT__INIT, SHOP__FACT__INIT};
        Shop__Metadatum timing = SHOP__METADATUM__INIT;
        const struct rpc_metadatum told = {bytes_of_text("server-timing"), bytes_of_text("a;b=1")};
        struct buffer ours = {0};

        frame_fill_error(&f->error);
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
        short_of.locale = "zh";
        short_of.message = "\xe5\xa4\xaa\xe5\xb0\x8f";
        violations[0].localized = &short_of;
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
        frame_pack(f, &replies);
        assert_int_equal(ours.len, f->body.len);
        assert_memory_equal(ours.data, f->body.data, ours.len);
        buffer_release(&ours);
}

static void test_an_error_survives_the_wire(void **state)
{
        struct frame_rig *f = *state;
        struct rpc_answer *answers;
        struct error error;
        size_t count;

        frame_fill_error(&f->error);
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
        assert_string_equal(read->violations->locale, "zh");
        assert_string_equal(read->violations->localized, "\xe5\xa4\xaa\xe5\xb0\x8f");
        assert_string_equal(read->violations->next->description, "at most 10");
        assert_null(read->violations->next->locale);
        assert_null(read->violations->next->next);
        assert_string_equal(read->facts->name, "available");
        assert_string_equal(read->facts->next->value, "");
        assert_int_equal(read->retry_after_ms, 250);
        assert_string_equal(read->detail_type, "shop.checkout.v1.Quote");
        assert_int_equal(read->detail_len, 2);
        assert_string_equal(read->locale, "pl");
        assert_string_equal(read->localized, "zosta\xc5\x82y 3");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                FRAME_TEST(test_calls_are_read_by_protobuf_c),
                FRAME_TEST(test_two_parts_make_the_same_call),
                FRAME_TEST(test_batches_of_protobuf_c_are_read),
                FRAME_TEST(test_replies_are_protobuf_cs_bytes),
                FRAME_TEST(test_an_error_survives_the_wire),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
