/* What the program is told: the file, the flags that win over it, and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "server/config.h"

struct told {
        struct arena arena;
        struct error error;
        struct config config;
        char file[64];
};

static int setup(void **state)
{
        struct told *told = calloc(1, sizeof(*told));

        arena_init(&told->arena);
        error_init(&told->error, &told->arena);
        strcpy(told->file, "/tmp/test_config_XXXXXX");
        close(mkstemp(told->file));
        *state = told;
        return 0;
}

static int teardown(void **state)
{
        struct told *told = *state;

        unlink(told->file);
        arena_release(&told->arena);
        free(told);
        return 0;
}

static void write_file(struct told *told, const char *text)
{
        FILE *file = fopen(told->file, "w");

        fputs(text, file);
        fclose(file);
}

/* Flags up to NULL. */
static enum status read_flags(struct told *told, ...)
{
        char *argv[16] = {"shopd"};
        int argc = 1;
        va_list args;

        va_start(args, told);
        while ((argv[argc] = va_arg(args, char *)) != NULL)
                argc++;
        va_end(args);
        int kept = dup(STDERR_FILENO), silent = open("/dev/null", O_WRONLY);

        dup2(silent, STDERR_FILENO); /* getopt's own words */
        enum status status = config_read(&told->config, argc, argv, &told->arena, &told->error);

        dup2(kept, STDERR_FILENO);
        close(kept);
        close(silent);
        return status;
}

static void flags_win_over_the_file(void **state)
{
        struct told *told = *state;

        write_file(told, "[server]\ndata = /from/file\nlisten = tcp://127.0.0.1:1\n"
                         "[clock]\nmode = simulated\nstart = 2011-12-09T12:00:00Z\n"
                         "[log]\nformat = text\nlevel = warn\n[limits]\nqueue = 17\n");
        assert_int_equal(
                read_flags(told, "--config", told->file, "--data", "/from/flag", NULL), OK);
        assert_string_equal(told->config.data, "/from/flag");
        assert_string_equal(told->config.listen, "tcp://127.0.0.1:1");
        assert_int_equal(told->config.clock_mode, CLOCK_SIMULATED);
        assert_int_equal(told->config.clock_start_us, INT64_C(1323432000000000));
        assert_int_equal(told->config.log_format, LOG_PLAIN);
        assert_int_equal(told->config.log_level, LOG_WARN);
        assert_int_equal(told->config.queue, 17);
}

static void unknown_keys_and_bad_values_are_named(void **state)
{
        struct told *told = *state;

        write_file(told, "[server]\ndata = x\n[clok]\nmode = simulated\n");
        assert_int_equal(read_flags(told, "--config", told->file, NULL), INVALID_ARGUMENT);
        assert_non_null(strstr(told->error.message, "clok.mode"));
        assert_non_null(strstr(told->error.message, "line 4"));
        assert_int_equal(
                read_flags(told, "--data", "x", "--clock", "sundial", NULL), INVALID_ARGUMENT);
        assert_non_null(strstr(told->error.message, "system|simulated"));
        assert_int_equal(read_flags(told, "--data", "x", "--nonsense", NULL), INVALID_ARGUMENT);
        assert_int_equal(read_flags(told, "--data", "x", "stray", NULL), INVALID_ARGUMENT);
        assert_int_equal(read_flags(told, "--config", "/does/not/exist", NULL), NOT_FOUND);
        assert_int_equal(read_flags(told, "--config", "/tmp", NULL), NOT_FOUND);
        assert_int_equal(read_flags(told, NULL), INVALID_ARGUMENT);
}

static void the_first_of_two_mistakes_is_the_one_told(void **state)
{
        struct told *told = *state;

        write_file(told, "[server]\ndata = x\nbogus = 1\n[log]\nlevel = loud\n");
        assert_int_equal(read_flags(told, "--config", told->file, NULL), INVALID_ARGUMENT);
        assert_non_null(strstr(told->error.message, "line 3"));
        assert_non_null(strstr(told->error.message, "server.bogus"));
}

static void sizes_that_overflow_are_refused(void **state)
{
        struct told *told = *state;

        write_file(told, "[server]\ndata = x\n[limits]\nmap_gib = 17179869184\n");
        assert_int_equal(read_flags(told, "--config", told->file, NULL), INVALID_ARGUMENT);
        assert_non_null(strstr(told->error.message, "limits.map_gib"));
}

