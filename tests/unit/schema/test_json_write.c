/* Messages as JSON, character by character. */
#include "tests/unit/schema/sample.h"

#include <math.h>

#include "lib/schema/json.h"

static void assert_written(const struct schema_message *message, const void *value,
        enum json_style style, const char *expected)
{
        struct buffer out = {0};

        json_write(&out, message, value, style);
        buffer_append(&out, "", 1);
        assert_string_equal((const char *)out.data, expected);
        buffer_release(&out);
}

static void every_kind_of_field_has_its_form(void **state)
{
        struct fixture *fixture = *state;

        assert_written(&sample_message, sample_filled(&fixture->arena), JSON_LINE,
                "{\"id\":\"s1\",\"email\":\"ann@example.org\",\"small\":7,\"natural\":4294967295,"
                "\"amount_minor\":\"-5\",\"big\":\"1000\",\"flag\":true,\"colour\":\"COLOUR_"
                "GREEN\","
                "\"data\":\"AP4B\",\"create_time\":\"2010-12-01T08:26:00.500000Z\","
                "\"address\":{\"city\":\"K\u00f6ln\",\"country\":\"DE\"},"
                "\"lines\":[{\"quantity\":\"1\",\"note\":\"one\",\"total_minor\":\"100\"},"
                "{\"quantity\":\"100\",\"total_minor\":\"10000\"}],\"numbers\":[\"1\",\"9\",\"5\"],"
                "\"tags\":[\"new\",\"red-hot\"],\"colours\":[\"COLOUR_BLUE\",\"COLOUR_RED\"],"
                "\"weight\":0.5,\"fixed\":\"18446744073709551615\",\"fixeds\":[1,4294967295],"
                "\"delta\":-2147483648,\"count\":\"12\",\"blobs\":[\"/w==\",\"\"]}");
}

static void defaults_are_left_out(void **state)
{
        Shop__Sample sample = SHOP__SAMPLE__INIT;

        assert_written(&sample_message, &sample, JSON_LINE, "{}");
        assert_written(&sample_message, &sample, JSON_INDENT, "{}");
        assert_written(&nothing_message, &(Shop__Nothing)SHOP__NOTHING__INIT, JSON_FULL, "{}");
        sample.choice_case = SHOP__SAMPLE__CHOICE_COUNT;
        assert_written(&sample_message, &sample, JSON_LINE, "{\"count\":\"0\"}");
}

static void people_get_lines(void **state)
{
        Shop__SampleAddress address = SHOP__SAMPLE_ADDRESS__INIT;
        Shop__Sample sample = SHOP__SAMPLE__INIT;

        address.city = "Bath";
        sample.id = "s1";
        sample.address = &address;
        sample.tags = (const char *[]){"a", "b"};
        sample.n_tags = 2;
        assert_written(&sample_message, &sample, JSON_INDENT,
                "{\n  \"id\": \"s1\",\n  \"address\": {\n    \"city\": \"Bath\"\n  },\n"
                "  \"tags\": [\n    \"a\",\n    \"b\"\n  ]\n}");
}

static void a_template_shows_every_field(void **state)
{
        Shop__UpdateSampleRequest request = SHOP__UPDATE_SAMPLE_REQUEST__INIT;

        assert_written(&update_sample_message, &request, JSON_FULL,
                "{\"sample\":{\"id\":\"\",\"email\":\"\",\"small\":0,\"natural\":0,"
                "\"amount_minor\":\"0\",\"big\":\"0\",\"flag\":false,"
                "\"colour\":\"COLOUR_UNSPECIFIED\",\"data\":\"\",\"create_time\":null,"
                "\"address\":{\"city\":\"\",\"country\":\"\"},"
                "\"lines\":[{\"order_id\":\"\",\"number\":0,\"quantity\":\"0\",\"note\":\"\","
                "\"total_minor\":\"0\"}],\"numbers\":[],\"tags\":[],\"colours\":[],\"weight\":0,"
                "\"fixed\":\"0\",\"fixeds\":[],\"delta\":0,\"blobs\":[]},\"update_mask\":\"\","
                "\"reason\":\"\"}");
}

static void odd_values_stay_valid_json(void **state)
{
        Shop__Sample sample = SHOP__SAMPLE__INIT;

        sample.colour = (Shop__Colour)5;
        sample.weight = INFINITY;
        sample.id = "\"\\\n\x01";
        assert_written(&sample_message, &sample, JSON_LINE,
                "{\"id\":\"\\\"\\\\\\n\\u0001\",\"colour\":5,\"weight\":\"Infinity\"}");
        sample = (Shop__Sample)SHOP__SAMPLE__INIT;
        sample.weight = 0.1;
        assert_written(&sample_message, &sample, JSON_LINE, "{\"weight\":0.10000000000000001}");
}

static void a_mask_is_its_paths(void **state)
{
        Shop__UpdateSampleRequest request = SHOP__UPDATE_SAMPLE_REQUEST__INIT;
        Shop__FieldMask mask = SHOP__FIELD_MASK__INIT;

        mask.paths = (const char *[]){"email", "address.city"};
        mask.n_paths = 2;
        request.update_mask = &mask;
        assert_written(&update_sample_message, &request, JSON_LINE,
                "{\"update_mask\":\"email,address.city\"}");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                fixture_test(every_kind_of_field_has_its_form),
                cmocka_unit_test(defaults_are_left_out),
                cmocka_unit_test(people_get_lines),
                cmocka_unit_test(a_template_shows_every_field),
                cmocka_unit_test(odd_values_stay_valid_json),
                cmocka_unit_test(a_mask_is_its_paths),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
