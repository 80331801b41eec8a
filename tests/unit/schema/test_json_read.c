/* JSON as messages: what was written comes back, and what is wrong is named. */
#include "tests/unit/schema/sample.h"

#include <string.h>

#include "lib/base/random.h"
#include "lib/schema/decode.h"
#include "lib/schema/json.h"

static void *read(struct fixture *fixture, const struct schema_message *message, const char *text)
{
        fixture_clear(fixture);
        return json_read(&fixture->arena, message, bytes_of_text(text), &fixture->error);
}

static Shop__Sample *read_sample(struct fixture *fixture, const char *text)
{
        Shop__Sample *sample = read(fixture, &sample_message, text);

        if (sample == NULL)
                fail_msg("%s: %s", text, fixture->error.message);
        return sample;
}

static void what_was_written_comes_back(void **state)
{
        static const enum json_style styles[] = {JSON_LINE, JSON_INDENT};
        struct fixture *fixture = *state;
        Shop__Sample *sample = sample_filled(&fixture->arena);

        for (size_t i = 0; i < 2; i++) {
                struct buffer out = {0};
                Shop__Sample *again;

                json_write(&out, &sample_message, sample, styles[i]);
                again = json_read(&fixture->arena, &sample_message, bytes_of(out.data, out.len),
                        &fixture->error);
                assert_non_null(again);
                assert_true(bytes_equal(
                        encode(&fixture->arena, sample), encode(&fixture->arena, again)));
                buffer_release(&out);
        }
}

static void names_come_in_two_spellings(void **state)
{
        struct fixture *fixture = *state;

        assert_int_equal(read_sample(fixture, "{\"amountMinor\":\"5\"}")->amount_minor, 5);
        assert_int_equal(read_sample(fixture, "{\"amount_minor\":5}")->amount_minor, 5);
        assert_null(read(fixture, &sample_message, "{\"amountMinor\":1,\"amount_minor\":2}"));
        assert_string_equal(fixture->error.violations->field, "amount_minor");
        assert_null(read(fixture, &sample_message, "{\"Amount_minor\":1}"));
}

static void numbers_have_several_forms(void **state)
{
        struct fixture *fixture = *state;

        assert_int_equal(read_sample(fixture, "{\"small\":\"7\"}")->small, 7);
        assert_int_equal(read_sample(fixture, "{\"small\":1e1}")->small, 10);
        assert_int_equal(read_sample(fixture, "{\"small\":-3.0}")->small, -3);
        assert_int_equal(
                read_sample(fixture, "{\"amount_minor\":\"-9223372036854775808\"}")->amount_minor,
                INT64_MIN);
        assert_true(read_sample(fixture, "{\"big\":\"18446744073709551615\"}")->big == UINT64_MAX);
        assert_true(read_sample(fixture, "{\"weight\":3}")->weight == 3.0);
        assert_int_equal(read_sample(fixture, "{\"colour\":7}")->colour, 7);
        assert_int_equal(read_sample(fixture, "{\"delta\":-2147483648}")->delta, INT32_MIN);
}

static void null_is_unset_and_a_oneof_keeps_its_case(void **state)
{
        struct fixture *fixture = *state;
        Shop__Sample *sample = read_sample(
                fixture, "{\"address\":null,\"tags\":null,\"text\":\"\",\"create_time\":null}");

        assert_null(sample->address);
        assert_null(sample->create_time);
        assert_int_equal(sample->n_tags, 0);
        assert_int_equal(sample->choice_case, SHOP__SAMPLE__CHOICE_TEXT);
        assert_string_equal(sample->text, "");
}

static void times_and_masks_are_texts(void **state)
{
        struct fixture *fixture = *state;
        Shop__UpdateSampleRequest *request = read(fixture, &update_sample_message,
                "{\"updateMask\":\"email,address.city\",\"sample\":"
                "{\"create_time\":\"2010-12-01T09:26:00.5+01:00\"}}");

        assert_non_null(request);
        assert_int_equal(request->update_mask->n_paths, 2);
        assert_string_equal(request->update_mask->paths[0], "email");
        assert_string_equal(request->update_mask->paths[1], "address.city");
        assert_int_equal(schema_time_us(request->sample->create_time), 1291191960500000);
        request = read(fixture, &update_sample_message, "{\"update_mask\":\"\"}");
        assert_int_equal(request->update_mask->n_paths, 0);
        assert_non_null(read(fixture, &nothing_message, "{}"));
}

