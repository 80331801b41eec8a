#pragma once
/*
 * What reading a document and setting one field have in common; private to lib/schema. Each
 * function that returns bool leaves the reason in reader->error when it is false.
 */
#include <jansson.h>
#include "lib/schema/json.h"

struct json_reader {
        struct arena *arena;
        struct error *error;
};

/* The field by either spelling of its name; NULL, with UNKNOWN_FIELD set, when there is none.
 * path is the message's own. */
const ProtobufCFieldDescriptor *json_field(struct json_reader *reader,
        const ProtobufCMessageDescriptor *descriptor, const char *path, const char *name);

/* path.name */
char *json_path(struct arena *arena, const char *path, const char *name);

/* An initialised message in the arena. */
void *json_new_message(struct arena *arena, const ProtobufCMessageDescriptor *descriptor);

/* Reads one value (an element of a repeated field, a singular field) to its place. */
bool json_read_value(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
        const char *path, json_t *json, void *place);

/* Reads a field of a message, replacing what is there; a list is appended. */
bool json_read_field(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
        const char *path, json_t *json, void *message);

/* Says that a singular field is set: the case of a oneof, the has_ of proto2. */
void json_mark_set(const ProtobufCFieldDescriptor *field, void *message);

/* Adds zeroed elements at the end of a repeated field; the place of the first. */
void *json_add_elements(struct arena *arena, const ProtobufCFieldDescriptor *field, void *message,
        size_t added);

/* Sets BAD_VALUE for path; returns false. */
bool json_bad_value(struct json_reader *reader, const char *path, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
