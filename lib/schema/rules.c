/*
 * One walk over a message by its table. Every violation is kept (up to a limit), because a form
 * wants to mark all its fields at once. The way to a field is a chain of places on the stack and
 * becomes a path only when something is refused, so a valid message allocates nothing.
 *
 * Refused: generated checking code per message. It would be faster and could not be read.
 */
#include "lib/schema/rules.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "lib/base/utf8.h"

#define NO_INDEX SIZE_MAX

/* Seconds of 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, the range of a Timestamp. */
#define TIMESTAMP_MIN INT64_C(-62135596800)
#define TIMESTAMP_MAX INT64_C(253402300799)

/* Where a value stands: a field, its element, and the message that it is in. */
struct place {
        const struct place *outer;
        const char *name;
        size_t index;
};

struct judge {
        struct error *error;
        const char *path;
        enum rules_purpose purpose;
        bool partial; /* what is not set is not judged */
        size_t violations;
};

/* A message that is judged and where. */
struct subject {
        const struct schema_message *message;
        const void *value;
        const struct place *place;
};

static const char *path_text(
        struct arena *arena, const struct judge *judge, const struct place *place)
{
        const char *before;

        if (place == NULL)
                return judge->path;
        before = path_text(arena, judge, place->outer);
        if (place->index == NO_INDEX)
                return arena_printf(
                        arena, "%s%s%s", before, *before == '\0' ? "" : ".", place->name);
        return arena_printf(arena, "%s%s%s[%zu]", before, *before == '\0' ? "" : ".", place->name,
                place->index);
}

/* The sentence is the path and then what it must be. */
static void refuse(struct judge *judge, const struct place *place, const char *reason,
        const char *format, ...) __attribute__((format(printf, 4, 5)));

static void refuse(
        struct judge *judge, const struct place *place, const char *reason, const char *format, ...)
{
        struct arena *arena = judge->error->arena;
        const char *path = path_text(arena, judge, place);
        va_list args;

        va_start(args, format);
        error_violation(
                judge->error, path, reason, "%s %s", path, arena_vprintf(arena, format, args));
        va_end(args);
        judge->violations++;
}

/* ---- single values ---- */

static bool is_unsigned_64(const ProtobufCFieldDescriptor *field)
{
        return field->type == PROTOBUF_C_TYPE_UINT64 || field->type == PROTOBUF_C_TYPE_FIXED64;
}

static void judge_number(struct judge *judge, const struct place *place,
        const ProtobufCFieldDescriptor *field, const struct schema_field *rule, int64_t number)
{
        bool huge = is_unsigned_64(field) && number < 0;

        if ((rule->flags & SCHEMA_HAS_MIN) && !huge && number < rule->min)
                refuse(judge, place, "TOO_SMALL", "must be at least %" PRId64, rule->min);
        else if ((rule->flags & SCHEMA_HAS_MAX) && (huge || number > rule->max))
                refuse(judge, place, "TOO_LARGE", "must be at most %" PRId64, rule->max);
}

static void judge_length(
        struct judge *judge, const struct place *place, const struct schema_field *rule, size_t len)
{
        if (len < rule->len_min)
                refuse(judge, place, "TOO_SHORT", "must be at least %u long", rule->len_min);
        else if (rule->len_max != 0 && len > rule->len_max)
                refuse(judge, place, "TOO_LONG", "must be at most %u long, not %zu", rule->len_max,
                        len);
}

static const char *format_words(enum schema_format format)
{
        static const char *const words[] = {
                [FORMAT_ANY] = "must be text without control characters",
                [FORMAT_ID] = "must be letters, digits and .:_- only",
                [FORMAT_EMAIL] = "must be an e-mail address",
                [FORMAT_PHONE] = "must be + and 7 to 15 digits",
                [FORMAT_CURRENCY] = "must be a currency code of ISO 4217",
                [FORMAT_COUNTRY] = "must be a country code of two capitals",
                [FORMAT_LANGUAGE] = "must be a language such as zh or en-GB",
                [FORMAT_SLUG] = "must be lower-case letters, digits and single hyphens",
                [FORMAT_DECIMAL] = "must be a decimal number",
                [FORMAT_LINE] = "must be one line without control characters",
                [FORMAT_NAME] = "must be a name on one line without control characters",
        };

        assert((size_t)format < sizeof(words) / sizeof(words[0]));
        return words[format];
}

static void judge_text(struct judge *judge, const struct place *place,
        const struct schema_field *rule, const char *text)
{
        size_t before = judge->violations;

        judge_length(judge, place, rule, utf8_length(bytes_of_text(text)));
        if (judge->violations == before && !rules_format_ok(rule->format, text))
                refuse(judge, place, "BAD_FORMAT", "%s", format_words(rule->format));
}

