/* Names of rows and requests. */
#include "tests/unit/base/cmocka_all.h"

#include <string.h>

#include "lib/base/id.h"

static void text_order_is_time_order(void **state)
{
        char before[ID_LEN + 1] = "";
        struct random random;

        random_seed(&random, 3);
        for (int64_t ms = 0; ms < (INT64_C(1) << 47); ms = ms * 2 + 1) {
                char id[ID_LEN + 1];

                id_make(ms * 1000, &random, id);
                assert_int_equal(strlen(id), ID_LEN);
                assert_int_equal(strspn(id, "0123456789abcdefghjkmnpqrstvwxyz"), ID_LEN);
                assert_true(strcmp(before, id) < 0);
                strcpy(before, id);
        }
}

static void ids_of_one_instant_differ_and_repeat_from_their_seed(void **state)
{
        char first[ID_LEN + 1], second[ID_LEN + 1], again[ID_LEN + 1];
        struct random random;

        random_seed(&random, 9);
        id_make(1291191960000000, &random, first);
        id_make(1291191960000000, &random, second);
        assert_string_not_equal(first, second);
        assert_memory_equal(first, second, 9); /* 45 of the 48 bits of time */
        random_seed(&random, 9);
        id_make(1291191960000000, &random, again);
        assert_string_equal(first, again);
}

static void a_request_id_tells_its_time(void **state)
{
        char text[REQUEST_ID_LEN + 1];
        struct random random;
        int64_t time_ms = 0;

        random_seed(&random, 11);
        request_id_make(1291191960123456, &random, text);
        assert_true(request_id_check(text, &time_ms));
        assert_int_equal(time_ms, 1291191960123);
        assert_true(request_id_check(text, NULL));
}

static void other_texts_are_no_request_ids(void **state)
{
        static const char *const texts[] = {
                "",
                "012ca123-4567-7abc-8def-0123456789a",
                "012ca123-4567-7abc-8def-0123456789abc",
                "012ca123-4567-4abc-8def-0123456789ab", /* version 4 */
                "012ca123-4567-7abc-cdef-0123456789ab", /* variant */
                "012CA123-4567-7abc-8def-0123456789ab", /* capitals */
                "012ca123-4567-7abc-8def_0123456789ab",
                "012ca1234-567-7abc-8def-0123456789ab",
                "012ca123-4567-7abc-8def-0123456789ag",
        };

        assert_true(request_id_check("012ca123-4567-7abc-8def-0123456789ab", NULL));
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                if (request_id_check(texts[i], NULL))
                        fail_msg("accepted %s", texts[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(text_order_is_time_order),
                cmocka_unit_test(ids_of_one_instant_differ_and_repeat_from_their_seed),
                cmocka_unit_test(a_request_id_tells_its_time),
                cmocka_unit_test(other_texts_are_no_request_ids),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
