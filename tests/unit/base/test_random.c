/* The stream is the published one, and even below a bound. */
#include "tests/unit/base/cmocka_all.h"

#include "lib/base/random.h"

static void the_stream_is_splitmix64(void **state)
{
        /* First outputs of the authors' reference for the seed 1234567. */
        static const uint64_t expected[] = {
                UINT64_C(6457827717110365317),
                UINT64_C(3203168211198807973),
                UINT64_C(9817491932198370423),
        };
        struct random random;

        random_seed(&random, 1234567);
        for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
                assert_true(random_next(&random) == expected[i]);
}

static void numbers_below_a_bound_are_even(void **state)
{
        size_t counts[10] = {0};
        struct random random;

        random_seed(&random, 5);
        for (int i = 0; i < 100000; i++) {
                uint64_t number = random_below(&random, 10);

                assert_true(number < 10);
                counts[number]++;
        }
        for (int i = 0; i < 10; i++)
                assert_in_range(counts[i], 9600, 10400);
        assert_int_equal(random_below(&random, 1), 0);
        assert_true(random_below(&random, UINT64_MAX) < UINT64_MAX);
}

/* Three quarters of the range of 64 bits: a remainder alone would prefer the lowest third. */
static void no_number_below_a_large_bound_is_preferred(void **state)
{
        struct random random;
        int low = 0;

        random_seed(&random, 6);
        for (int i = 0; i < 30000; i++)
                low += random_below(&random, UINT64_C(3) << 62) < UINT64_C(1) << 62;
        assert_in_range(low, 9600, 10400);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_stream_is_splitmix64),
                cmocka_unit_test(numbers_below_a_bound_are_even),
                cmocka_unit_test(no_number_below_a_large_bound_is_preferred),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