static void judge_enum(struct judge *judge, const struct place *place,
        const ProtobufCFieldDescriptor *field, int64_t number)
{
        bool element = field->label == PROTOBUF_C_LABEL_REPEATED;

        if (schema_enum_value(field, number) == NULL)
                refuse(judge, place, "BAD_ENUM", "has no value with number %" PRId64, number);
        else if (element && number == 0)
                refuse(judge, place, "BAD_ENUM", "must not be unspecified");
}

static void judge_timestamp(struct judge *judge, const struct place *place, const void *value)
{
        const ProtobufCFieldDescriptor *fields =
                ((const ProtobufCMessage *)value)->descriptor->fields;
        int64_t seconds = schema_number_at(value, &fields[0], 0);
        int64_t nanos = schema_number_at(value, &fields[1], 0);

        if (seconds < TIMESTAMP_MIN || seconds > TIMESTAMP_MAX || nanos < 0 || nanos > 999999999 ||
                nanos % 1000 != 0)
                refuse(judge, place, "BAD_FORMAT",
                        "must be a time of the years 1 to 9999 in whole microseconds");
}

/* A path of a mask is answered when it is refused, and in JSON all paths are one text with commas
 * between them: two names in one path would come back as two. */
static void judge_mask(struct judge *judge, const struct place *place, const void *value)
{
        static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";
        const ProtobufCFieldDescriptor *paths =
                ((const ProtobufCMessage *)value)->descriptor->fields;
        struct place path = {place, paths->name, 0};

        for (; path.index < schema_count(value, paths); path.index++) {
                const char *text = schema_text_at(value, paths, path.index);
                size_t len = strspn(text, allowed);

                if (judge->violations >= RULES_VIOLATIONS_MAX)
                        return;
                if (strcmp(text, "*") != 0 && (len == 0 || text[len] != '\0'))
                        refuse(judge, &path, "BAD_FORMAT",
                                "must be the name of one field; several are paths of their own");
        }
}

/* ---- messages ---- */

static void judge_message(struct judge *judge, const struct subject *subject, const bool *mask);

static bool has_field_mask(const ProtobufCMessageDescriptor *descriptor)
{
        for (unsigned i = 0; i < descriptor->n_fields; i++)
                if (descriptor->fields[i].type == PROTOBUF_C_TYPE_MESSAGE &&
                        schema_known(descriptor->fields[i].descriptor) == SCHEMA_FIELD_MASK)
                        return true;
        return false;
}

static void judge_submessage(struct judge *judge, const struct subject *subject, uint16_t position,
        const struct place *place, size_t i)
{
        const ProtobufCMessageDescriptor *descriptor = subject->message->descriptor;
        const struct schema_message *message = subject->message->fields[position].message;
        const void *value = schema_message_at(subject->value, &descriptor->fields[position], i);
        struct subject inner = {.message = message, .value = value, .place = place};
        bool outer_partial = judge->partial;

        if (schema_known(((const ProtobufCMessage *)value)->descriptor) == SCHEMA_TIMESTAMP)
                judge_timestamp(judge, place, value);
        if (schema_known(((const ProtobufCMessage *)value)->descriptor) == SCHEMA_FIELD_MASK) {
                judge_mask(judge, place, value);
                return;
        }
        if (message == NULL)
                return;
        if (judge->purpose == RULES_REQUEST && message->table != NULL && has_field_mask(descriptor))
                judge->partial = true;
        judge_message(judge, &inner, NULL);
        judge->partial = outer_partial;
}

static void judge_element(struct judge *judge, const struct subject *subject, uint16_t position,
        const struct place *place, size_t i)
{
        const ProtobufCFieldDescriptor *field = &subject->message->descriptor->fields[position];
        const struct schema_field *rule = &subject->message->fields[position];

        switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
                judge_text(judge, place, rule, schema_text_at(subject->value, field, i));
                return;
        case PROTOBUF_C_TYPE_BYTES:
                judge_length(judge, place, rule, schema_bytes_at(subject->value, field, i).len);
                return;
        case PROTOBUF_C_TYPE_MESSAGE:
                judge_submessage(judge, subject, position, place, i);
                return;
        case PROTOBUF_C_TYPE_ENUM:
                judge_enum(judge, place, field, schema_number_at(subject->value, field, i));
                return;
        case PROTOBUF_C_TYPE_FLOAT:
        case PROTOBUF_C_TYPE_DOUBLE:
        case PROTOBUF_C_TYPE_BOOL:
                return;
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_SINT32:
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                judge_number(judge, place, field, rule, schema_number_at(subject->value, field, i));
                return;
        }
}

