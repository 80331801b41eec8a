#pragma once
/*
 * The JSON form of messages, as proto3 defines it (https://protobuf.dev/programming-guides/json/):
 * Timestamps in RFC 3339, enums by name, 64-bit numbers as strings, bytes in base64, field names
 * accepted in snake_case and lowerCamelCase and written in snake_case (as in the contract).
 * An unknown field is an error that names it and the nearest known one.
 */
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/status.h"
#include "lib/schema/schema.h"

enum json_style {
        JSON_LINE,   /* one line, default values left out */
        JSON_INDENT, /* for people */
        /* One line with default values: a template. Absent messages and empty lists of messages
         * show what they would hold; an absent time is null. */
        JSON_FULL,
};

void json_write(struct buffer *out, const struct schema_message *message, const void *value,
        enum json_style style);

/* A text as a JSON string with its quotes. */
void json_write_text(struct buffer *out, const char *text);

/* null leaves a field unset; a key that comes twice is refused, also in two spellings.
 * NULL with error set: INVALID_ARGUMENT with BAD_JSON (line and column), UNKNOWN_FIELD, BAD_VALUE,
 * each naming the path. */
void *json_read(struct arena *arena, const struct schema_message *message, struct bytes text,
        struct error *error);

/*
 * Sets one field from text, as a command line gives it: path "lines[0].quantity" or
 * "product.title", value in the JSON form but with quotes optional for texts, enums, numbers,
 * times. A repeated field without an index is appended to, by a value or by each of a list in
 * brackets; the index may be one behind the last. Messages on the way are made. message is a
 * decoded or initialised one in the arena, unchanged on failure. Errors as json_read.
 */
enum status json_set(struct arena *arena, const struct schema_message *schema, void *message,
        const char *path, const char *value, struct error *error);

/* The nearest of count names to name by edit distance, or NULL when none is near. */
const char *json_nearest(const char *name, const char *const *names, size_t count);