/* A call of the dearest kind costs 200 units: less in a bucket would refuse it for ever. */
static void limits_have_defaults_and_bounds(void **state)
{
        struct told *told = *state;

        assert_int_equal(read_flags(told, "--data", "x", NULL), OK);
        assert_true(told->config.payers.caller_rate > 0 && told->config.payers.stranger_waits > 0);
        assert_true(told->config.write_wait_ms > 0 && told->config.slow_wait_ms > 0);
        write_file(told, "[server]\ndata = x\n[limits]\ncaller_rate = 0\ncaller_burst = 200\n");
        assert_int_equal(read_flags(told, "--config", told->file, NULL), OK);
        assert_int_equal(told->config.payers.caller_rate, 0);
        write_file(told, "[server]\ndata = x\n[limits]\ncaller_burst = 199\n");
        assert_int_equal(read_flags(told, "--config", told->file, NULL), INVALID_ARGUMENT);
        assert_non_null(strstr(told->error.message, "limits.caller_burst"));
}

static void tokens_do_not_travel_in_the_clear(void **state)
{
        struct told *told = *state;

        assert_int_equal(read_flags(told, "--data", "x", "--listen", "tcp://0.0.0.0:7373", NULL),
                FAILED_PRECONDITION);
        assert_int_equal(
                read_flags(told, "--data", "x", "--listen", "tcp://localhost:7373", NULL), OK);
        assert_int_equal(
                read_flags(told, "--data", "x", "--listen", "tls+tcp://0.0.0.0:1", NULL), OK);
        assert_int_equal(read_flags(told, "--data", "x", "--listen", "tcp://0.0.0.0:7373",
                                 "--insecure", NULL),
                OK);
}

static void figures_are_shown_to_this_machine_only(void **state)
{
        struct told *told = *state;

        assert_int_equal(read_flags(told, "--data", "x", NULL), OK);
        assert_string_equal(told->config.admin_listen, "off");
        assert_int_equal(read_flags(told, "--data", "x", "--admin", "127.0.0.1:0", NULL), OK);
        assert_int_equal(read_flags(told, "--data", "x", "--admin", "off", NULL), OK);
        assert_int_equal(read_flags(told, "--data", "x", "--admin", "0.0.0.0:9100", NULL),
                FAILED_PRECONDITION);
        assert_int_equal(
                read_flags(told, "--data", "x", "--admin", "0.0.0.0:9100", "--insecure", NULL), OK);
        assert_int_equal(
                read_flags(told, "--data", "x", "--admin", "9100", NULL), INVALID_ARGUMENT);
        assert_non_null(strstr(told->error.message, "admin.listen"));
}

static void expect_taken(struct told *told, const char *text)
{
        write_file(told, text);
        assert_int_equal(read_flags(told, "--config", told->file, NULL), OK);
}

static void expect_refused(struct told *told, const char *text, const char *key)
{
        write_file(told, text);
        assert_int_equal(read_flags(told, "--config", told->file, NULL), INVALID_ARGUMENT);
        assert_non_null(strstr(told->error.message, key));
}

static void slow_is_as_long_as_the_file_says(void **state)
{
        struct told *told = *state;

        expect_taken(told, "[server]\ndata = x\n[log]\nslow_ms = 7\n");
        assert_int_equal(told->config.slow_ms, 7);
        expect_refused(told, "[server]\ndata = x\n[log]\nslow_ms = 86400001\n", "log.slow_ms");
}

static void a_password_takes_what_is_safe(void **state)
{
        static const char key[] = "limits.password_mib";
        struct told *told = *state;

        assert_int_equal(read_flags(told, "--data", "x", NULL), OK);
        assert_int_equal(told->config.password_mib, 64);
        expect_taken(told, "[server]\ndata = x\n[limits]\npassword_mib = 19\n");
        assert_int_equal(told->config.password_mib, 19);
        expect_refused(told, "[server]\ndata = x\n[limits]\npassword_mib = 18\n", key);
        expect_refused(told, "[server]\ndata = x\n[limits]\npassword_mib = 65\n", key);
}

