/*
 * Written by hand rather than generated, so that lib/schema can be tested before there is a
 * generator, and a fault in one does not hide a fault in the other.
 */
#include "tests/unit/schema/sample.h"

#include <stdlib.h>
#include <string.h>

static const struct schema_field address_fields[] = {
        {.flags = SCHEMA_REQUIRED, .len_max = 10, .format = FORMAT_LINE, .doc = ""},
        {.len_max = 2, .format = FORMAT_COUNTRY, .doc = ""},
};

const struct schema_message sample_address_message = {
        .descriptor = &shop__sample_address__descriptor, .fields = address_fields, .doc = ""};

static const struct schema_field line_fields[] = {
        {.flags = SCHEMA_OUTPUT_ONLY, .len_max = 32, .format = FORMAT_ID, .doc = ""},
        {.flags = SCHEMA_OUTPUT_ONLY, .doc = ""},
        {.flags = SCHEMA_REQUIRED | SCHEMA_HAS_MIN | SCHEMA_HAS_MAX,
                .min = 1,
                .max = 100,
                .doc = ""},
        {.len_max = 5, .format = FORMAT_LINE, .doc = ""},
        {.flags = SCHEMA_OUTPUT_ONLY | SCHEMA_HAS_MIN, .min = 1, .doc = ""},
};

static const uint16_t line_key[] = {0, 1};

const struct schema_message sample_line_message = {.descriptor = &shop__sample_line__descriptor,
        .fields = line_fields,
        .table = &sample_line_table,
        .doc = ""};

const struct schema_table sample_line_table = {.number = 9,
        .name = "SampleLine",
        .message = &sample_line_message,
        .key = line_key,
        .key_count = 2,
        .owner = SCHEMA_NONE,
        .etag = SCHEMA_NONE,
        .parent = &sample_table};

/* In the order of the numbers in sample.proto. */
static const struct schema_field sample_fields[] = {
        {.flags = SCHEMA_OUTPUT_ONLY, .len_max = 32, .format = FORMAT_ID, .doc = "The name."},
        {.flags = SCHEMA_REQUIRED | SCHEMA_IMMUTABLE,
                .len_max = 50,
                .format = FORMAT_EMAIL,
                .doc = ""},
        {.flags = SCHEMA_HAS_MIN | SCHEMA_HAS_MAX, .min = 2, .max = 10, .doc = ""},
        {.doc = ""},
        {.flags = SCHEMA_HAS_MIN | SCHEMA_HAS_MAX, .min = -5, .max = 1000, .doc = ""},
        {.flags = SCHEMA_HAS_MIN | SCHEMA_HAS_MAX, .min = 0, .max = 1000, .doc = ""},
        {.doc = ""},
        {.flags = SCHEMA_REQUIRED, .doc = ""},
        {.len_min = 2, .len_max = 4, .doc = ""},
        {.flags = SCHEMA_OUTPUT_ONLY, .doc = ""},
        {.message = &sample_address_message, .doc = ""},
        {.flags = SCHEMA_CHILD, .items_max = 3, .message = &sample_line_message, .doc = ""},
        {.flags = SCHEMA_HAS_MIN | SCHEMA_HAS_MAX, .min = 1, .max = 9, .items_max = 4, .doc = ""},
        {.len_min = 2,
                .len_max = 8,
                .items_min = 1,
                .items_max = 2,
                .format = FORMAT_SLUG,
                .doc = ""},
        {.items_max = 5, .doc = ""},
        {.doc = ""},
        {.doc = ""},
        {.items_max = 5, .doc = ""},
        {.doc = ""},
        {.len_max = 4, .doc = ""},
        {.flags = SCHEMA_HAS_MIN, .min = 1, .doc = ""},
        {.message = &sample_address_message, .doc = ""},
        {.items_max = 5, .len_max = 3, .doc = ""},
};

static const uint16_t sample_key[] = {0};
static const struct schema_child sample_children[] = {{.field = 11, .table = &sample_line_table}};

const struct schema_message sample_message = {.descriptor = &shop__sample__descriptor,
        .fields = sample_fields,
        .table = &sample_table,
        .doc = "A sample."};

const struct schema_table sample_table = {.number = 4,
        .name = "Sample",
        .message = &sample_message,
        .key = sample_key,
        .key_count = 1,
        .owner = SCHEMA_NONE,
        .etag = SCHEMA_NONE,
        .children = sample_children,
        .child_count = 1};

static const struct schema_field update_fields[] = {
        {.flags = SCHEMA_REQUIRED, .message = &sample_message, .doc = ""},
        {.doc = ""},
        {.flags = SCHEMA_REQUIRED, .doc = ""},
};

const struct schema_message update_sample_message = {
        .descriptor = &shop__update_sample_request__descriptor, .fields = update_fields, .doc = ""};

static const struct schema_field create_fields[] = {
        {.flags = SCHEMA_REQUIRED, .message = &sample_message, .doc = ""},
};

const struct schema_message create_sample_message = {
        .descriptor = &shop__create_sample_request__descriptor, .fields = create_fields, .doc = ""};

