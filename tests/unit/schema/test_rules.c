/*
 * Each rule is broken alone in an otherwise valid message by a line of JSON, and exactly that
 * field must be named with exactly that reason.
 */
#include "tests/unit/schema/sample.h"

#include <stdio.h>
#include <string.h>

#include "lib/schema/json.h"
#include "lib/schema/rules.h"

/* What is wrong, as "field REASON, field REASON". */
static const char *told(struct fixture *fixture)
{
        const char *text = "";

        for (struct violation *at = fixture->error.violations; at != NULL; at = at->next) {
                text = arena_printf(&fixture->arena, "%s%s%s %s", text, *text == '\0' ? "" : ", ",
                        at->field, at->reason);
                assert_non_null(strstr(at->description, at->field));
        }
        return text;
}

static const char *judge(
        struct fixture *fixture, const void *value, enum rules_purpose purpose, const bool *mask)
{
        enum status status;

        fixture_clear(fixture);
        status = rules_check(&sample_message, value, "", purpose, mask, &fixture->error);
        assert_int_equal(status, fixture->error.violations == NULL ? OK : INVALID_ARGUMENT);
        assert_int_equal(fixture->error.code, status);
        return told(fixture);
}

static void a_valid_message_costs_no_memory(void **state)
{
        struct fixture *fixture = *state;
        Shop__Sample *sample = sample_filled(&fixture->arena);
        size_t used = fixture->arena.used;

        assert_int_equal(
                rules_check(&sample_message, sample, "", RULES_REQUEST, NULL, &fixture->error), OK);
        assert_int_equal(fixture->arena.used, used);
}

