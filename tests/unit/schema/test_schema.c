/* Lookups, and reading messages by descriptor. */
#include "tests/unit/schema/sample.h"

#include <string.h>

static void methods_are_found_by_exact_name(void **state)
{
        for (size_t i = 0; i < sample_schema.method_count; i++) {
                const struct schema_method *method = &sample_schema.methods[i];

                assert_ptr_equal(
                        schema_method(&sample_schema, bytes_of_text(method->name)), method);
        }
        assert_null(schema_method(&sample_schema, bytes_of_text("sample.Ge")));
        assert_null(schema_method(&sample_schema, bytes_of_text("sample.GetSamples")));
        assert_null(schema_method(&sample_schema, bytes_of_text("")));
        assert_null(schema_method(&sample_schema, bytes_of_text("a")));
        assert_null(schema_method(&sample_schema, bytes_of_text("z")));
        assert_null(schema_method(&sample_schema, bytes_of("sample.Get\0", 11)));
}

static void messages_tables_and_enums_are_found(void **state)
{
        for (size_t i = 0; i < sample_schema.message_count; i++)
                assert_ptr_equal(
                        schema_message(&sample_schema, sample_schema.messages[i]->descriptor->name),
                        sample_schema.messages[i]);
        assert_null(schema_message(&sample_schema, "shop.sample.Sampl"));
        assert_ptr_equal(schema_table(&sample_schema, 9), &sample_line_table);
        assert_null(schema_table(&sample_schema, 1));
        assert_ptr_equal(schema_table_named(&sample_schema, "Sample"), &sample_table);
        assert_null(schema_table_named(&sample_schema, "sample"));
        assert_ptr_equal(schema_enum(&sample_schema, "shop.sample.Colour"), sample_schema.enums[0]);
        assert_null(schema_enum(&sample_schema, "shop.sample.Color"));
}

static void fields_are_found_by_name(void **state)
{
        assert_int_equal(schema_field_named(&sample_message, "id"), 0);
        assert_int_equal(schema_field_named(&sample_message, "blobs"), 22);
        assert_int_equal(schema_field_named(&sample_message, "Id"), SCHEMA_NONE);
        assert_int_equal(schema_field_named(&nothing_message, "id"), SCHEMA_NONE);
}

static void defaults_are_absent(void **state)
{
        Shop__Sample sample;

        memset(&sample, 0xAA, sizeof(sample));
        schema_message_init(&sample_message, &sample);
        for (unsigned i = 0; i < shop__sample__descriptor.n_fields; i++)
                assert_int_equal(schema_count(&sample, &shop__sample__descriptor.fields[i]), 0);
        sample.id = NULL;
        assert_string_equal(schema_text_at(&sample, sample_field("id"), 0), "");
        assert_int_equal(schema_count(&sample, sample_field("id")), 0);
}

static void set_fields_are_read(void **state)
{
        struct fixture *fixture = *state;
        Shop__Sample *sample = sample_filled(&fixture->arena);

        for (unsigned i = 0; i < shop__sample__descriptor.n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &shop__sample__descriptor.fields[i];
                bool other = field == sample_field("text") || field == sample_field("place");

                assert_int_equal(schema_count(sample, field) == 0, other);
        }
        assert_int_equal(schema_number_at(sample, sample_field("natural"), 0), UINT32_MAX);
        assert_int_equal(schema_number_at(sample, sample_field("delta"), 0), INT32_MIN);
        assert_int_equal(schema_number_at(sample, sample_field("amount_minor"), 0), -5);
        assert_int_equal(schema_number_at(sample, sample_field("flag"), 0), 1);
        assert_int_equal(schema_number_at(sample, sample_field("colour"), 0), 2);
        assert_int_equal(schema_number_at(sample, sample_field("numbers"), 1), 9);
        assert_int_equal(schema_number_at(sample, sample_field("fixeds"), 1), UINT32_MAX);
        assert_int_equal(schema_number_at(sample, sample_field("colours"), 0), 7);
        assert_string_equal(schema_text_at(sample, sample_field("tags"), 1), "red-hot");
        assert_int_equal(schema_bytes_at(sample, sample_field("data"), 0).len, 3);
        assert_int_equal(schema_bytes_at(sample, sample_field("blobs"), 0).data[0], 0xFF);
        assert_ptr_equal(schema_message_at(sample, sample_field("lines"), 1), sample->lines[1]);
        assert_int_equal(schema_count(sample, sample_field("lines")), 2);
}

/* The member of a oneof is set even with its default. */
static void a_oneof_knows_its_case(void **state)
{
        Shop__Sample sample = SHOP__SAMPLE__INIT;

        sample.choice_case = SHOP__SAMPLE__CHOICE_COUNT;
        sample.count = 0;
        assert_int_equal(schema_count(&sample, sample_field("count")), 1);
        assert_int_equal(schema_count(&sample, sample_field("text")), 0);
}

static void known_messages_are_told_apart(void **state)
{
        assert_int_equal(schema_known(&shop__timestamp__descriptor), SCHEMA_TIMESTAMP);
        assert_int_equal(schema_known(&shop__field_mask__descriptor), SCHEMA_FIELD_MASK);
        assert_int_equal(schema_known(&shop__empty__descriptor), SCHEMA_EMPTY);
        assert_int_equal(schema_known(&shop__nothing__descriptor), SCHEMA_PLAIN);
}

static void times_are_microseconds(void **state)
{
        static const int64_t times[] = {
                0, 1, -1, 1291191960500000, -62135596800000000, 999999, -999999, -1000000,
                INT64_MAX, INT64_MIN};
        Shop__Timestamp time = SHOP__TIMESTAMP__INIT;

        for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
                schema_time_set(&time, times[i]);
                assert_in_range(time.nanos, 0, 999999999);
                assert_int_equal(schema_time_us(&time), times[i]);
        }
        assert_int_equal(schema_time_us(NULL), 0);
        time.seconds = INT64_MAX;
        assert_int_equal(schema_time_us(&time), INT64_MAX);
        time.seconds = INT64_MIN;
        assert_int_equal(schema_time_us(&time), INT64_MIN);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(methods_are_found_by_exact_name),
                cmocka_unit_test(messages_tables_and_enums_are_found),
                cmocka_unit_test(fields_are_found_by_name),
                cmocka_unit_test(defaults_are_absent),
                fixture_test(set_fields_are_read),
                cmocka_unit_test(a_oneof_knows_its_case),
                cmocka_unit_test(known_messages_are_told_apart),
                cmocka_unit_test(times_are_microseconds),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
