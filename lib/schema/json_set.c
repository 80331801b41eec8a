/*
 * One field by its path, as a command line names it: the way is walked and what is missing on it
 * is made. The value is read by the same functions as a document's, after deciding from the
 * field's type whether the text is a JSON value or the plain text itself.
 *
 * Refused: merging a small JSON document instead, because "lines[1].quantity=2" has no document
 * that says "the second line" without the first.
 */
#include "lib/schema/json_parts.h"

#include <assert.h>

#define NAME_LEN_MAX 80

/* "lines[2]" taken apart. */
struct step {
        char name[NAME_LEN_MAX + 1];
        bool indexed;
        size_t index;
};

/* The place that a path leads to. */
struct target {
        void *message;
        const ProtobufCFieldDescriptor *field;
        const char *path;
        struct step step;
};

void *json_new_message(struct arena *arena, const ProtobufCMessageDescriptor *descriptor)
{
        void *message = arena_alloc(arena, descriptor->sizeof_message);

        protobuf_c_message_init(descriptor, message);
        return message;
}

void json_mark_set(const ProtobufCFieldDescriptor *field, void *message)
{
        char *quantifier = (char *)message + field->quantifier_offset;

        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
                *(uint32_t *)quantifier = field->id;
        else if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->quantifier_offset != 0)
                *(protobuf_c_boolean *)quantifier = 1;
}

void *json_add_elements(
        struct arena *arena, const ProtobufCFieldDescriptor *field, void *message, size_t added)
{
        size_t *count = (size_t *)((char *)message + field->quantifier_offset);
        char **array = schema_member(message, field);
        size_t size = schema_element_size(field);
        char *place;

        assert(field->label == PROTOBUF_C_LABEL_REPEATED);
        *array = arena_grow(arena, *array, *count * size, (*count + added) * size);
        place = *array + *count * size;
        *count += added;
        return place;
}

static bool take_index(const char **path, struct step *step)
{
        size_t digits = 0;

        step->indexed = **path == '[';
        step->index = 0;
        if (!step->indexed)
                return true;
        for ((*path)++; **path >= '0' && **path <= '9' && digits < 6; (*path)++, digits++)
                step->index = step->index * 10 + (size_t)(**path - '0');
        if (digits == 0 || **path != ']')
                return false;
        (*path)++;
        return true;
}

static bool take_step(const char **path, struct step *step)
{
        size_t len = strcspn(*path, ".[");

        if (len == 0 || len > NAME_LEN_MAX)
                return false;
        memcpy(step->name, *path, len);
        step->name[len] = '\0';
        *path += len;
        if (!take_index(path, step))
                return false;
        if (**path == '.')
                return *++*path != '\0';
        return **path == '\0';
}

/* The message in which the first of those on the way was made, and what it held before; until
 * one is made, the last that was passed. */
struct undo {
        void *message;
        const void *before;
        size_t size;
        bool made;
};

/* The place of element index, which is at most one behind the last. */
static void *element_place(struct json_reader *reader, const struct target *target)
{
        const ProtobufCFieldDescriptor *field = target->field;
        size_t count = schema_count(target->message, field);
        char *array = *(char **)schema_member(target->message, field);

        if (target->step.index > count) {
                json_bad_value(reader, target->path, "comes after %zu elements only", count);
                return NULL;
        }
        if (target->step.index == count)
                return json_add_elements(reader->arena, field, target->message, 1);
        return array + target->step.index * schema_element_size(field);
}

static void *target_place(struct json_reader *reader, const struct target *target)
{
        bool repeated = target->field->label == PROTOBUF_C_LABEL_REPEATED;

        if (target->step.indexed && !repeated) {
                json_bad_value(reader, target->path, "is not a list");
                return NULL;
        }
        if (!repeated) {
                json_mark_set(target->field, target->message);
                return schema_member(target->message, target->field);
        }
        if (target->step.indexed)
                return element_place(reader, target);
        return json_add_elements(reader->arena, target->field, target->message, 1);
}

static bool find_field(struct json_reader *reader, struct target *target, const char **path)
{
        const ProtobufCMessage *message = target->message;
        const char *begin = *path;

        if (!take_step(path, &target->step))
                return json_bad_value(reader, begin, "is not a path such as lines[0].quantity");
        target->field = json_field(reader, message->descriptor, target->path, target->step.name);
        if (target->field == NULL)
                return false;
        target->path = json_path(reader->arena, target->path, target->field->name);
        if (target->step.indexed)
                target->path =
                        arena_printf(reader->arena, "%s[%zu]", target->path, target->step.index);
        return true;
}

