/*
 * Ordered keys. Bytes that are a key are the only bytes of it: taking its values and appending them
 * gives them again. Of two tuples of the same types the bytes sort as the tuples do.
 */
#include "lib/schema/keys.h"

#include "tests/fuzz/fuzz.h"

struct tuple {
        struct key_value values[KEY_PARTS_MAX];
        size_t count;
};

/* Types are the digits of a number in base 5. */
static enum key_type type_at(uint32_t types, size_t i)
{
        for (; i > 0; i--)
                types /= 5;
        return (enum key_type)(types % 5);
}

static void append_all(struct key *key, const struct tuple *tuple)
{
        key_clear(key);
        for (size_t i = 0; i < tuple->count; i++)
                key_append(key, tuple->values[i]);
}

/* Takes values off the front of the input, as many as there are, up to KEY_PARTS_MAX. */
static struct tuple take_tuple(struct arena *arena, uint32_t types, struct bytes *input)
{
        struct tuple tuple = {.count = 0};
        struct bytes rest = *input;
        struct key key;

        while (tuple.count < KEY_PARTS_MAX &&
                key_take(arena, &rest, type_at(types, tuple.count), &tuple.values[tuple.count]))
                tuple.count++;
        append_all(&key, &tuple);
        size_t taken = input->len - rest.len;
        assert(key.overflow == (taken > KEY_LEN_MAX));
        assert(key.len == (key.overflow ? KEY_LEN_MAX : taken));
        assert(memcmp(key.data, input->data, key.len) == 0);
        *input = rest;
        return tuple;
}

static int sign(int64_t number)
{
        return (number > 0) - (number < 0);
}

static int compare_values(struct key_value a, struct key_value b)
{
        switch (a.type) {
        case KEY_TEXT:
                return sign(strcmp(a.text, b.text));
        case KEY_BYTES:
                return sign(bytes_compare(a.bytes, b.bytes));
        case KEY_INT:
                return (a.number > b.number) - (a.number < b.number);
        case KEY_UINT:
                return (a.natural > b.natural) - (a.natural < b.natural);
        case KEY_BOOL:
                return (int)a.flag - (int)b.flag;
        }
        return 0;
}

static int compare_tuples(const struct tuple *a, const struct tuple *b)
{
        for (size_t i = 0; i < a->count && i < b->count; i++) {
                int order = compare_values(a->values[i], b->values[i]);

                if (order != 0)
                        return order;
        }
        return (a->count > b->count) - (a->count < b->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct bytes input = bytes_of(data, size);
        uint32_t types = fuzz_byte(&input);
        size_t first_len = fuzz_byte(&input);
        struct key keys[2];
        struct arena arena;

        types = types << 8 | fuzz_byte(&input);
        if (first_len > input.len)
                first_len = input.len;
        struct bytes first = bytes_of(input.data, first_len);
        struct bytes second = bytes_of(input.data + first_len, input.len - first_len);
        arena_init(&arena);
        struct tuple a = take_tuple(&arena, types, &first);
        struct tuple b = take_tuple(&arena, types, &second);
        append_all(&keys[0], &a);
        append_all(&keys[1], &b);
        if (!keys[0].overflow && !keys[1].overflow)
                assert(sign(bytes_compare(key_bytes_of(&keys[0]), key_bytes_of(&keys[1]))) ==
                        compare_tuples(&a, &b));
        arena_release(&arena);
        return 0;
}
