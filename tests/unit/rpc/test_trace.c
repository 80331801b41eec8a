/* A traceparent as W3C Trace Context says: what is one, what is ignored, what is passed on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "lib/rpc/trace.h"

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static const struct {
        const char *text;
        bool valid;
        bool sampled;
} texts[] = {
        {"00-" TRACE "-" PARENT "-00", true, false},
        {"00-" TRACE "-" PARENT "-01", true, true},
        {"00-" TRACE "-" PARENT "-03", true, true}, /* flags to come */
        {"00-" TRACE "-" PARENT "-fe", true, false},
        {"cc-" TRACE "-" PARENT "-01", true, true}, /* versions to come */
        {"cc-" TRACE "-" PARENT "-01-what-will-be", true, true},
        {"cc-" TRACE "-" PARENT "-01.what", false, false},
        {"00-" TRACE "-" PARENT "-01-more", false, false},
        {"ff-" TRACE "-" PARENT "-01", false, false},
        {"00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01", false, false},
        {"00-" TRACE "-00F067AA0BA902B7-01", false, false},
        {"00-00000000000000000000000000000000-" PARENT "-01", false, false},
        {"00-" TRACE "-0000000000000000-01", false, false},
        {"00-" TRACE "-" PARENT "-0", false, false},
        {"00-" TRACE "-" PARENT "-0g", false, false},
        {"0x-" TRACE "-" PARENT "-01", false, false},
        {"00_" TRACE "-" PARENT "-01", false, false},
        {"00-" TRACE "_" PARENT "-01", false, false},
        {"00-" TRACE "-" PARENT "_01", false, false},
        {"00-" TRACE PARENT "-01", false, false},
        {"", false, false},
        {"00", false, false},
};

static void only_a_traceparent_is_one(void **state)
{
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                struct trace trace = {.id = "untouched"};

                if (trace_parse(bytes_of_text(texts[i].text), &trace) != texts[i].valid)
                        fail_msg("%s", texts[i].text);
                assert_string_equal(trace.id, texts[i].valid ? TRACE : "untouched");
                assert_string_equal(trace.parent, texts[i].valid ? PARENT : "");
                assert_int_equal(trace.sampled, texts[i].sampled);
        }
}

static void what_is_passed_on_names_the_new_parent(void **state)
{
        struct trace trace;
        char span[SPAN_ID_LEN + 1];
        char text[TRACEPARENT_LEN + 1];

        assert_true(trace_parse(bytes_of_text("cc-" TRACE "-" PARENT "-03-x"), &trace));
        trace_span(0x1234, span);
        trace_format(&trace, span, text);
        assert_string_equal(text, "00-" TRACE "-0000000000001234-01");
        assert_true(trace_parse(bytes_of_text(text), &trace));
        assert_string_equal(trace.parent, span);
        trace_span(0, span);
        assert_string_equal(span, "0000000000000001");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(only_a_traceparent_is_one),
                cmocka_unit_test(what_is_passed_on_names_the_new_parent),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
