/* Bytes of a peer: whole messages pass, everything else is refused by name, within bounds. */
#include "tests/unit/schema/sample.h"

#include <string.h>

#include "lib/base/random.h"
#include "lib/schema/decode.h"

static const struct decode_limits strict = {
        .bytes_max = 1 << 20, .fields_max = 10000, .memory_max = 1 << 20, .refuse_unknown = true};
static const struct decode_limits lenient = {
        .bytes_max = 2 << 20, .fields_max = 1 << 20, .memory_max = 4 << 20};

static void *decode(struct fixture *fixture, const ProtobufCMessageDescriptor *descriptor,
        struct bytes bytes, const struct decode_limits *limits)
{
        fixture_clear(fixture);
        return decode_guarded(&fixture->arena, descriptor, bytes, limits, &fixture->error);
}

static void assert_refused(struct fixture *fixture, struct bytes bytes,
        const struct decode_limits *limits, const char *reason)
{
        if (decode(fixture, &shop__sample__descriptor, bytes, limits) != NULL)
                fail_msg("accepted where %s was expected", reason);
        assert_string_equal(fixture->error.reason, reason);
}

static void a_message_comes_back_as_it_was(void **state)
{
        struct fixture *fixture = *state;
        struct bytes bytes = encode(&fixture->arena, sample_filled(&fixture->arena));
        Shop__Sample *sample = decode(fixture, &shop__sample__descriptor, bytes, &strict);

        assert_non_null(sample);
        assert_string_equal(sample->email, "ann@example.org");
        assert_int_equal(sample->lines[1]->quantity, 100);
        assert_int_equal(sample->numbers[2], 5);
        assert_true(bytes_equal(encode(&fixture->arena, sample), bytes));
        sample = decode_trusted(&fixture->arena, &shop__sample__descriptor, bytes);
        assert_true(bytes_equal(encode(&fixture->arena, sample), bytes));
}

static void nothing_is_an_empty_message(void **state)
{
        struct fixture *fixture = *state;

        assert_non_null(decode(fixture, &shop__sample__descriptor, bytes_of(NULL, 0), &strict));
        assert_non_null(decode(fixture, &shop__nothing__descriptor, bytes_of(NULL, 0), &strict));
        assert_int_equal(encode(&fixture->arena, &(Shop__Nothing)SHOP__NOTHING__INIT).len, 0);
}

#define BYTES(text) bytes_of((text), sizeof(text) - 1)

