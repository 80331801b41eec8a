/* Log lines, read back from a pipe that keeps each write(2) apart. */
#include "tests/unit/base/cmocka_all.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <jansson.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"

struct capture {
        int read_end;
        int stderr_copy;
};

static int start(void **state)
{
        static struct capture capture;
        int ends[2];

        if (pipe2(ends, O_DIRECT | O_NONBLOCK) != 0)
                return -1;
        capture.stderr_copy = dup(STDERR_FILENO);
        capture.read_end = ends[0];
        dup2(ends[1], STDERR_FILENO);
        close(ends[1]);
        *state = &capture;
        return 0;
}

static int stop(void **state)
{
        struct capture *capture = *state;

        dup2(capture->stderr_copy, STDERR_FILENO);
        close(capture->stderr_copy);
        close(capture->read_end);
        return 0;
}

/* What one write(2) wrote, "" when there was none. */
static const char *next_write(void **state)
{
        static char line[4096];
        ssize_t len = read(((struct capture *)*state)->read_end, line, sizeof(line) - 1);

        line[len < 0 ? 0 : len] = '\0';
        return line;
}

static void a_line_is_one_json_object(void **state)
{
        const char *line;
        json_t *json;
        int64_t us;

        log_open(LOG_JSON, LOG_INFO);
        log_event(LOG_WARN, "commit", log_number("sequence", -17), log_text("table", "Or\"der\n"),
                log_text("nothing", NULL));
        line = next_write(state);
        assert_int_equal(strchr(line, '\n') - line, strlen(line) - 1);
        json = json_loads(line, 0, NULL);
        assert_non_null(json);
        assert_string_equal(json_string_value(json_object_get(json, "level")), "warn");
        assert_string_equal(json_string_value(json_object_get(json, "event")), "commit");
        assert_int_equal(json_integer_value(json_object_get(json, "sequence")), -17);
        assert_string_equal(json_string_value(json_object_get(json, "table")), "Or\"der\n");
        assert_null(json_object_get(json, "nothing"));
        assert_int_equal(clock_parse(json_string_value(json_object_get(json, "time")), &us), 0);
        assert_true(clock_real_us() - us < 60000000);
        json_decref(json);
        assert_string_equal(next_write(state), "");
}

static void bytes_that_are_no_text_do_not_break_a_line(void **state)
{
        json_t *json;

        log_open(LOG_JSON, LOG_INFO);
        log_event(LOG_INFO, "odd", log_text("key", "\xff\x01"));
        json = json_loads(next_write(state), 0, NULL);
        assert_string_equal(json_string_value(json_object_get(json, "key")), "ff01");
        json_decref(json);
}

static void what_is_below_the_least_level_is_not_written(void **state)
{
        log_open(LOG_JSON, LOG_WARN);
        log_event(LOG_INFO, "quiet");
        assert_string_equal(next_write(state), "");
        log_event(LOG_WARN, "loud");
        assert_non_null(strstr(next_write(state), "\"event\":\"loud\"}"));
}

static void a_person_reads_plain_lines(void **state)
{
        log_open(LOG_PLAIN, LOG_DEBUG);
        log_event(LOG_DEBUG, "listening", log_text("url", "tcp://x"), log_number("port", 1));
        assert_non_null(strstr(next_write(state), "Z debug listening url=\"tcp://x\" port=1\n"));
}

static void gathered_lines_leave_as_whole_lines(void **state)
{
        enum { LINES = 100 };
        static char piece[8192];
        struct buffer lines = {0};
        int count = 0, writes = 0;
        ssize_t len;

        log_open(LOG_JSON, LOG_INFO);
        for (int i = 0; i < LINES; i++)
                log_gather_event(&lines, LOG_INFO, "call", log_number("number", i),
                        log_text("method", "checkout.PlaceOrder"));
        log_gather_event(&lines, LOG_DEBUG, "call", log_number("number", LINES));
        assert_string_equal(next_write(state), "");
        log_write(&lines);
        assert_int_equal(lines.len, 0);
        while ((len = read(((struct capture *)*state)->read_end, piece, sizeof(piece))) > 0) {
                writes++;
                assert_true(len <= 4096 && piece[0] == '{' && piece[len - 1] == '\n');
                for (ssize_t i = 0; i < len; i++)
                        count += piece[i] == '\n';
        }
        assert_int_equal(count, LINES);
        assert_true(writes > 1 && writes < 10);
        buffer_release(&lines);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_line_is_one_json_object, start, stop),
                cmocka_unit_test_setup_teardown(
                        bytes_that_are_no_text_do_not_break_a_line, start, stop),
                cmocka_unit_test_setup_teardown(
                        what_is_below_the_least_level_is_not_written, start, stop),
                cmocka_unit_test_setup_teardown(a_person_reads_plain_lines, start, stop),
                cmocka_unit_test_setup_teardown(gathered_lines_leave_as_whole_lines, start, stop),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