static void each_rule_names_its_field(void **state)
{
        struct fixture *fixture = *state;
        static const struct {
                const char *path, *value, *expected;
        } rows[] = {
                {"email", "", "email REQUIRED"},
                {"email", "not an address", "email BAD_FORMAT"},
                {"email", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@bbbbbbbb.com", "email TOO_LONG"},
                {"email", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@bbbbbbb.com", ""},
                {"id", "a b", "id BAD_FORMAT"},
                {"id", "", ""},
                {"small", "1", "small TOO_SMALL"},
                {"small", "0", "small TOO_SMALL"},
                {"small", "11", "small TOO_LARGE"},
                {"small", "10", ""},
                {"amount_minor", "-6", "amount_minor TOO_SMALL"},
                {"amount_minor", "1001", "amount_minor TOO_LARGE"},
                {"big", "1001", "big TOO_LARGE"},
                {"big", "18446744073709551615", "big TOO_LARGE"},
                {"natural", "4294967295", ""},
                {"colour", "COLOUR_UNSPECIFIED", "colour REQUIRED"},
                {"colours", "COLOUR_UNSPECIFIED", "colours[2] BAD_ENUM"},
                {"data", "AA==", "data TOO_SHORT"},
                {"data", "AAAAAAA=", "data TOO_LONG"},
                {"data", "", ""},
                {"address.city", "", "address.city REQUIRED"},
                {"address.city", "12345678901", "address.city TOO_LONG"},
                {"address.city", "\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d",
                        ""},
                {"address.country", "de", "address.country BAD_FORMAT"},
                {"lines[1].quantity", "0", "lines[1].quantity REQUIRED"},
                {"lines[1].quantity", "-1", "lines[1].quantity TOO_SMALL"},
                {"lines[2].quantity", "101",
                        "lines[2].quantity TOO_LARGE, lines[2].total_minor TOO_SMALL"},
                {"lines[0].note", "a\nb", "lines[0].note BAD_FORMAT"},
                {"lines[0].note", "abcdef", "lines[0].note TOO_LONG"},
                {"numbers", "0", "numbers[3] TOO_SMALL"},
                {"numbers", "10", "numbers[3] TOO_LARGE"},
                {"numbers", "[1,1]", "numbers TOO_MANY"},
                {"tags", "third", "tags TOO_MANY"},
                {"tags[1]", "Capital", "tags[1] BAD_FORMAT"},
                {"tags[1]", "", "tags[1] TOO_SHORT"},
                {"blobs", "AAAAAAA=", "blobs[2] TOO_LONG"},
                {"text", "12345", "text TOO_LONG"},
                {"count", "0", "count TOO_SMALL"},
                {"place.country", "DE", "place.city REQUIRED"},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                Shop__Sample *sample = sample_filled(&fixture->arena);

                fixture_clear(fixture);
                assert_int_equal(json_set(&fixture->arena, &sample_message, sample, rows[i].path,
                                         rows[i].value, &fixture->error),
                        OK);
                assert_string_equal(judge(fixture, sample, RULES_REQUEST, NULL), rows[i].expected);
        }
}

static void enums_and_times_must_exist(void **state)
{
        struct fixture *fixture = *state;
        Shop__Sample *sample = sample_filled(&fixture->arena);

        sample->colour = (Shop__Colour)3;
        assert_string_equal(judge(fixture, sample, RULES_REQUEST, NULL), "colour BAD_ENUM");
        sample->colour = SHOP__COLOUR__COLOUR_RED;
        sample->create_time->nanos = 1000000000;
        assert_string_equal(judge(fixture, sample, RULES_REQUEST, NULL), "create_time BAD_FORMAT");
        sample->create_time->nanos = 1;
        assert_string_equal(judge(fixture, sample, RULES_REQUEST, NULL), "create_time BAD_FORMAT");
        sample->create_time->nanos = 0;
        sample->create_time->seconds = 253402300800;
        assert_string_equal(judge(fixture, sample, RULES_REQUEST, NULL), "create_time BAD_FORMAT");
        sample->create_time->seconds = 253402300799;
        assert_string_equal(judge(fixture, sample, RULES_REQUEST, NULL), "");
}

static void all_violations_are_told_up_to_a_limit(void **state)
{
        struct fixture *fixture = *state;
        Shop__Sample empty = SHOP__SAMPLE__INIT;
        static int64_t numbers[1000];
        static struct schema_field fields[30];
        struct schema_message unlimited = sample_message;
        size_t count = 0;

        assert_string_equal(judge(fixture, &empty, RULES_REQUEST, NULL),
                "email REQUIRED, small TOO_SMALL, colour REQUIRED, tags TOO_FEW");
        memcpy(fields, sample_message.fields,
                shop__sample__descriptor.n_fields * sizeof(fields[0]));
        fields[12].items_max = 0;
        unlimited.fields = fields;
        empty.numbers = numbers;
        empty.n_numbers = 1000;
        fixture_clear(fixture);
        rules_check(&unlimited, &empty, "", RULES_REQUEST, NULL, &fixture->error);
        for (struct violation *at = fixture->error.violations; at != NULL; at = at->next)
                count++;
        assert_int_equal(count, RULES_VIOLATIONS_MAX);
}

static void create_refuses_what_the_shop_sets(void **state)
{
        struct fixture *fixture = *state;
        Shop__Sample *sample = sample_filled(&fixture->arena);

        assert_string_equal(judge(fixture, sample, RULES_CREATE, NULL),
                "id OUTPUT_ONLY, create_time OUTPUT_ONLY, lines[0].total_minor OUTPUT_ONLY, "
                "lines[1].total_minor OUTPUT_ONLY");
        sample->id = "";
        sample->create_time = NULL;
        sample->lines[0]->total_minor = sample->lines[1]->total_minor = 0;
        assert_string_equal(judge(fixture, sample, RULES_CREATE, NULL), "");
        assert_string_equal(judge(fixture, sample, RULES_REQUEST, NULL),
                "lines[0].total_minor TOO_SMALL, lines[1].total_minor TOO_SMALL");
        sample->email = "";
        assert_string_equal(judge(fixture, sample, RULES_CREATE, NULL), "email REQUIRED");
}

static void update_judges_the_fields_of_its_mask(void **state)
{
        struct fixture *fixture = *state;
        bool mask[23] = {false};
        Shop__Sample empty = SHOP__SAMPLE__INIT;

        empty.id = "s1";
        assert_string_equal(judge(fixture, &empty, RULES_UPDATE, mask), "");
        mask[2] = true; /* small */
        assert_string_equal(judge(fixture, &empty, RULES_UPDATE, mask), "small TOO_SMALL");
        mask[7] = true; /* colour */
        assert_string_equal(
                judge(fixture, &empty, RULES_UPDATE, mask), "small TOO_SMALL, colour REQUIRED");
        assert_string_equal(judge(fixture, &empty, RULES_UPDATE, NULL),
                "small TOO_SMALL, colour REQUIRED, tags TOO_FEW");
        empty.small = 5;
        empty.colour = SHOP__COLOUR__COLOUR_RED;
        assert_string_equal(judge(fixture, &empty, RULES_UPDATE, mask), "");
}

static void update_refuses_what_cannot_change_but_takes_the_key(void **state)
{
        struct fixture *fixture = *state;
        Shop__Sample *sample = sample_filled(&fixture->arena);
        bool mask[23] = {false};

        assert_string_equal(judge(fixture, sample, RULES_UPDATE, NULL),
                "email IMMUTABLE, create_time OUTPUT_ONLY, lines[0].total_minor OUTPUT_ONLY, "
                "lines[1].total_minor OUTPUT_ONLY");
        assert_string_equal(judge(fixture, sample, RULES_UPDATE, mask), "");
        mask[1] = true; /* email */
        assert_string_equal(judge(fixture, sample, RULES_UPDATE, mask), "email IMMUTABLE");
        mask[1] = false;
        sample->id = "";
        assert_string_equal(judge(fixture, sample, RULES_UPDATE, mask), "id REQUIRED");
        sample->id = "a b";
        assert_string_equal(judge(fixture, sample, RULES_UPDATE, mask), "id BAD_FORMAT");
}

static void a_row_in_a_request_is_partial_beside_a_mask(void **state)
{
        struct fixture *fixture = *state;
        Shop__Sample sample = SHOP__SAMPLE__INIT;
        Shop__UpdateSampleRequest update = SHOP__UPDATE_SAMPLE_REQUEST__INIT;
        Shop__CreateSampleRequest create = SHOP__CREATE_SAMPLE_REQUEST__INIT;

        assert_int_equal(rules_check(&update_sample_message, &update, "", RULES_REQUEST, NULL,
                                 &fixture->error),
                INVALID_ARGUMENT);
        assert_string_equal(told(fixture), "sample REQUIRED, reason REQUIRED");
        update.sample = create.sample = &sample;
        fixture_clear(fixture);
        rules_check(&update_sample_message, &update, "", RULES_REQUEST, NULL, &fixture->error);
        assert_string_equal(told(fixture), "reason REQUIRED");
        update.reason = "why";
        fixture_clear(fixture);
        assert_int_equal(rules_check(&update_sample_message, &update, "", RULES_REQUEST, NULL,
                                 &fixture->error),
                OK);
        sample.email = "wrong";
        sample.id = "s1";
        fixture_clear(fixture);
        rules_check(&update_sample_message, &update, "", RULES_REQUEST, NULL, &fixture->error);
        assert_string_equal(told(fixture), "sample.email BAD_FORMAT");
        fixture_clear(fixture);
        rules_check(&create_sample_message, &create, "", RULES_REQUEST, NULL, &fixture->error);
        assert_string_equal(told(fixture),
                "sample.email BAD_FORMAT, sample.small TOO_SMALL, sample.colour REQUIRED, "
                "sample.tags TOO_FEW");
        fixture_clear(fixture);
        rules_check(&sample_message, &sample, "sample", RULES_CREATE, NULL, &fixture->error);
        assert_string_equal(fixture->error.violations->field, "sample.id");
}

static void a_path_of_a_mask_is_one_name(void **state)
{
        struct fixture *fixture = *state;
        Shop__Sample sample = SHOP__SAMPLE__INIT;
        Shop__UpdateSampleRequest update = SHOP__UPDATE_SAMPLE_REQUEST__INIT;
        Shop__FieldMask mask = SHOP__FIELD_MASK__INIT;

        update.sample = &sample;
        update.reason = "why";
        update.update_mask = &mask;
        mask.paths = (const char *[]){"email", "address.city", "a,b", "", "*"};
        mask.n_paths = 5;
        rules_check(&update_sample_message, &update, "", RULES_REQUEST, NULL, &fixture->error);
        assert_string_equal(
                told(fixture), "update_mask.paths[2] BAD_FORMAT, update_mask.paths[3] BAD_FORMAT");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                fixture_test(a_valid_message_costs_no_memory),
                fixture_test(each_rule_names_its_field),
                fixture_test(enums_and_times_must_exist),
                fixture_test(all_violations_are_told_up_to_a_limit),
                fixture_test(create_refuses_what_the_shop_sets),
                fixture_test(update_judges_the_fields_of_its_mask),
                fixture_test(update_refuses_what_cannot_change_but_takes_the_key),
                fixture_test(a_row_in_a_request_is_partial_beside_a_mask),
                fixture_test(a_path_of_a_mask_is_one_name),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
