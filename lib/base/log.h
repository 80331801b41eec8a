#pragma once
/*
 * Structured logs: one JSON object a line on standard error, or text for a person with
 * log_open(LOG_TEXT). Lines carry ids, never personal data or secrets. Libraries do not log;
 * programs do. Thread-safe, one write(2) per line.
 *
 *      log_event(LOG_INFO, "commit", log_number("sequence", 17), log_text("table", "Order"));
 */
#include <stdint.h>
#include "lib/base/bytes.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_JSON, LOG_PLAIN };

struct log_field {
        const char *name; /* NULL ends the list; a text of NULL leaves the field out */
        enum { LOG_FIELD_TEXT, LOG_FIELD_NUMBER } type;
        const char *text;
        int64_t number;
};

void log_open(enum log_format format, enum log_level least);
void log_fields(enum log_level level, const char *event, const struct log_field *fields);
/* For many lines at once: they gather in lines and leave with one write(2), which clears it. */
void log_gather(struct buffer *lines, enum log_level level, const char *event,
        const struct log_field *fields);
void log_write(struct buffer *lines);

#define log_text(name_, text_)                                                                     \
        {                                                                                          \
                .name = (name_), .type = LOG_FIELD_TEXT, .text = (text_)                           \
        }
#define log_number(name_, number_)                                                                 \
        {                                                                                          \
                .name = (name_), .type = LOG_FIELD_NUMBER, .number = (number_)                     \
        }
#define log_gather_event(lines, level, event, ...)                                                 \
        log_gather((lines), (level), (event),                                                      \
                (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.name = 0}})
#define log_event(level, event, ...)                                                               \
        log_fields((level), (event),                                                               \
                (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.name = 0}})