static void bytes_are_base64_of_both_alphabets(void **state)
{
        struct fixture *fixture = *state;
        static const char *const texts[] = {"+/8=", "-_8=", "-_8"};

        for (size_t i = 0; i < 3; i++) {
                const char *text = arena_printf(&fixture->arena, "{\"data\":\"%s\"}", texts[i]);
                Shop__Sample *sample = read_sample(fixture, text);

                assert_int_equal(sample->data.len, 2);
                assert_memory_equal(sample->data.data, "\xfb\xff", 2);
        }
        assert_int_equal(read_sample(fixture, "{\"data\":\"\"}")->data.len, 0);
}

static void what_is_wrong_is_named(void **state)
{
        struct fixture *fixture = *state;
        static const struct {
                const char *text, *reason, *field;
        } rows[] = {
                {"", "BAD_JSON", NULL},
                {"{", "BAD_JSON", NULL},
                {"{\"id\":\"a\",}", "BAD_JSON", NULL},
                {"{\"id\":\"a\"} x", "BAD_JSON", NULL},
                {"{\"id\":\"a\",\"id\":\"b\"}", "BAD_JSON", NULL},
                {"{\"id\":\"\\u0000\"}", "BAD_JSON", NULL},
                {"{\"id\":\"\xff\"}", "BAD_JSON", NULL},
                {"{\"id\":\"\\ud800\"}", "BAD_JSON", NULL},
                {"{\"emial\":\"a\"}", "UNKNOWN_FIELD", "emial"},
                {"{\"lines\":[{},{\"qty\":1}]}", "UNKNOWN_FIELD", "lines[1].qty"},
                {"[]", "BAD_VALUE", "Sample"},
                {"{\"id\":5}", "BAD_VALUE", "id"},
                {"{\"small\":2147483648}", "BAD_VALUE", "small"},
                {"{\"small\":-2147483649}", "BAD_VALUE", "small"},
                {"{\"small\":1.5}", "BAD_VALUE", "small"},
                {"{\"small\":\"\"}", "BAD_VALUE", "small"},
                {"{\"small\":\"-\"}", "BAD_VALUE", "small"},
                {"{\"small\":\"1 \"}", "BAD_VALUE", "small"},
                {"{\"small\":true}", "BAD_VALUE", "small"},
                {"{\"natural\":-1}", "BAD_VALUE", "natural"},
                {"{\"natural\":4294967296}", "BAD_VALUE", "natural"},
                {"{\"amount_minor\":\"9223372036854775808\"}", "BAD_VALUE", "amount_minor"},
                {"{\"amount_minor\":1e300}", "BAD_VALUE", "amount_minor"},
                {"{\"big\":\"18446744073709551616\"}", "BAD_VALUE", "big"},
                {"{\"big\":\"99999999999999999999999999999999999999999999\"}", "BAD_VALUE", "big"},
                {"{\"big\":\"340282366920938463463374607431768211456\"}", "BAD_VALUE", "big"},
                {"{\"big\":-1}", "BAD_VALUE", "big"},
                {"{\"flag\":1}", "BAD_VALUE", "flag"},
                {"{\"flag\":\"true\"}", "BAD_VALUE", "flag"},
                {"{\"colour\":\"COLOUR_GREN\"}", "BAD_VALUE", "colour"},
                {"{\"colour\":3}", "BAD_VALUE", "colour"},
                {"{\"colour\":1.0}", "BAD_VALUE", "colour"},
                {"{\"data\":\"A\"}", "BAD_VALUE", "data"},
                {"{\"data\":\"A===\"}", "BAD_VALUE", "data"},
                {"{\"data\":\"AB==\"}", "BAD_VALUE", "data"},
                {"{\"data\":\"A A=\"}", "BAD_VALUE", "data"},
                {"{\"create_time\":\"yesterday\"}", "BAD_VALUE", "create_time"},
                {"{\"create_time\":5}", "BAD_VALUE", "create_time"},
                {"{\"address\":\"Bath\"}", "BAD_VALUE", "address"},
                {"{\"address\":[]}", "BAD_VALUE", "address"},
                {"{\"lines\":{}}", "BAD_VALUE", "lines"},
                {"{\"lines\":[{},null]}", "BAD_VALUE", "lines[1]"},
                {"{\"tags\":[\"a\",5]}", "BAD_VALUE", "tags[1]"},
                {"{\"tags\":\"a\"}", "BAD_VALUE", "tags"},
                {"{\"weight\":\"1\"}", "BAD_VALUE", "weight"},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                if (read(fixture, &sample_message, rows[i].text) != NULL)
                        fail_msg("accepted %s", rows[i].text);
                assert_int_equal(fixture->error.code, INVALID_ARGUMENT);
                if (strcmp(fixture->error.reason, rows[i].reason) != 0)
                        fail_msg("%s: %s", rows[i].text, fixture->error.reason);
                if (rows[i].field != NULL)
                        assert_string_equal(fixture->error.violations->field, rows[i].field);
        }
        assert_null(read(fixture, &update_sample_message, "{\"update_mask\":\"a,,b\"}"));
        assert_null(read(fixture, &update_sample_message, "{\"update_mask\":\"a,\"}"));
        assert_null(read(fixture, &update_sample_message, "{\"update_mask\":[\"a\"]}"));
}

