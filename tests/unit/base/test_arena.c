/* Memory of one lifetime: zeroed, aligned, kept apart, and reusable after a reset. */
#include "tests/unit/base/cmocka_all.h"

#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/random.h"

static void memory_is_zeroed_and_aligned(void **state)
{
        struct arena arena;

        arena_init(&arena);
        for (int round = 0; round < 3; round++) {
                for (size_t size = 0; size < 3000; size += 7) {
                        uint8_t *data = arena_alloc(&arena, size);

                        assert_int_equal((uintptr_t)data % 16, 0);
                        for (size_t i = 0; i < size; i++)
                                assert_int_equal(data[i], 0);
                        memset(data, 0xAA, size);
                }
                arena_reset(&arena);
                assert_int_equal(arena.used, 0);
        }
        arena_release(&arena);
}

static void pieces_do_not_overlap(void **state)
{
        enum { PIECES = 2000 };
        struct arena arena;
        struct random random;
        uint8_t *pieces[PIECES];
        size_t sizes[PIECES];

        arena_init(&arena);
        random_seed(&random, 7);
        for (int i = 0; i < PIECES; i++) {
                sizes[i] = random_below(&random, i % 50 == 0 ? 100000 : 200) + 1;
                pieces[i] = arena_alloc(&arena, sizes[i]);
                memset(pieces[i], i & 0xFF, sizes[i]);
        }
        for (int i = 0; i < PIECES; i++) {
                assert_int_equal(pieces[i][0], i & 0xFF);
                assert_int_equal(pieces[i][sizes[i] - 1], i & 0xFF);
        }
        arena_release(&arena);
}

static void first_block_survives_reset(void **state)
{
        struct arena arena;
        void *before;

        arena_init(&arena);
        before = arena_alloc(&arena, 100);
        arena_alloc(&arena, 1000000);
        arena_alloc(&arena, 60000);
        arena_reset(&arena);
        assert_ptr_equal(arena_alloc(&arena, 100), before);
        arena_release(&arena);
        assert_null(arena.first);
}

static void growing_keeps_what_was_there(void **state)
{
        struct arena arena;
        int *numbers;

        arena_init(&arena);
        numbers = arena_grow(&arena, NULL, 0, 2 * sizeof(int));
        numbers[0] = 1;
        numbers[1] = 2;
        numbers = arena_grow(&arena, numbers, 2 * sizeof(int), 4 * sizeof(int));
        assert_int_equal(numbers[0], 1);
        assert_int_equal(numbers[1], 2);
        assert_int_equal(numbers[2], 0);
        arena_release(&arena);
}

static void texts_are_copied_and_printed(void **state)
{
        struct arena arena;
        char original[] = "cart";
        char *copy;

        arena_init(&arena);
        copy = arena_text(&arena, original);
        original[0] = 'C';
        assert_string_equal(copy, "cart");
        assert_string_equal(arena_printf(&arena, "%s-%d", copy, 42), "cart-42");
        assert_string_equal(arena_printf(&arena, "%s", ""), "");
        arena_release(&arena);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(memory_is_zeroed_and_aligned),
                cmocka_unit_test(pieces_do_not_overlap),
                cmocka_unit_test(first_block_survives_reset),
                cmocka_unit_test(growing_keeps_what_was_there),
                cmocka_unit_test(texts_are_copied_and_printed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
