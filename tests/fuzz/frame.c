/*
 * Batches and replies. What is accepted lies within the message, is written and read back as the
 * same, and takes no more memory than a fixed multiple of what was sent; of compressed answers no
 * more than a message may hold.
 */
#include "lib/rpc/compress.h"
#include "lib/rpc/frame.h"

#include "tests/fuzz/fuzz.h"

#define NOW_US      INT64_C(1000000)
#define MEMORY_MIN  (256u << 10)
#define MEMORY_RATE 64
#define REQUEST_MAX (1u << 20)

static void assert_within(struct bytes body, struct bytes part)
{
        assert(part.len == 0 ||
                (part.data >= body.data && part.data + part.len <= body.data + body.len));
}

static void assert_same_metadata(const struct rpc_metadata *a, const struct rpc_metadata *b)
{
        assert(a->count == b->count && frame_metadata_ok(a));
        for (size_t i = 0; i < a->count; i++)
                assert(bytes_equal(a->at[i].name, b->at[i].name) &&
                        bytes_equal(a->at[i].value, b->at[i].value));
}

static void assert_same_call(const struct rpc_call *a, const struct rpc_call *b)
{
        assert(a->id == b->id && a->min_sequence == b->min_sequence);
        assert(a->zstd_bytes == b->zstd_bytes);
        assert(a->deadline_us == b->deadline_us);
        assert(bytes_equal(a->method, b->method) && bytes_equal(a->request, b->request));
        assert(bytes_equal(a->token, b->token) && bytes_equal(a->request_id, b->request_id));
        assert(bytes_equal(a->traceparent, b->traceparent) && bytes_equal(a->agent, b->agent));
        assert(bytes_equal(a->accept_language, b->accept_language));
        assert_same_metadata(&a->metadata, &b->metadata);
}

/* It is what it promises, or is refused. */
static void try_expanding(struct arena *arena, const struct rpc_call *call)
{
        struct arena_mark mark = arena_mark(arena);
        struct bytes request;

        if (compress_request(arena, call, REQUEST_MAX, &request))
                assert(call->zstd_bytes == 0 || request.len == call->zstd_bytes);
        arena_rewind(arena, mark);
}

static void try_batch(struct arena *arena, struct bytes body, struct error *error)
{
        struct rpc_call *calls, *again;
        struct buffer out = {0};
        size_t count, count_again;
        uint32_t reply_bytes_max;

        if (frame_read_batch(arena, body, NOW_US, &calls, &count, &reply_bytes_max, error) != OK) {
                assert(error->code == INVALID_ARGUMENT);
                return;
        }
        assert(count >= 1 && count <= RPC_BATCH_CALLS_MAX);
        for (size_t i = 0; i < count; i++) {
                assert_within(body, calls[i].method);
                assert_within(body, calls[i].request);
                assert_within(body, calls[i].token);
                assert(frame_header_ok(calls[i].method) && frame_header_ok(calls[i].request_id));
                try_expanding(arena, &calls[i]);
                frame_write_call(
                        &out, &calls[i], (uint32_t)((calls[i].deadline_us - NOW_US) / 1000));
        }
        assert(frame_read_batch(arena, bytes_of(out.data, out.len), NOW_US, &again, &count_again,
                       &reply_bytes_max, error) == OK);
        assert(count_again == count && reply_bytes_max == 0);
        for (size_t i = 0; i < count; i++)
                assert_same_call(&calls[i], &again[i]);
        buffer_release(&out);
}

static bool same_localized(const char *a, const char *b)
{
        return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void assert_same_error(const struct error *a, const struct error *b)
{
        const struct violation *one = a->violations, *other = b->violations;
        const struct error_fact *fact = a->facts, *other_fact = b->facts;

        assert(a->code == b->code && a->retry_after_ms == b->retry_after_ms);
        assert(strcmp(a->reason, b->reason) == 0 && strcmp(a->message, b->message) == 0);
        assert(same_localized(a->locale, b->locale) && same_localized(a->localized, b->localized));
        for (; one != NULL && other != NULL; one = one->next, other = other->next)
                assert(strcmp(one->field, other->field) == 0 &&
                        strcmp(one->reason, other->reason) == 0 &&
                        strcmp(one->description, other->description) == 0 &&
                        same_localized(one->locale, other->locale) &&
                        same_localized(one->localized, other->localized));
        assert(one == NULL && other == NULL);
        for (; fact != NULL && other_fact != NULL; fact = fact->next, other_fact = other_fact->next)
                assert(strcmp(fact->name, other_fact->name) == 0 &&
                        strcmp(fact->value, other_fact->value) == 0);
        assert(fact == NULL && other_fact == NULL);
}

static void try_replies(struct arena *arena, struct bytes body, struct error *error)
{
        struct rpc_answer *answers, *again;
        struct buffer out = {0};
        size_t count, count_again;

        if (frame_read_replies(arena, body, &answers, &count, error) != OK) {
                assert(error->code == INTERNAL);
                return;
        }
        for (size_t i = 0; i < count; i++) {
                const struct rpc_reply reply = {.error = answers[i].error,
                        .response = answers[i].response,
                        .sequence = answers[i].sequence,
                        .metadata = answers[i].metadata};

                assert(answers[i].response.len <= RPC_REPLY_BYTES_MAX ||
                        body.len > RPC_REPLY_BYTES_MAX);
                frame_write_reply(&out, answers[i].id, &reply);
        }
        assert(frame_read_replies(
                       arena, bytes_of(out.data, out.len), &again, &count_again, error) == OK);
        assert(count_again == count);
        for (size_t i = 0; i < count; i++) {
                assert(again[i].id == answers[i].id && again[i].sequence == answers[i].sequence);
                assert_same_metadata(&again[i].metadata, &answers[i].metadata);
                assert((again[i].error == NULL) == (answers[i].error == NULL));
                if (answers[i].error != NULL)
                        assert_same_error(answers[i].error, again[i].error);
                else
                        assert(bytes_equal(again[i].response, answers[i].response));
        }
        buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct bytes input = bytes_of(data, size);
        uint8_t choice = fuzz_byte(&input);
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        if (choice & 1)
                try_replies(&arena, input, &error);
        else
                try_batch(&arena, input, &error);
        assert(arena.used <=
                MEMORY_MIN + 2 * MEMORY_RATE * size + (choice & 1 ? COMPRESS_MESSAGE_MAX : 0));
        arena_release(&arena);
        return 0;
}