static void errors_help(void **state)
{
        struct fixture *fixture = *state;

        assert_null(read(fixture, &sample_message, "{\"emial\":\"a\"}"));
        assert_string_equal(
                fixture->error.message, "emial is not a field of Sample; the nearest is email");
        assert_null(read(fixture, &sample_message, "{\"zzzzzz\":\"a\"}"));
        assert_string_equal(fixture->error.message, "zzzzzz is not a field of Sample");
        assert_null(read(fixture, &sample_message, "{\"colour\":\"COLOUR_GREN\"}"));
        assert_non_null(strstr(fixture->error.message, "the nearest is COLOUR_GREEN"));
        assert_null(read(fixture, &sample_message, "{\n  \"id\": }"));
        assert_non_null(strstr(fixture->error.message, "line 2, column 9"));
}

static void the_nearest_name_is_near(void **state)
{
        static const char *const names[] = {"quantity", "variant_id", "line_key", "email", "sku"};
        static const struct {
                const char *name, *nearest;
        } rows[] = {
                {"quantity", "quantity"},
                {"quantty", "quantity"},
                {"qauntity", "quantity"},
                {"variantid", "variant_id"},
                {"lineKey", "line_key"},
                {"emal", "email"},
                {"suk", "sku"},
                {"xyz", NULL},
                {"", NULL},
                {"colour", NULL},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const char *nearest = json_nearest(rows[i].name, names, 5);

                if (rows[i].nearest == NULL)
                        assert_null(nearest);
                else
                        assert_string_equal(nearest, rows[i].nearest);
        }
        assert_null(json_nearest("quantity", names, 0));
}

/* Whatever the text, there is a message or an error, and no harm. */
static void damaged_texts_do_no_harm(void **state)
{
        struct fixture *fixture = *state;
        struct buffer whole = {0};
        struct random random;

        random_seed(&random, 41);
        json_write(&whole, &sample_message, sample_filled(&fixture->arena), JSON_LINE);
        for (int round = 0; round < 5000; round++) {
                struct arena arena;
                uint8_t *text;

                arena_init(&arena);
                text = arena_copy(&arena, whole.data, whole.len);
                for (size_t hits = random_below(&random, 3) + 1; hits > 0; hits--)
                        text[random_below(&random, whole.len)] =
                                (uint8_t) "{}[]\",:0a\\\xff"[random_below(&random, 11)];
                error_init(&fixture->error, &arena);
                if (json_read(&arena, &sample_message, bytes_of(text, whole.len),
                            &fixture->error) == NULL)
                        assert_int_equal(fixture->error.code, INVALID_ARGUMENT);
                arena_release(&arena);
        }
        buffer_release(&whole);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                fixture_test(what_was_written_comes_back),
                fixture_test(names_come_in_two_spellings),
                fixture_test(numbers_have_several_forms),
                fixture_test(null_is_unset_and_a_oneof_keeps_its_case),
                fixture_test(times_and_masks_are_texts),
                fixture_test(bytes_are_base64_of_both_alphabets),
                fixture_test(what_is_wrong_is_named),
                fixture_test(errors_help),
                cmocka_unit_test(the_nearest_name_is_near),
                fixture_test(damaged_texts_do_no_harm),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
