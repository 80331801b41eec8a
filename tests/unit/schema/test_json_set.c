/* One field after the other, as a command line sets them. */
#include "tests/unit/schema/sample.h"

#include <string.h>

#include "lib/schema/decode.h"
#include "lib/schema/json.h"

/* Sets fields of an empty Sample by path and value, ended by NULL; its JSON. */
static const char *set_all(struct fixture *fixture, const char *const *pairs)
{
        Shop__Sample *sample = arena_new(&fixture->arena, Shop__Sample);
        struct buffer out = {0};
        const char *text;

        schema_message_init(&sample_message, sample);
        for (; *pairs != NULL; pairs += 2) {
                fixture_clear(fixture);
                if (json_set(&fixture->arena, &sample_message, sample, pairs[0], pairs[1],
                            &fixture->error) != OK)
                        fail_msg("%s=%s: %s", pairs[0], pairs[1], fixture->error.message);
        }
        json_write(&out, &sample_message, sample, JSON_LINE);
        buffer_append(&out, "", 1);
        text = arena_text(&fixture->arena, (const char *)out.data);
        buffer_release(&out);
        return text;
}

#define SET(...) set_all(*state, (const char *const[]){__VA_ARGS__, NULL})

static void values_need_no_quotes(void **state)
{
        assert_string_equal(SET("id", "5"), "{\"id\":\"5\"}");
        assert_string_equal(SET("id", "\"5\""), "{\"id\":\"5\"}");
        assert_string_equal(SET("id", "two words"), "{\"id\":\"two words\"}");
        assert_string_equal(SET("id", "[x"), "{\"id\":\"[x\"}");
        assert_string_equal(SET("small", "-5"), "{\"small\":-5}");
        assert_string_equal(SET("amountMinor", "\"-5\""), "{\"amount_minor\":\"-5\"}");
        assert_string_equal(
                SET("big", "18446744073709551615"), "{\"big\":\"18446744073709551615\"}");
        assert_string_equal(SET("flag", "true"), "{\"flag\":true}");
        assert_string_equal(SET("colour", "COLOUR_RED"), "{\"colour\":\"COLOUR_RED\"}");
        assert_string_equal(SET("weight", "0.5"), "{\"weight\":0.5}");
        assert_string_equal(SET("data", "AP4B"), "{\"data\":\"AP4B\"}");
        assert_string_equal(SET("create_time", "2010-12-01T08:26:00Z"),
                "{\"create_time\":\"2010-12-01T08:26:00Z\"}");
        assert_string_equal(
                SET("address", "{\"city\":\"Bath\"}"), "{\"address\":{\"city\":\"Bath\"}}");
}

static void messages_on_the_way_are_made(void **state)
{
        assert_string_equal(SET("address.city", "Bath", "address.country", "GB"),
                "{\"address\":{\"city\":\"Bath\",\"country\":\"GB\"}}");
        assert_string_equal(
                SET("lines[0].quantity", "2", "lines[1].note", "x", "lines[0].note", "y"),
                "{\"lines\":[{\"quantity\":\"2\",\"note\":\"y\"},{\"note\":\"x\"}]}");
        assert_string_equal(SET("place.city", "Bath"), "{\"place\":{\"city\":\"Bath\"}}");
}

static void lists_grow_at_the_end(void **state)
{
        assert_string_equal(SET("tags", "a", "tags", "b", "tags[0]", "c", "tags[2]", "d"),
                "{\"tags\":[\"c\",\"b\",\"d\"]}");
        assert_string_equal(
                SET("numbers", "[1,\"2\"]", "numbers", "3"), "{\"numbers\":[\"1\",\"2\",\"3\"]}");
        assert_string_equal(SET("lines", "{\"quantity\":1}", "lines", "[{\"note\":\"b\"},{}]"),
                "{\"lines\":[{\"quantity\":\"1\"},{\"note\":\"b\"},{}]}");
}