/* Into the message that the target is, which is made where it is missing. */
static bool descend(struct json_reader *reader, struct target *target, struct undo *undo)
{
        const ProtobufCFieldDescriptor *field = target->field;
        const ProtobufCMessage *holder = target->message;
        void **place;

        if (field->type != PROTOBUF_C_TYPE_MESSAGE ||
                schema_known(field->descriptor) != SCHEMA_PLAIN)
                return json_bad_value(reader, target->path, "has no fields");
        if (field->label == PROTOBUF_C_LABEL_REPEATED && !target->step.indexed)
                return json_bad_value(
                        reader, target->path, "is a list: say which, as in %s[0]", field->name);
        if (!undo->made) {
                undo->message = target->message;
                undo->size = holder->descriptor->sizeof_message;
                undo->before = arena_copy(reader->arena, holder, undo->size);
        }
        /* Another member of the same oneof may lie where the pointer will be. */
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
                schema_count(target->message, field) == 0)
                *(void **)schema_member(target->message, field) = NULL;
        place = target_place(reader, target);
        if (place == NULL)
                return false;
        if (*place == NULL) {
                *place = json_new_message(reader->arena, field->descriptor);
                undo->made = true;
        }
        target->message = *place;
        return true;
}

/* True where a value is JSON itself; otherwise it is plain text, for which quotes are optional. */
static bool is_json(const ProtobufCFieldDescriptor *field, const char *value)
{
        size_t len = strlen(value);

        if (len >= 2 && value[0] == '"' && value[len - 1] == '"')
                return true;
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                return schema_known(field->descriptor) == SCHEMA_PLAIN ||
                       schema_known(field->descriptor) == SCHEMA_EMPTY;
        return field->type == PROTOBUF_C_TYPE_BOOL || field->type == PROTOBUF_C_TYPE_FLOAT ||
               field->type == PROTOBUF_C_TYPE_DOUBLE;
}

static bool is_list(const struct target *target, const char *value)
{
        return target->field->label == PROTOBUF_C_LABEL_REPEATED && !target->step.indexed &&
               value[0] == '[';
}

static json_t *parse(struct json_reader *reader, const struct target *target, const char *value)
{
        json_error_t fault;
        json_t *json;

        if (!is_list(target, value) && !is_json(target->field, value)) {
                json = json_string(value);
                if (json == NULL)
                        json_bad_value(reader, target->path, "is not valid UTF-8");
                return json;
        }
        json = json_loads(value, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &fault);
        if (json == NULL)
                error_set(reader->error, INVALID_ARGUMENT, "BAD_JSON", "%s: line %d, column %d: %s",
                        target->path, fault.line, fault.column, fault.text);
        return json;
}

static bool assign(struct json_reader *reader, const struct target *target, json_t *json)
{
        void *place;
        uint64_t read[2] = {0}; /* room for any value: a number, a pointer, pointer and length */

        if (json_is_array(json))
                return json_read_field(reader, target->field, target->path, json, target->message);
        if (!json_read_value(reader, target->field, target->path, json, read))
                return false;
        place = target_place(reader, target);
        if (place == NULL)
                return false;
        memcpy(place, read, schema_element_size(target->field));
        return true;
}

static bool set(struct json_reader *reader, struct target *target, const char *path,
        const char *value, struct undo *undo)
{
        json_t *json;
        bool done;

        for (;;) {
                if (!find_field(reader, target, &path))
                        return false;
                if (*path == '\0')
                        break;
                if (!descend(reader, target, undo))
                        return false;
        }
        json = parse(reader, target, value);
        if (json == NULL)
                return false;
        done = assign(reader, target, json);
        json_decref(json);
        return done;
}

enum status json_set(struct arena *arena, const struct schema_message *schema, void *message,
        const char *path, const char *value, struct error *error)
{
        struct json_reader reader = {.arena = arena, .error = error};
        struct target target = {.message = message, .path = ""};
        struct undo undo = {.message = NULL};

        if (set(&reader, &target, path, value, &undo))
                return OK;
        if (undo.message != NULL)
                memcpy(undo.message, undo.before, undo.size);
        return INVALID_ARGUMENT;
}
