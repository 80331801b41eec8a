/*
 * What a peer sent is walked once, without recursion, over a stack of DECODE_DEPTH_MAX frames,
 * before protobuf-c sees it. The walk knows the descriptors, so it can count what protobuf-c will
 * allocate (each element, each unknown field, its slabs of scanned members) and stop before the
 * first allocation, check texts, and say which field is wrong; protobuf-c only says no.
 *
 * A singular message that comes twice is refused: encoders do not write it, and protobuf-c 1.4
 * merges in place by moving pointers between the two.
 *
 * Refused: a decoder of our own. It would be faster, and one more thing that must be right.
 */
#include "lib/schema/wire_scan.h"

#include <assert.h>

#include "lib/base/utf8.h"
#include "lib/schema/wire_field.h"

#define FIELDS_MAX  256 /* of one message */
#define FIELDS_NEAR 8

/* In protobuf-c: 16 scanned members on the stack, then slabs of 32, 64, ... of this size. */
#define SCANNED_SIZE  32
#define SCANNED_FIRST 16

/* A message that is being walked. */
struct frame {
        const ProtobufCMessageDescriptor *descriptor;
        const uint8_t *begin;
        const uint8_t *end;
        const uint8_t *tag; /* of the field that is being read: names it in errors */
        size_t tags;
        size_t unknown;
        unsigned next; /* position of the field last found: encoders write them in order */
        uint64_t seen[FIELDS_MAX / 64]; /* by position of the field */
};

struct scan_state {
        const struct decode_limits *limits;
        struct error *error;
        const uint8_t *start;
        const uint8_t *at;
        size_t depth;
        size_t fields;
        size_t memory;
        struct frame frames[DECODE_DEPTH_MAX];
};

/* ---- saying where ---- */

/* How often a field occurs in a frame before the one that is being read. */
static size_t index_in_frame(const struct frame *frame, uint32_t number)
{
        const uint8_t *at = frame->begin;
        struct wire_field field;
        size_t count = 0;

        while (at < frame->tag && wire_take_field(&at, frame->end, &field))
                count += field.number == number;
        return count;
}

/* "lines[2].quantity": the way from the root to the field that is being read. */
static const char *path_of(const struct scan_state *scan)
{
        struct arena *arena = scan->error->arena;
        const char *path = "";

        for (size_t i = 0; i < scan->depth; i++) {
                const struct frame *frame = &scan->frames[i];
                const char *dot = i == 0 ? "" : ".";
                const uint8_t *at = frame->tag;
                const ProtobufCFieldDescriptor *known;
                uint64_t tag = 0;

                wire_take_varint(&at, frame->end, WIRE_TAG_MAX, &tag);
                known = protobuf_c_message_descriptor_get_field(
                        frame->descriptor, (unsigned)(tag >> 3));
                if (known == NULL)
                        path = arena_printf(arena, "%s%s%u", path, dot, (unsigned)(tag >> 3));
                else if (known->label == PROTOBUF_C_LABEL_REPEATED)
                        path = arena_printf(arena, "%s%s%s[%zu]", path, dot, known->name,
                                index_in_frame(frame, known->id));
                else
                        path = arena_printf(arena, "%s%s%s", path, dot, known->name);
        }
        return path;
}

static bool malformed(struct scan_state *scan, const char *what)
{
        error_set(scan->error, INVALID_ARGUMENT, "MALFORMED_MESSAGE",
                "the message is not valid protobuf: %s at byte %zu", what,
                (size_t)(scan->frames[scan->depth - 1].tag - scan->start));
        return false;
}

static bool malformed_field(struct scan_state *scan, const char *what)
{
        const char *path = path_of(scan);

        error_violation(scan->error, path, "MALFORMED_MESSAGE", "%s %s", path, what);
        return false;
}

static bool too_large(struct scan_state *scan, const char *what, size_t limit)
{
        error_set(scan->error, RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                "the message is too large: more than %zu %s", limit, what);
        return false;
}

/* ---- counting what protobuf-c will allocate ---- */

static bool count_memory(struct scan_state *scan, size_t size)
{
        scan->memory += (size + 15) & ~(size_t)15;
        if (scan->memory > scan->limits->memory_max)
                return too_large(scan, "bytes of memory when decoded", scan->limits->memory_max);
        return true;
}

static bool count_slabs(struct scan_state *scan, const struct frame *frame)
{
        size_t room = SCANNED_FIRST;

        for (size_t slab = 2 * SCANNED_FIRST; room < frame->tags; slab *= 2) {
                room += slab;
                if (!count_memory(scan, slab * SCANNED_SIZE))
                        return false;
        }
        return true;
}

/* ---- walking ---- */

static bool enter(
        struct scan_state *scan, const ProtobufCMessageDescriptor *descriptor, struct bytes value)
{
        struct frame *frame;

        assert(descriptor->n_fields <= FIELDS_MAX);
        if (scan->depth == DECODE_DEPTH_MAX) {
                error_set(scan->error, INVALID_ARGUMENT, "MALFORMED_MESSAGE",
                        "messages are nested more than %d deep", DECODE_DEPTH_MAX);
                return false;
        }
        frame = &scan->frames[scan->depth++];
        *frame = (struct frame){
                .descriptor = descriptor,
                .begin = value.data,
                .end = value.data + value.len,
                .tag = value.data,
        };
        scan->at = value.data;
        /* Beyond 128 fields protobuf-c allocates its bitmap of required ones. */
        return count_memory(scan, descriptor->sizeof_message) &&
               (descriptor->n_fields <= 128 || count_memory(scan, FIELDS_MAX / 8));
}

