/*
 * A line is built in memory and leaves with one write(2), so lines of several threads never mix
 * and nothing is lost in a buffer when the process dies. Who has many to say at once gathers them:
 * they leave as whole lines, no more at a time than a pipe takes in one piece.
 *
 * Format and least level are the one piece of state that belongs to the process, not to an
 * object: set once by main before it starts threads, atomic so that a late log_open is no race.
 * Refused: a logger passed to everything that may want to say something, since only programs log.
 */
#include "lib/base/log.h"

#include <limits.h>
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
        struct bytes bytes = bytes_of_text(text);
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

static void append_number(struct buffer *line, int64_t number)
{
        char text[DECIMAL_SIZE];
        uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;

        if (number < 0)
                buffer_append(line, "-", 1);
        buffer_append(line, text, decimal_text(size, text));
}

static void append_value(struct buffer *line, const struct log_field *field)
{
        if (field->type == LOG_FIELD_NUMBER)
                append_number(line, field->number);
        else
                append_text(line, field->text);
}

static bool left_out(const struct log_field *field)
{
        return field->type == LOG_FIELD_TEXT && field->text == NULL;
}

static void build_json(struct buffer *line, enum log_level level, const char *event,
        const struct log_field *fields)
{
        char time[CLOCK_TEXT_MAX];

        buffer_append_text(line, "{\"time\":\"");
        buffer_append_text(line, clock_format(clock_real_us(), time));
        buffer_append_text(line, "\",\"level\":\"");
        buffer_append_text(line, level_names[level]);
        buffer_append_text(line, "\",\"event\":");
        append_text(line, event);
        for (; fields->name != NULL; fields++) {
                if (left_out(fields))
                        continue;
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
                if (left_out(fields))
                        continue;
                buffer_printf(line, " %s=", fields->name);
                append_value(line, fields);
        }
        buffer_append(line, "\n", 1);
}

void log_gather(struct buffer *lines, enum log_level level, const char *event,
        const struct log_field *fields)
{
        if ((int)level < atomic_load(&log_least))
                return;
        if (atomic_load(&log_format) == LOG_JSON)
                build_json(lines, level, event, fields);
        else
                build_plain(lines, level, event, fields);
}

/* As many whole lines as leave in one piece, or one that is too long for that. */
static size_t piece_len(const uint8_t *data, size_t len)
{
        if (len <= PIPE_BUF)
                return len;
        const uint8_t *end = memrchr(data, '\n', PIPE_BUF);

        if (end == NULL)
                end = memchr(data, '\n', len);
        return end == NULL ? len : (size_t)(end - data) + 1;
}

void log_write(struct buffer *lines)
{
        size_t done = 0;

        while (done < lines->len) {
                size_t len = piece_len(lines->data + done, lines->len - done);

                /* There is nobody to tell when standard error is gone. */
                if (write(STDERR_FILENO, lines->data + done, len) < 0)
                        break;
                done += len;
        }
        buffer_clear(lines);
}

void log_fields(enum log_level level, const char *event, const struct log_field *fields)
{
        struct buffer line = {0};

        log_gather(&line, level, event, fields);
        log_write(&line);
        buffer_release(&line);
}
