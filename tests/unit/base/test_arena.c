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

static void a_rewind_forgets_only_what_came_after_the_mark(void **state)
{
        struct arena arena;

        arena_init(&arena);
        for (int kept = 0; kept < 3; kept++) { /* no block yet, one, one and a large one */
                char *before = kept > 0 ? arena_text(&arena, "before") : NULL;
                uint8_t *large = kept > 1 ? arena_alloc(&arena, 100000) : NULL;
                struct arena_mark mark = arena_mark(&arena);
                size_t used = arena.used;

                if (large != NULL)
                        memset(large, 7, 100000);
                for (int round = 0; round < 3; round++) {
                        char *first = arena_text(&arena, "after");

                        arena_alloc(&arena, 200000);
                        for (int i = 0; i < 100; i++)
                                memset(arena_alloc(&arena, 3000), 0xAA, 3000);
                        arena_rewind(&arena, mark);
                        assert_int_equal(arena.used, used);
                        if (kept > 0) {
                                assert_ptr_equal(arena_alloc(&arena, 6), first);
                                assert_int_equal(first[0], 0);
                                arena_rewind(&arena, mark);
                                assert_string_equal(before, "before");
                        }
                }
                if (large != NULL)
                        assert_int_equal(large[99999], 7);
        }
        arena_release(&arena);
}

static void lent_room_is_used_first_and_never_freed(void **state)
{
        _Alignas(16) uint8_t room[512];
        struct arena arena;

        for (int round = 0; round < 2; round++) {
                memset(room, 0xAA, sizeof(room));
                arena_init_in(&arena, room, sizeof(room));
                uint8_t *small = arena_alloc(&arena, 100);

                assert_true(small > room && small + 100 <= room + sizeof(room));
                assert_int_equal(small[99], 0);
                memset(arena_alloc(&arena, 5000), 1, 5000);
                arena_reset(&arena);
                assert_ptr_equal(arena_alloc(&arena, 100), small);
                arena_release(&arena);
        }
        memset(room, 0, sizeof(room)); /* it is the caller's again */
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
                cmocka_unit_test(a_rewind_forgets_only_what_came_after_the_mark),
                cmocka_unit_test(lent_room_is_used_first_and_never_freed),
                cmocka_unit_test(growing_keeps_what_was_there),
                cmocka_unit_test(texts_are_copied_and_printed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