static void terms_are_the_files(void **state)
{
        struct told *told = *state;

        assert_int_equal(read_flags(told, "--data", "x", NULL), OK);
        assert_memory_equal(&told->config.terms, &trade_terms_default, sizeof(trade_terms_default));
        write_file(told,
                "[server]\ndata = x\n[terms]\norder_minor_max = 9007199254740991\n"
                "line_units_max = 12\norder_lines_max = 7\nhold_minutes = 10080\n"
                "close_minutes = 5\nheld_units_max = 40\nreturn_window_days = 0\n"
                "authorisation_days = 30\ncash_on_delivery_minor_max = 8\n"
                "transfer_minor_max = 9\nreturn_fee_minor = 11\nexchange_days = 0\nquiet_from_hour "
                "= 0\n"
                "quiet_until_hour = 23\nmessage_gateway = none\ntime_zone = Asia/Shanghai\n"
                "guest_days = 5\ntoken_seconds = 60\naddress_mistakes = 0\naddress_codes = 7\n");

        assert_int_equal(read_flags(told, "--config", told->file, NULL), OK);
        static const struct trade_terms expected = {9007199254740991, 12, 7, 10080, 5, 40, 0, 30, 8,
                9, 11, 0, 0, 23, MESSAGE_GATEWAY_NONE, NULL, 5, 60, 0, 7};

        assert_string_equal(told->config.terms.time_zone, "Asia/Shanghai");
        told->config.terms.time_zone = NULL;
        assert_memory_equal(&told->config.terms, &expected, sizeof(expected));
}

static void terms_have_their_ranges(void **state)
{
        static const struct {
                const char *line, *range;
        } rows[] = {
                {"order_minor_max = 9007199254740992", "1..9007199254740991"},
                {"order_minor_max = 0", "1..9007199254740991"},
                {"line_units_max = 1000001", "1..1000000"},
                {"line_units_max = 0", "1..1000000"},
                {"order_lines_max = 2001", "1..2000"},
                {"order_lines_max = -1", "1..2000"},
                {"hold_minutes = 10081", "1..10080"},
                {"hold_minutes = 0", "1..10080"},
                {"hold_minutes = 30m", "1..10080"},
                {"close_minutes = 1441", "1..1440"},
                {"held_units_max = 2000000001", "1..2000000000"},
                {"held_units_max = 99999999999999999999", "1..2000000000"},
                {"return_window_days = 3651", "0..3650"},
                {"return_window_days = ", "0..3650"},
                {"authorisation_days = 0", "1..30"},
                {"authorisation_days = 31", "1..30"},
                {"return_fee_minor = -1", "0..9007199254740991"},
                {"cash_on_delivery_minor_max = -1", "0..9007199254740991"},
                {"transfer_minor_max = 9007199254740992", "0..9007199254740991"},
                {"quiet_from_hour = 24", "0..23"},
                {"quiet_until_hour = -1", "0..23"},
                {"message_gateway = mail", "sandbox|none"},
                {"guest_days = 0", "1..3650"},
                {"guest_days = 3651", "1..3650"},
                {"token_seconds = 0", "1..86400"},
                {"token_seconds = 86401", "1..86400"},
                {"address_mistakes = 1000001", "0..1000000"},
                {"address_codes = -1", "0..1000000"},
                {"time_zone = Europe/Atlantis", "ZONE"},
                {"time_zone = ", "ZONE"},
        };
        struct told *told = *state;

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                error_init(&told->error, &told->arena);
                write_file(told, arena_printf(&told->arena, "[server]\ndata = x\n[terms]\n%s\n",
                                         rows[i].line));
                assert_int_equal(read_flags(told, "--config", told->file, NULL), INVALID_ARGUMENT);
                assert_non_null(strstr(told->error.message, "line 4: terms."));
                assert_non_null(strstr(told->error.message, rows[i].range));
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(flags_win_over_the_file),
                TEST(unknown_keys_and_bad_values_are_named),
                TEST(the_first_of_two_mistakes_is_the_one_told),
                TEST(sizes_that_overflow_are_refused),
                TEST(limits_have_defaults_and_bounds),
                TEST(tokens_do_not_travel_in_the_clear),
                TEST(figures_are_shown_to_this_machine_only),
                TEST(slow_is_as_long_as_the_file_says),
                TEST(a_password_takes_what_is_safe),
                TEST(terms_are_the_files),
                TEST(terms_have_their_ranges),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