static const struct schema_field nest_fields[] = {
        {.message = &nest_message, .doc = ""},
        {.message = &nest_message, .doc = ""},
        {.doc = ""},
};

const struct schema_message nest_message = {
        .descriptor = &shop__nest__descriptor, .fields = nest_fields, .doc = ""};

const struct schema_message nothing_message = {
        .descriptor = &shop__nothing__descriptor, .fields = NULL, .doc = ""};

static const struct schema_table *const tables[] = {&sample_table, &sample_line_table};

static const struct schema_message *const messages[] = {
        &create_sample_message,
        &nest_message,
        &nothing_message,
        &sample_message,
        &sample_address_message,
        &sample_line_message,
        &update_sample_message,
};

static const struct schema_enum colour = {.descriptor = &shop__colour__descriptor, .doc = ""};
static const struct schema_enum *const enums[] = {&colour};

static const struct schema_method methods[] = {
        {.name = "sample.CreateSample", .lane = LANE_WRITE, .kind = METHOD_CREATE},
        {.name = "sample.Get", .lane = LANE_READ},
        {.name = "sample.GetSample", .lane = LANE_READ, .kind = METHOD_GET},
        {.name = "sample.UpdateSample", .lane = LANE_WRITE, .kind = METHOD_UPDATE},
};

const struct schema sample_schema = {.tables = tables,
        .table_count = 2,
        .messages = messages,
        .message_count = 7,
        .enums = enums,
        .enum_count = 1,
        .methods = methods,
        .method_count = 4};

const ProtobufCFieldDescriptor *sample_field(const char *name)
{
        uint16_t position = schema_field_named(&sample_message, name);

        assert_int_not_equal(position, SCHEMA_NONE);
        return &shop__sample__descriptor.fields[position];
}

static Shop__SampleLine *line(struct arena *arena, int64_t quantity, const char *note)
{
        Shop__SampleLine *line = arena_new(arena, Shop__SampleLine);

        shop__sample_line__init(line);
        line->quantity = quantity;
        line->note = note;
        line->total_minor = quantity * 100;
        return line;
}

static void fill_lists(struct arena *arena, Shop__Sample *sample)
{
        static const int64_t numbers[] = {1, 9, 5};
        static const char *const tags[] = {"new", "red-hot"};
        static const Shop__Colour colours[] = {SHOP__COLOUR__COLOUR_BLUE, SHOP__COLOUR__COLOUR_RED};
        static const uint32_t fixeds[] = {1, UINT32_MAX};
        static const ProtobufCBinaryData blobs[] = {{1, (uint8_t *)"\xff"}, {0, NULL}};

        sample->n_lines = 2;
        sample->lines = arena_array(arena, Shop__SampleLine *, 2);
        sample->lines[0] = line(arena, 1, "one");
        sample->lines[1] = line(arena, 100, "");
        sample->n_numbers = 3;
        sample->numbers = arena_copy(arena, numbers, sizeof(numbers));
        sample->n_tags = 2;
        sample->tags = arena_copy(arena, tags, sizeof(tags));
        sample->n_colours = 2;
        sample->colours = arena_copy(arena, colours, sizeof(colours));
        sample->n_fixeds = 2;
        sample->fixeds = arena_copy(arena, fixeds, sizeof(fixeds));
        sample->n_blobs = 2;
        sample->blobs = arena_copy(arena, blobs, sizeof(blobs));
}

Shop__Sample *sample_filled(struct arena *arena)
{
        Shop__Sample *sample = arena_new(arena, Shop__Sample);

        shop__sample__init(sample);
        sample->id = "s1";
        sample->email = "ann@example.org";
        sample->small = 7;
        sample->natural = UINT32_MAX;
        sample->amount_minor = -5;
        sample->big = 1000;
        sample->flag = 1;
        sample->colour = SHOP__COLOUR__COLOUR_GREEN;
        sample->data = (ProtobufCBinaryData){3, (uint8_t *)"\0\xfe\x01"};
        sample->create_time = arena_new(arena, Shop__Timestamp);
        shop__timestamp__init(sample->create_time);
        schema_time_set(sample->create_time, 1291191960500000);
        sample->address = arena_new(arena, Shop__SampleAddress);
        shop__sample_address__init(sample->address);
        sample->address->city = "K\u00f6ln";
        sample->address->country = "DE";
        sample->weight = 0.5;
        sample->fixed = UINT64_MAX;
        sample->delta = INT32_MIN;
        sample->choice_case = SHOP__SAMPLE__CHOICE_COUNT;
        sample->count = 12;
        fill_lists(arena, sample);
        return sample;
}

int fixture_begin(void **state)
{
        struct fixture *fixture = calloc(1, sizeof(*fixture));

        if (fixture == NULL)
                return -1;
        arena_init(&fixture->arena);
        fixture_clear(fixture);
        *state = fixture;
        return 0;
}

int fixture_end(void **state)
{
        struct fixture *fixture = *state;

        arena_release(&fixture->arena);
        free(fixture);
        return 0;
}

void fixture_clear(struct fixture *fixture)
{
        error_init(&fixture->error, &fixture->arena);
}
