/* The fast way to encode: the bytes that protobuf-c writes, or none. */
#include "tests/unit/schema/sample.h"

#include <string.h>

#include "lib/base/random.h"
#include "lib/schema/encode_plain.h"

#define ROUNDS 20000

/* True where it was taken; then the bytes are protobuf-c's. */
static bool is_taken(struct arena *arena, const void *message)
{
        size_t len = protobuf_c_message_get_packed_size(message);
        uint8_t *careful = arena_alloc(arena, len + 1);
        struct bytes quick;

        protobuf_c_message_pack(message, careful);
        if (!encode_plain(arena, message, &quick))
                return false;
        assert_non_null(quick.data);
        assert_true(bytes_equal(quick, bytes_of(careful, len)));
        return true;
}

static const char *random_text(struct arena *arena, struct random *random)
{
        size_t len =
                random_below(random, 8) == 0 ? random_below(random, 300) : random_below(random, 4);
        char *text = arena_alloc(arena, len + 1);

        memset(text, 'x', len);
        return text;
}

/* Often 0, and else where the length of a varint changes. */
static int64_t random_number(struct random *random)
{
        uint64_t number = UINT64_C(1) << random_below(random, 64);

        number += random_below(random, 3) - UINT64_C(1);
        return random_below(random, 3) == 0 ? 0 : (int64_t)number;
}

static Shop__SampleLine *random_line(struct arena *arena, struct random *random)
{
        Shop__SampleLine *line = arena_new(arena, Shop__SampleLine);

        *line = (Shop__SampleLine)SHOP__SAMPLE_LINE__INIT;
        line->order_id = random_below(random, 9) == 0 ? NULL : random_text(arena, random);
        line->number = (int32_t)random_number(random);
        line->quantity = random_number(random);
        line->note = random_text(arena, random);
        return line;
}

static void fill_lists(struct arena *arena, struct random *random, Shop__Sample *sample)
{
        sample->n_lines = random_below(random, 9) == 0 ? 100 : random_below(random, 4);
        sample->lines = arena_alloc(arena, sample->n_lines * sizeof(*sample->lines) + 1);
        for (size_t i = 0; i < sample->n_lines; i++)
                sample->lines[i] = random_line(arena, random);
        sample->n_tags = random_below(random, 4);
        sample->tags = arena_alloc(arena, sample->n_tags * sizeof(*sample->tags) + 1);
        for (size_t i = 0; i < sample->n_tags; i++)
                sample->tags[i] = random_text(arena, random);
        sample->n_blobs = random_below(random, 3);
        sample->blobs = arena_alloc(arena, sample->n_blobs * sizeof(*sample->blobs) + 1);
        for (size_t i = 0; i < sample->n_blobs; i++)
                sample->blobs[i] = (ProtobufCBinaryData){i, (uint8_t *)sample->tags};
}

static Shop__Sample *random_sample(struct arena *arena, struct random *random)
{
        Shop__Sample *sample = arena_new(arena, Shop__Sample);

        *sample = (Shop__Sample)SHOP__SAMPLE__INIT;
        sample->id = random_text(arena, random);
        sample->email = random_text(arena, random);
        sample->small = (int32_t)random_number(random);
        sample->natural = (uint32_t)random_number(random);
        sample->amount_minor = random_number(random);
        sample->big = (uint64_t)random_number(random);
        sample->flag = random_below(random, 2);
        sample->colour = (Shop__Colour)random_below(random, 3);
        sample->data.data = (uint8_t *)(uintptr_t) "bytes";
        sample->data.len = random_below(random, 6);
        if (random_below(random, 2) == 0) {
                sample->address = arena_new(arena, Shop__SampleAddress);
                *sample->address = (Shop__SampleAddress)SHOP__SAMPLE_ADDRESS__INIT;
                sample->address->city = random_text(arena, random);
        }
        fill_lists(arena, random, sample);
        return sample;
}

static void the_bytes_are_those_of_protobuf_c(void **state)
{
        struct fixture *fixture = *state;
        struct random random;

        random_seed(&random, 43);
        for (size_t round = 0; round < ROUNDS; round++) {
                assert_true(is_taken(&fixture->arena, random_sample(&fixture->arena, &random)));
                arena_reset(&fixture->arena);
        }
}

static void the_unusual_is_left(void **state)
{
        struct fixture *fixture = *state;
        struct arena *arena = &fixture->arena;
        Shop__Sample sample = SHOP__SAMPLE__INIT;
        ProtobufCMessageUnknownField unknown = {.tag = 99};
        int64_t number = 1;

        assert_true(is_taken(arena, &sample));
        sample.weight = -0.0;
        assert_false(is_taken(arena, &sample));
        sample.weight = 0;
        sample.fixed = 1;
        assert_false(is_taken(arena, &sample));
        sample.fixed = 0;
        sample.delta = -1;
        assert_false(is_taken(arena, &sample));
        sample.delta = 0;
        sample.choice_case = SHOP__SAMPLE__CHOICE_COUNT;
        assert_false(is_taken(arena, &sample));
        sample.choice_case = SHOP__SAMPLE__CHOICE__NOT_SET;
        sample.numbers = &number;
        sample.n_numbers = 1;
        assert_false(is_taken(arena, &sample));
        sample.n_numbers = 0;
        sample.base.unknown_fields = &unknown;
        sample.base.n_unknown_fields = 1;
        struct bytes ignored;
        assert_false(encode_plain(arena, &sample, &ignored));
        sample.base.n_unknown_fields = 0;
        assert_true(is_taken(arena, &sample));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                fixture_test(the_bytes_are_those_of_protobuf_c),
                fixture_test(the_unusual_is_left),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