static void what_is_no_message_is_refused(void **state)
{
        struct fixture *fixture = *state;
        const struct bytes rows[] = {
                BYTES("\x0a"),     /* no length */
                BYTES("\x0a\x05"), /* nothing behind the length */
                BYTES("\x0a\x05"
                      "abcd"),                                        /* one byte short */
                BYTES("\x0a\xff\xff\xff\xff\x0f"),                    /* 4 GiB */
                BYTES("\x0a\x80\x80\x80\x80\x80\x01"), BYTES("\x18"), /* no number */
                BYTES("\x18\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
                BYTES("\x00\x01"),                 /* field 0 */
                BYTES("\x1b\x1c"),                 /* a group */
                BYTES("\xeb\x07\xec\x07"),         /* a group in an unknown field */
                BYTES("\x0e\x00"),                 /* wire type 6 */
                BYTES("\x0f\x00"),                 /* wire type 7 */
                BYTES("\xff\xff\xff\xff\xff\x0f"), /* a tag of more than 32 bits */
                BYTES("\x89\x01"
                      "1234567"),      /* 7 of 8 bytes */
                BYTES("\x08\x01"),     /* id as a number */
                BYTES("\x3a\x01\x01"), /* flag as bytes */
                BYTES("\x1a\x00"),     /* small as bytes */
                BYTES("\x6a\x01\x80"), /* packed number cut off */
                BYTES("\x92\x01\x03"
                      "abc"),              /* packed fixed32 of 3 bytes */
                BYTES("\x5a\x02\x0a\x05"), /* address whose city is cut off */
                BYTES("\x5a\x00\x5a\x00"), /* address twice */
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct decode_limits limits = lenient;

                assert_refused(fixture, rows[i], &limits, "MALFORMED_MESSAGE");
                assert_int_equal(fixture->error.code, INVALID_ARGUMENT);
        }
}

static void packed_and_plain_lists_are_the_same(void **state)
{
        struct fixture *fixture = *state;
        Shop__Sample *sample = decode(fixture, &shop__sample__descriptor,
                BYTES("\x68\x01\x6a\x02\x96\x01\x68\x03"), &strict);

        assert_non_null(sample);
        assert_int_equal(sample->n_numbers, 3);
        assert_int_equal(sample->numbers[0], 1);
        assert_int_equal(sample->numbers[1], 150);
        assert_int_equal(sample->numbers[2], 3);
}

static void a_malformed_field_is_named(void **state)
{
        struct fixture *fixture = *state;

        assert_refused(fixture, BYTES("\x6a\x01\x80"), &strict, "MALFORMED_MESSAGE");
        assert_string_equal(fixture->error.violations->field, "numbers[0]");
        assert_refused(fixture, BYTES("\x5a\x00\x5a\x00"), &strict, "MALFORMED_MESSAGE");
        assert_string_equal(fixture->error.violations->field, "address");
}

static void an_unknown_field_is_named(void **state)
{
        struct fixture *fixture = *state;
        /* lines[1], behind another field, has a field 99. */
        struct bytes bytes = BYTES("\x62\x02\x18\x01\x20\x05\x62\x03\x98\x06\x01");

        assert_refused(fixture, bytes, &strict, "UNKNOWN_FIELD");
        assert_string_equal(fixture->error.violations->field, "lines[1].99");
        assert_non_null(strstr(fixture->error.message, "99"));
        assert_non_null(decode(fixture, &shop__sample__descriptor, bytes, &lenient));
}

static void texts_must_be_utf8_without_nul(void **state)
{
        struct fixture *fixture = *state;

        assert_refused(fixture, BYTES("\x62\x00\x62\x04\x22\x02\xc0\x80"), &strict, "BAD_UTF8");
        assert_string_equal(fixture->error.violations->field, "lines[1].note");
        assert_refused(fixture,
                BYTES("\x0a\x03"
                      "a\0b"),
                &strict, "BAD_UTF8");
        assert_string_equal(fixture->error.violations->field, "id");
        assert_refused(fixture,
                BYTES("\x72\x01"
                      "a\x72\x01\xff"),
                &strict, "BAD_UTF8");
        assert_string_equal(fixture->error.violations->field, "tags[1]");
        assert_non_null(
                decode(fixture, &shop__sample__descriptor, BYTES("\x4a\x02\xff\x00"), &strict));
}

/* depth messages within each other, the innermost empty. */
static struct bytes nested(struct arena *arena, int depth)
{
        struct bytes bytes = bytes_of(arena_alloc(arena, 1), 0);

        for (int i = 1; i < depth; i++) {
                uint8_t *outer = arena_alloc(arena, bytes.len + 4);
                size_t prefix = bytes.len < 128 ? 2 : 3;

                outer[0] = 0x0a;
                outer[1] = (uint8_t)(bytes.len < 128 ? bytes.len : (bytes.len & 0x7F) | 0x80);
                if (prefix == 3)
                        outer[2] = (uint8_t)(bytes.len >> 7);
                memcpy(outer + prefix, bytes.data, bytes.len);
                bytes = bytes_of(outer, bytes.len + prefix);
        }
        return bytes;
}

static void nesting_is_bounded(void **state)
{
        struct fixture *fixture = *state;

        assert_non_null(decode(fixture, &shop__nest__descriptor,
                nested(&fixture->arena, DECODE_DEPTH_MAX), &strict));
        assert_null(decode(fixture, &shop__nest__descriptor,
                nested(&fixture->arena, DECODE_DEPTH_MAX + 1), &strict));
        assert_string_equal(fixture->error.reason, "MALFORMED_MESSAGE");
        assert_null(
                decode(fixture, &shop__nest__descriptor, nested(&fixture->arena, 5000), &lenient));
}

static void fields_and_bytes_are_bounded(void **state)
{
        struct fixture *fixture = *state;
        struct decode_limits limits = strict;
        struct bytes bytes = BYTES("\x18\x01\x18\x01\x62\x02\x18\x01");

        limits.fields_max = 4;
        assert_non_null(decode(fixture, &shop__sample__descriptor, bytes, &limits));
        limits.fields_max = 3;
        assert_refused(fixture, bytes, &limits, "MESSAGE_TOO_LARGE");
        assert_int_equal(fixture->error.code, RESOURCE_EXHAUSTED);
        limits = strict;
        limits.bytes_max = bytes.len - 1;
        assert_refused(fixture, bytes, &limits, "MESSAGE_TOO_LARGE");
        limits.bytes_max = bytes.len;
        assert_non_null(decode(fixture, &shop__sample__descriptor, bytes, &limits));
}

/* One MiB of two-byte fields, which protobuf-c makes fifty to a hundred MB of. */
static void small_inputs_do_not_become_large(void **state)
{
        static uint8_t unknown[1 << 20], empty[1 << 20];
        struct fixture *fixture = *state;
        struct decode_limits limits = lenient;

        for (size_t i = 0; i < sizeof(unknown); i += 2) {
                memcpy(unknown + i, "\x78\x01", 2);
                memcpy(empty + i, "\x12\x00", 2);
        }
        limits.memory_max = 16 << 20;
        assert_null(decode(
                fixture, &shop__nest__descriptor, bytes_of(unknown, sizeof(unknown)), &limits));
        assert_string_equal(fixture->error.reason, "MESSAGE_TOO_LARGE");
        assert_null(
                decode(fixture, &shop__nest__descriptor, bytes_of(empty, sizeof(empty)), &limits));
        assert_string_equal(fixture->error.reason, "MESSAGE_TOO_LARGE");
        assert_true(fixture->arena.used < 10000);
}

/* Decodes into an arena of its own; what was accepted kept to the limit. */
static bool keeps_to_its_memory(struct fixture *fixture,
        const ProtobufCMessageDescriptor *descriptor, struct bytes bytes, size_t memory_max)
{
        struct decode_limits limits = lenient;
        struct arena arena;
        bool accepted;

        arena_init(&arena);
        limits.memory_max = memory_max;
        fixture_clear(fixture);
        accepted = decode_guarded(&arena, descriptor, bytes, &limits, &fixture->error) != NULL;
        if (accepted && arena.used > memory_max)
                fail_msg("%zu bytes where %zu were allowed", arena.used, memory_max);
        if (!accepted)
                assert_int_equal(arena.used, 0);
        arena_release(&arena);
        return accepted;
}

static void memory_is_what_was_counted(void **state)
{
        struct fixture *fixture = *state;
        struct random random;

        random_seed(&random, 31);
        for (int round = 0; round < 3000; round++) {
                static const char *const pieces[] = {"\x62\x00", "\x62\x02\x18\x01",
                        "\x72\x01"
                        "a",
                        "\xba\x01\x01"
                        "b",
                        "\x68\x05", "\x6a\x02\x01\x02", "\xf8\x07\x01"};
                struct buffer wire = {0};
                size_t exact;

                for (size_t n = random_below(&random, 200); n > 0; n--) {
                        static const size_t lens[] = {2, 4, 3, 4, 2, 4, 3};
                        size_t which = random_below(&random, 7);

                        buffer_append(&wire, pieces[which], lens[which]);
                }
                buffer_reserve(&wire, 1);
                for (exact = 64; !keeps_to_its_memory(fixture, &shop__sample__descriptor,
                             bytes_of(wire.data, wire.len), exact);
                        exact += exact / 4)
                        assert_true(exact < 200000);
                buffer_release(&wire);
                arena_reset(&fixture->arena);
        }
}

/* Nothing that comes may crash, and what is accepted can be encoded again. */
static void damaged_messages_do_no_harm(void **state)
{
        struct fixture *fixture = *state;
        struct random random;
        size_t accepted = 0;

        random_seed(&random, 32);
        for (int round = 0; round < 20000; round++) {
                struct bytes whole = encode(&fixture->arena, sample_filled(&fixture->arena));
                size_t len = random_below(&random, 4) == 0 ? random_below(&random, whole.len)
                                                           : whole.len;
                uint8_t *data = arena_copy(&fixture->arena, whole.data, len);
                Shop__Sample *sample;

                for (size_t hits = random_below(&random, 4); hits > 0 && len > 0; hits--)
                        data[random_below(&random, len)] ^=
                                (uint8_t)(1 << random_below(&random, 8));
                sample = decode(fixture, &shop__sample__descriptor, bytes_of(data, len), &strict);
                if (sample != NULL) {
                        accepted++;
                        encode(&fixture->arena, sample);
                } else {
                        assert_int_not_equal(fixture->error.code, OK);
                        assert_non_null(fixture->error.reason);
                }
                arena_reset(&fixture->arena);
        }
        assert_in_range(accepted, 1000, 19000);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                fixture_test(a_message_comes_back_as_it_was),
                fixture_test(nothing_is_an_empty_message),
                fixture_test(what_is_no_message_is_refused),
                fixture_test(packed_and_plain_lists_are_the_same),
                fixture_test(a_malformed_field_is_named),
                fixture_test(an_unknown_field_is_named),
                fixture_test(texts_must_be_utf8_without_nul),
                fixture_test(nesting_is_bounded),
                fixture_test(fields_and_bytes_are_bounded),
                fixture_test(small_inputs_do_not_become_large),
                fixture_test(memory_is_what_was_counted),
                fixture_test(damaged_messages_do_no_harm),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