static void the_last_of_a_oneof_holds(void **state)
{
        assert_string_equal(SET("place.city", "Bath", "count", "5"), "{\"count\":\"5\"}");
        assert_string_equal(
                SET("count", "5", "place.city", "Bath"), "{\"place\":{\"city\":\"Bath\"}}");
        assert_string_equal(SET("count", "5", "text", "x"), "{\"text\":\"x\"}");
}

/* Arrays that protobuf-c made have no room to spare. */
static void a_decoded_message_can_be_added_to(void **state)
{
        struct fixture *fixture = *state;
        struct bytes bytes = encode(&fixture->arena, sample_filled(&fixture->arena));

        for (int count = 3; count < 20; count++) {
                Shop__Sample *sample =
                        decode_trusted(&fixture->arena, &shop__sample__descriptor, bytes);

                assert_int_equal(json_set(&fixture->arena, &sample_message, sample, "numbers", "6",
                                         &fixture->error),
                        OK);
                assert_int_equal(sample->n_numbers, count + 1);
                assert_int_equal(sample->numbers[count - 1], count == 3 ? 5 : 6);
                assert_string_equal(sample->tags[1], "red-hot");
                bytes = encode(&fixture->arena, sample);
        }
}

static void what_is_wrong_is_named_and_changes_nothing(void **state)
{
        struct fixture *fixture = *state;
        static const struct {
                const char *path, *value, *reason, *field;
        } rows[] = {
                {"", "x", "BAD_VALUE", ""},
                {".id", "x", "BAD_VALUE", ".id"},
                {"id.", "x", "BAD_VALUE", "id."},
                {"id.x", "x", "BAD_VALUE", "id"},
                {"id[0]", "x", "BAD_VALUE", "id[0]"},
                {"tags[", "x", "BAD_VALUE", "tags["},
                {"tags[x]", "x", "BAD_VALUE", "tags[x]"},
                {"tags[1000000]", "x", "BAD_VALUE", "tags[1000000]"},
                {"tags[0]x", "x", "BAD_VALUE", "tags[0]x"},
                {"tags[3]", "x", "BAD_VALUE", "tags[3]"},
                {"lines.quantity", "1", "BAD_VALUE", "lines"},
                {"lines[0].qantity", "1", "UNKNOWN_FIELD", "lines[0].qantity"},
                {"emial", "x", "UNKNOWN_FIELD", "emial"},
                {"small", "x", "BAD_VALUE", "small"},
                {"small", "2147483648", "BAD_VALUE", "small"},
                {"flag", "yes", "BAD_JSON", NULL},
                {"colour", "RED", "BAD_VALUE", "colour"},
                {"id", "\xff", "BAD_VALUE", "id"},
                {"address", "Bath", "BAD_JSON", NULL},
                {"create_time.seconds", "1", "BAD_VALUE", "create_time"},
                {"numbers", "[1,\"x\"]", "BAD_VALUE", "numbers[4]"},
                {"lines", "[{},5]", "BAD_VALUE", "lines[3]"},
                {"lines[2].quantity", "two", "BAD_VALUE", "lines[2].quantity"},
                {"place[0].city", "x", "BAD_VALUE", "place[0]"},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                Shop__Sample *sample = sample_filled(&fixture->arena);
                struct bytes before = encode(&fixture->arena, sample);

                fixture_clear(fixture);
                if (json_set(&fixture->arena, &sample_message, sample, rows[i].path, rows[i].value,
                            &fixture->error) == OK)
                        fail_msg("accepted %s=%s", rows[i].path, rows[i].value);
                assert_string_equal(fixture->error.reason, rows[i].reason);
                if (rows[i].field != NULL)
                        assert_string_equal(fixture->error.violations->field, rows[i].field);
                assert_true(bytes_equal(encode(&fixture->arena, sample), before));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                fixture_test(values_need_no_quotes),
                fixture_test(messages_on_the_way_are_made),
                fixture_test(lists_grow_at_the_end),
                fixture_test(the_last_of_a_oneof_holds),
                fixture_test(a_decoded_message_can_be_added_to),
                fixture_test(what_is_wrong_is_named_and_changes_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
