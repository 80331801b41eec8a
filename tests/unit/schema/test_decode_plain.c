/* The fast way through a message: the same as the careful one, or none. */
#include "tests/unit/schema/sample.h"

#include <string.h>

#include "lib/base/random.h"
#include "lib/schema/decode_plain.h"
#include "lib/schema/wire_scan.h"

static const struct decode_limits limits = {
        .bytes_max = 1 << 20, .fields_max = 10000, .memory_max = 1 << 20};

#define PIECE(text)                                                                                \
        {                                                                                          \
                (const uint8_t *)(text), sizeof(text) - 1                                          \
        }

/* Fields of Sample that the fast way takes. */
static const struct bytes pieces[] = {
        PIECE("\x0a\x02"
              "id"),
        PIECE("\x12\x07"
              "Zo\xc3\xab\xe4\xb8\xad"),
        PIECE("\x18\xfb\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        PIECE("\x20\xff\xff\xff\xff\x0f"),
        PIECE("\x28\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
        PIECE("\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        PIECE("\x38\x01"),
        PIECE("\x40\x07"),
        PIECE("\x4a\x03\x00\xff\x80"),
        PIECE("\x4a\x00"),
        PIECE("\x52\x05\x08\x96\x01\x10\x03"),
        PIECE("\x5a\x08\x0a\x04"
              "Oslo\x12\x00"),
        PIECE("\x5a\x00"),
        PIECE("\x62\x02\x18\x05\x62\x00\x62\x06\x22\x04"
              "four"),
        PIECE("\x72\x03"
              "red\x72\x00\x72\x09"
              "nine char"),
        PIECE("\x98\x01\x03"),
        PIECE("\xba\x01\x02"
              "ab\xba\x01\x00"),
};
#define PIECES (sizeof(pieces) / sizeof(pieces[0]))

/* What decoding means without the fast way. */
static void *decode_carefully(
        struct fixture *fixture, const ProtobufCMessageDescriptor *descriptor, struct bytes bytes)
{
        ProtobufCAllocator allocator = arena_allocator(&fixture->arena);

        fixture_clear(fixture);
        return wire_scan(descriptor, bytes, &limits, &fixture->error)
                       ? protobuf_c_message_unpack(descriptor, &allocator, bytes.len, bytes.data)
                       : NULL;
}

/* True when the fast way took it; then it was right. */
static bool is_taken(
        struct fixture *fixture, const ProtobufCMessageDescriptor *descriptor, struct bytes bytes)
{
        size_t before = fixture->arena.used;
        void *quick = decode_plain(&fixture->arena, descriptor, bytes, &limits);

        if (quick == NULL) {
                assert_int_equal(fixture->arena.used, before);
                return false;
        }
        void *careful = decode_carefully(fixture, descriptor, bytes);

        assert_non_null(careful);
        assert_true(bytes_equal(encode(&fixture->arena, quick), encode(&fixture->arena, careful)));
        return true;
}

static struct bytes random_sample(struct arena *arena, struct random *random)
{
        uint8_t *data = arena_alloc(arena, 20 * 32);
        size_t len = 0;

        for (size_t i = 0; i < PIECES; i++) {
                const struct bytes *piece =
                        &pieces[random_below(random, 20) == 0 ? random_below(random, PIECES) : i];

                if (random_below(random, 3) == 0)
                        continue;
                memcpy(data + len, piece->data, piece->len);
                len += piece->len;
        }
        return bytes_of(data, len);
}

static void whatever_is_taken_is_right(void **state)
{
        struct fixture *fixture = *state;
        struct random random;
        size_t taken = 0, rounds = 30000;

        random_seed(&random, 41);
        for (size_t round = 0; round < rounds; round++) {
                struct bytes bytes = random_sample(&fixture->arena, &random);
                uint8_t *data = arena_copy(&fixture->arena, bytes.data, bytes.len);

                for (size_t hits = random_below(&random, 3); hits > 0 && bytes.len > 0; hits--)
                        data[random_below(&random, bytes.len)] ^=
                                (uint8_t)(1 << random_below(&random, 8));
                taken += is_taken(fixture, &shop__sample__descriptor, bytes_of(data, bytes.len));
                arena_reset(&fixture->arena);
        }
        assert_in_range(taken, rounds / 5, rounds);
}

static void what_encoders_write_is_taken(void **state)
{
        struct fixture *fixture = *state;

        for (size_t i = 0; i < PIECES; i++) {
                Shop__Sample *sample =
                        decode_carefully(fixture, &shop__sample__descriptor, pieces[i]);

                assert_non_null(sample);
                assert_true(is_taken(fixture, &shop__sample__descriptor, pieces[i]));
        }
        Shop__Sample *sample = sample_filled(&fixture->arena);
        Shop__UpdateSampleRequest request = SHOP__UPDATE_SAMPLE_REQUEST__INIT;

        sample->n_numbers = sample->n_colours = sample->n_fixeds = 0;
        sample->weight = 0;
        sample->fixed = 0;
        sample->choice_case = SHOP__SAMPLE__CHOICE__NOT_SET;
        request.sample = sample;
        request.reason = "it was wrong";
        assert_true(is_taken(fixture, &shop__update_sample_request__descriptor,
                encode(&fixture->arena, &request)));
}

#define BYTES(text) bytes_of((text), sizeof(text) - 1)

static void the_unusual_is_left(void **state)
{
        struct fixture *fixture = *state;
        const struct bytes rows[] = {
                BYTES(""), BYTES("\x00\x01"), /* field 0 */
                BYTES("\xf8\x07\x01"),        /* an unknown field */
                BYTES("\x6a\x01\x05"),        /* packed numbers */
                BYTES("\x68\x05"),            /* numbers one by one */
                BYTES("\xa2\x01\x01x"),       /* one of several */
                BYTES("\x81\x01"
                      "12345678"),                            /* a double */
                BYTES("\x5a\x00\x5a\x00"),                    /* a message twice */
                BYTES("\x72\x01x\x38\x01\x72\x01y"),          /* a list in two pieces */
                BYTES("\x0a\x01\x00"), BYTES("\x0a\x01\xff"), /* no text */
                BYTES("\x0a\x08"
                      "1234567\x80"),
                BYTES("\x0a\x03"
                      "12\xe4"),
                BYTES("\x0a\x05"
                      "abcd"),
                BYTES("\x0a"), BYTES("\x18"), /* cut off */
                BYTES("\x62\x02\x18\x01\x62\x05\x18\x01"), BYTES("\x08\x01"),
                BYTES("\x1a\x00"),                                     /* of the wrong type */
                BYTES("\x38\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"), /* more than 64 bits */
                BYTES("\x8a\x80\x80\x80\x80\x01\x01x"),                /* a tag of 33 bits */
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                if (is_taken(fixture, &shop__sample__descriptor, rows[i]))
                        fail_msg("row %zu was taken", i);
}

static void limits_are_kept(void **state)
{
        struct fixture *fixture = *state;
        struct bytes bytes = BYTES("\x18\x01\x62\x02\x18\x01\x62\x00\x72\x01x");
        struct decode_limits tight = limits;
        struct arena *arena = &fixture->arena;
        uint8_t nested[2 * DECODE_DEPTH_MAX];

        tight.fields_max = 5;
        assert_non_null(decode_plain(arena, &shop__sample__descriptor, bytes, &tight));
        tight.fields_max = 4;
        assert_null(decode_plain(arena, &shop__sample__descriptor, bytes, &tight));
        tight = limits;
        tight.bytes_max = bytes.len - 1;
        assert_null(decode_plain(arena, &shop__sample__descriptor, bytes, &tight));
        for (tight = limits, tight.memory_max = 16;; tight.memory_max += 16) {
                arena_reset(arena);
                if (decode_plain(arena, &shop__sample__descriptor, bytes, &tight) != NULL)
                        break;
                assert_int_equal(arena->used, 0);
        }
        assert_in_range(arena->used, sizeof(Shop__Sample), tight.memory_max);
        for (size_t i = 0; i < DECODE_DEPTH_MAX; i++) {
                nested[2 * i] = 0x0a;
                nested[2 * i + 1] = (uint8_t)(2 * (DECODE_DEPTH_MAX - 1 - i));
        }
        assert_null(decode_plain(
                arena, &shop__nest__descriptor, bytes_of(nested, sizeof(nested)), &limits));
        nested[1] = 0;
        assert_non_null(decode_plain(arena, &shop__nest__descriptor, bytes_of(nested, 2), &limits));
        assert_non_null(decode_plain(
                arena, &shop__nest__descriptor, bytes_of(nested + 2, sizeof(nested) - 2), &limits));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                fixture_test(whatever_is_taken_is_right),
                fixture_test(what_encoders_write_is_taken),
                fixture_test(the_unusual_is_left),
                fixture_test(limits_are_kept),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
