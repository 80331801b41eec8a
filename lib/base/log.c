/*
 * A line is built in memory and leaves with one write(2), so lines of several threads never mix
 * and nothing is lost in a buffer when the process dies.
 *
 * Format and least level are the one piece of state that belongs to the process, not to an
 * object: set once by main before it starts threads, atomic so that a late log_open is no race.
 * Refused: a logger passed to everything that may want to say something, since only programs log.
 */
#include "lib/base/log.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/utf8.h"

static atomic_int log_format = LOG_JSON;
static atomic_int log_least = LOG_INFO;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_open(enum log_format format, enum log_level least)
{
        atomic_store(&log_format, format);
        atomic_store(&log_least, least);
}

/* What is not valid UTF-8 is written in hexadecimal: a line is valid JSON whatever happens. */
static void append_text(struct buffer *line, const char *text)
{
        struct bytes bytes = bytes_of_text(text == NULL ? "" : text);
        char *hex;

        if (utf8_check(bytes)) {
                buffer_append_quoted(line, bytes);
                return;
        }
        buffer_append(line, "\"", 1);
        hex = (char *)buffer_reserve(line, bytes.len * 2 + 1);
        bytes_to_hex(bytes, hex);
        line->len += bytes.len * 2;
        buffer_append(line, "\"", 1);
}

static void append_value(struct buffer *line, const struct log_field *field)
{
        if (field->type == LOG_FIELD_NUMBER)
                buffer_printf(line, "%lld", (long long)field->number);
        else
                append_text(line, field->text);
}

static void build_json(struct buffer *line, enum log_level level, const char *event,
        const struct log_field *fields)
{
        char time[CLOCK_TEXT_MAX];

        buffer_printf(line,
                "{\"time\":\"%s\",\"level\":\"%s\",\"event\":", clock_format(clock_real_us(), time),
                level_names[level]);
        append_text(line, event);
        for (; fields->name != NULL; fields++) {
                buffer_append(line, ",", 1);
                append_text(line, fields->name);
                buffer_append(line, ":", 1);
                append_value(line, fields);
        }
        buffer_append(line, "}\n", 2);
}

static void build_plain(struct buffer *line, enum log_level level, const char *event,
        const struct log_field *fields)
{
        char time[CLOCK_TEXT_MAX];

        buffer_printf(
                line, "%s %-5s %s", clock_format(clock_real_us(), time), level_names[level], event);
        for (; fields->name != NULL; fields++) {
                buffer_printf(line, " %s=", fields->name);
                append_value(line, fields);
        }
        buffer_append(line, "\n", 1);
}

void log_fields(enum log_level level, const char *event, const struct log_field *fields)
{
        struct buffer line = {0};

        if ((int)level < atomic_load(&log_least))
                return;
        if (atomic_load(&log_format) == LOG_JSON)
                build_json(&line, level, event, fields);
        else
                build_plain(&line, level, event, fields);
        /* There is nobody to tell when standard error is gone. */
        if (write(STDERR_FILENO, line.data, line.len) < 0)
                line.len = 0;
        buffer_release(&line);
}
