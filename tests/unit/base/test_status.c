/* Errors: names of codes, violations in the order found, facts. */
#include "tests/unit/base/cmocka_all.h"

#include "lib/base/status.h"

static void codes_have_grpc_names_and_numbers(void **state)
{
        assert_string_equal(status_name(OK), "OK");
        assert_string_equal(status_name(5), "NOT_FOUND");
        assert_string_equal(status_name(16), "UNAUTHENTICATED");
        assert_string_equal(status_name(17), "UNKNOWN");
        assert_string_equal(status_name(-1), "UNKNOWN");
        for (int i = 0; i < STATUS_COUNT; i++)
                assert_int_equal(status_named(status_name(i)), i);
        assert_int_equal(status_named("NO_SUCH"), -1);
}

static void an_error_is_told_three_ways(void **state)
{
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        assert_int_equal(error.code, OK);
        assert_int_equal(
                error_set(&error, NOT_FOUND, "CART_NOT_FOUND", "cart %s", "c1"), NOT_FOUND);
        assert_int_equal(error.code, NOT_FOUND);
        assert_string_equal(error.reason, "CART_NOT_FOUND");
        assert_string_equal(error.message, "cart c1");
        error_fact(&error, "available", "%d", 3);
        error_fact(&error, "wanted", "%d", 4);
        assert_string_equal(error.facts->name, "available");
        assert_string_equal(error.facts->value, "3");
        assert_string_equal(error.facts->next->value, "4");
        assert_null(error.facts->next->next);
        arena_release(&arena);
}

static void violations_are_kept_in_order(void **state)
{
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        assert_int_equal(
                error_violation(&error, "a", "REQUIRED", "%s is required", "a"), INVALID_ARGUMENT);
        error_violation(&error, "b[2]", "TOO_LONG", "b[2] is too long");
        assert_int_equal(error.code, INVALID_ARGUMENT);
        assert_string_equal(error.reason, "REQUIRED");
        assert_string_equal(error.message, "a is required");
        assert_string_equal(error.violations->field, "a");
        assert_string_equal(error.violations->next->field, "b[2]");
        assert_string_equal(error.violations->next->reason, "TOO_LONG");
        assert_null(error.violations->next->next);
        arena_release(&arena);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(codes_have_grpc_names_and_numbers),
                cmocka_unit_test(an_error_is_told_three_ways),
                cmocka_unit_test(violations_are_kept_in_order),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