/* Leaves the message that has been read to its end; its parent goes on behind it. */
static bool leave(struct scan_state *scan)
{
        const struct frame *frame = &scan->frames[scan->depth - 1];

        if (!count_slabs(scan, frame))
                return false;
        scan->at = frame->end;
        scan->depth--;
        return true;
}

static bool scan_unknown(struct scan_state *scan, const struct wire_field *field)
{
        struct frame *frame = &scan->frames[scan->depth - 1];

        if (scan->limits->refuse_unknown) {
                const char *path = path_of(scan);

                error_violation(scan->error, path, "UNKNOWN_FIELD",
                        "field number %u of %s is unknown (%s)", field->number,
                        frame->descriptor->name, path);
                return false;
        }
        frame->unknown++;
        return count_memory(scan, sizeof(ProtobufCMessageUnknownField)) &&
               count_memory(scan, field->prefix_len + field->value.len);
}

/* Elements of a packed field, or SIZE_MAX where it is not one. */
static size_t packed_count(const ProtobufCFieldDescriptor *known, struct bytes value)
{
        size_t size = schema_element_size(known);
        size_t count = 0;

        if (wire_of_type(known->type) != WIRE_VARINT)
                return value.len % size == 0 ? value.len / size : SIZE_MAX;
        for (size_t i = 0; i < value.len; i++)
                count += value.data[i] < 0x80;
        return value.len > 0 && value.data[value.len - 1] >= 0x80 ? SIZE_MAX : count;
}

static bool scan_packed(
        struct scan_state *scan, const ProtobufCFieldDescriptor *known, struct bytes value)
{
        size_t count = packed_count(known, value);

        if (count == SIZE_MAX)
                return malformed_field(scan, "ends within a number");
        return count_memory(scan, count * schema_element_size(known));
}

static bool scan_text(struct scan_state *scan, struct bytes value)
{
        const char *path;

        if (utf8_check(value))
                return count_memory(scan, value.len + 1);
        path = path_of(scan);
        error_violation(
                scan->error, path, "BAD_UTF8", "%s is not valid UTF-8 or contains NUL", path);
        return false;
}

static bool scan_known(struct scan_state *scan, const ProtobufCFieldDescriptor *known,
        const struct wire_field *field)
{
        struct frame *frame = &scan->frames[scan->depth - 1];
        size_t position = (size_t)(known - frame->descriptor->fields);
        uint64_t bit = UINT64_C(1) << (position % 64);
        bool again = frame->seen[position / 64] & bit;
        bool repeated = known->label == PROTOBUF_C_LABEL_REPEATED;
        uint32_t wire = wire_of_type(known->type);

        frame->seen[position / 64] |= bit;
        /* One array for all elements: 16 bytes once make up for rounding. */
        if (repeated && !again && !count_memory(scan, 1))
                return false;
        if (repeated && wire != WIRE_BYTES && field->wire == WIRE_BYTES)
                return scan_packed(scan, known, field->value);
        if (field->wire != wire)
                return malformed_field(scan, "has the wire type of another field");
        if (repeated && !count_memory(scan, schema_element_size(known)))
                return false;
        if (known->type == PROTOBUF_C_TYPE_STRING)
                return scan_text(scan, field->value);
        if (known->type == PROTOBUF_C_TYPE_BYTES)
                return count_memory(scan, field->value.len);
        if (known->type != PROTOBUF_C_TYPE_MESSAGE)
                return true;
        if (again && !repeated)
                return malformed_field(scan, "is there twice");
        return enter(scan, known->descriptor, field->value);
}

/* Descriptors have their fields in order of number too, so the next one is at most a few further
 * on; else it is searched. */
static const ProtobufCFieldDescriptor *field_of(struct frame *frame, uint32_t number)
{
        const ProtobufCMessageDescriptor *descriptor = frame->descriptor;
        unsigned end = frame->next + FIELDS_NEAR;

        if (end > descriptor->n_fields)
                end = descriptor->n_fields;
        for (unsigned i = frame->next; i < end && descriptor->fields[i].id <= number; i++) {
                if (descriptor->fields[i].id != number)
                        continue;
                frame->next = i;
                return &descriptor->fields[i];
        }
        return protobuf_c_message_descriptor_get_field(descriptor, number);
}

static bool scan_field(struct scan_state *scan)
{
        struct frame *frame = &scan->frames[scan->depth - 1];
        const ProtobufCFieldDescriptor *known;
        struct wire_field field;

        frame->tag = scan->at;
        if (++scan->fields > scan->limits->fields_max)
                return too_large(scan, "fields", scan->limits->fields_max);
        if (!wire_take_field(&scan->at, frame->end, &field))
                return malformed(scan, "a field that is cut off or of an unknown wire type");
        frame->tags++;
        known = field_of(frame, field.number);
        return known == NULL ? scan_unknown(scan, &field) : scan_known(scan, known, &field);
}

static bool scan_message(
        struct scan_state *scan, const ProtobufCMessageDescriptor *descriptor, struct bytes bytes)
{
        if (bytes.len > scan->limits->bytes_max)
                return too_large(scan, "bytes", scan->limits->bytes_max);
        if (!enter(scan, descriptor, bytes))
                return false;
        while (scan->depth > 0) {
                bool ended = scan->at == scan->frames[scan->depth - 1].end;

                if (!(ended ? leave(scan) : scan_field(scan)))
                        return false;
        }
        return true;
}

bool wire_scan(const ProtobufCMessageDescriptor *descriptor, struct bytes bytes,
        const struct decode_limits *limits, struct error *error)
{
        static const uint8_t nothing[1];
        struct scan_state scan;

        if (bytes.len == 0)
                bytes.data = nothing;
        scan.limits = limits;
        scan.error = error;
        scan.start = bytes.data;
        scan.depth = scan.fields = scan.memory = 0;
        return scan_message(&scan, descriptor, bytes);
}