static void judge_repeated(struct judge *judge, const struct subject *subject, uint16_t position)
{
        const ProtobufCFieldDescriptor *field = &subject->message->descriptor->fields[position];
        const struct schema_field *rule = &subject->message->fields[position];
        size_t count = schema_count(subject->value, field);
        struct place place = {subject->place, field->name, NO_INDEX};

        if (count == 0 && judge->partial)
                return;
        if (count == 0 && (rule->flags & SCHEMA_REQUIRED))
                refuse(judge, &place, "REQUIRED", "is required");
        else if (count < rule->items_min)
                refuse(judge, &place, "TOO_FEW", "must have at least %u elements", rule->items_min);
        if (rule->items_max != 0 && count > rule->items_max) {
                refuse(judge, &place, "TOO_MANY", "must have at most %u elements, not %zu",
                        rule->items_max, count);
                return;
        }
        for (size_t i = 0; i < count && judge->violations < RULES_VIOLATIONS_MAX; i++) {
                place.index = i;
                judge_element(judge, subject, position, &place, i);
        }
}

/* Numbers have a value whether it was sent or not, except the other members of a oneof. */
static bool always_has_value(const ProtobufCFieldDescriptor *field)
{
        return field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_BYTES &&
               field->type != PROTOBUF_C_TYPE_MESSAGE &&
               !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF);
}

static bool is_key(const struct schema_message *message, uint16_t position)
{
        for (uint16_t i = 0; message->table != NULL && i < message->table->key_count; i++)
                if (message->table->key[i] == position)
                        return true;
        return false;
}

/* In an Update the key of the row itself says which row is meant. */
static bool names_the_row(
        const struct judge *judge, const struct subject *subject, uint16_t position)
{
        return judge->purpose == RULES_UPDATE && subject->place == NULL &&
               is_key(subject->message, position);
}

/* True where the field may not be set at all, and was. */
static bool refused_by_behaviour(
        struct judge *judge, const struct subject *subject, uint16_t position)
{
        const ProtobufCFieldDescriptor *field = &subject->message->descriptor->fields[position];
        uint32_t flags = subject->message->fields[position].flags;
        struct place place = {subject->place, field->name, NO_INDEX};

        if (judge->purpose == RULES_REQUEST || names_the_row(judge, subject, position) ||
                schema_count(subject->value, field) == 0)
                return false;
        if (flags & SCHEMA_OUTPUT_ONLY)
                refuse(judge, &place, "OUTPUT_ONLY", "is set by the shop only");
        else if (judge->purpose == RULES_UPDATE && (flags & SCHEMA_IMMUTABLE))
                refuse(judge, &place, "IMMUTABLE", "cannot be changed");
        else
                return false;
        return true;
}

/* What the shop sets itself is not asked of the caller. */
static bool asked_of_caller(
        const struct judge *judge, const struct subject *subject, uint16_t position)
{
        uint32_t flags = subject->message->fields[position].flags;

        if (judge->partial)
                return false;
        if (judge->purpose == RULES_REQUEST || names_the_row(judge, subject, position))
                return true;
        return !(flags & SCHEMA_OUTPUT_ONLY) &&
               !(judge->purpose == RULES_UPDATE && (flags & SCHEMA_IMMUTABLE));
}

static void judge_singular(struct judge *judge, const struct subject *subject, uint16_t position)
{
        const ProtobufCFieldDescriptor *field = &subject->message->descriptor->fields[position];
        uint32_t flags = subject->message->fields[position].flags;
        struct place place = {subject->place, field->name, NO_INDEX};
        bool asked = asked_of_caller(judge, subject, position);
        bool named = names_the_row(judge, subject, position) && !always_has_value(field);

        if (schema_count(subject->value, field) > 0)
                judge_element(judge, subject, position, &place, 0);
        else if (asked && (named || (flags & SCHEMA_REQUIRED)))
                refuse(judge, &place, "REQUIRED", "is required");
        else if (asked && always_has_value(field))
                judge_element(judge, subject, position, &place, 0);
}

static bool is_judged(const struct judge *judge, const struct subject *subject, uint16_t position,
        const bool *mask)
{
        return mask == NULL || mask[position] || names_the_row(judge, subject, position);
}

static void judge_message(struct judge *judge, const struct subject *subject, const bool *mask)
{
        const ProtobufCMessageDescriptor *descriptor = subject->message->descriptor;

        assert(descriptor == ((const ProtobufCMessage *)subject->value)->descriptor);
        for (uint16_t i = 0; i < descriptor->n_fields; i++) {
                if (judge->violations >= RULES_VIOLATIONS_MAX)
                        return;
                if (!is_judged(judge, subject, i, mask) || refused_by_behaviour(judge, subject, i))
                        continue;
                if (descriptor->fields[i].label != PROTOBUF_C_LABEL_REPEATED)
                        judge_singular(judge, subject, i);
                else if (schema_count(subject->value, &descriptor->fields[i]) > 0 ||
                         asked_of_caller(judge, subject, i))
                        judge_repeated(judge, subject, i);
        }
}

enum status rules_check(const struct schema_message *message, const void *value, const char *path,
        enum rules_purpose purpose, const bool *mask, struct error *error)
{
        struct judge judge = {.error = error, .path = path, .purpose = purpose};
        struct subject subject = {.message = message, .value = value};

        judge_message(&judge, &subject, mask);
        return judge.violations == 0 ? OK : INVALID_ARGUMENT;
}
