/*
 * The tables of rows.proto, written down as the generator would: the store is tested without the
 * generator, so that neither hides a fault of the other.
 */
#include "tests/unit/store/rows.h"

static const struct schema_field person_fields[] = {
        {.doc = ""},
        {.doc = ""},
        {.doc = ""},
        {.doc = ""},
};
const struct schema_message person_message = {
        .descriptor = &shop__person__descriptor,
        .fields = person_fields,
        .table = &person_table,
        .doc = "",
};
static const uint16_t person_key[] = {0};
static const uint16_t person_index_1[] = {1};
static const struct schema_index person_indexes[] = {
        {.number = 1,
                .name = "email",
                .fields = person_index_1,
                .field_count = 1,
                .unique = true,
                .sparse = true},
};
const struct schema_table person_table = {
        .number = 1,
        .name = "Person",
        .message = &person_message,
        .key = person_key,
        .key_count = 1,
        .owner = 0,
        .etag = 3,
        .under_owner = true,
        .indexes = person_indexes,
        .index_count = 1,
};

static const struct schema_field item_fields[] = {
        {.doc = ""},
        {.doc = ""},
        {.doc = ""},
        {.doc = ""},
        {.doc = ""},
};
const struct schema_message item_message = {
        .descriptor = &shop__item__descriptor,
        .fields = item_fields,
        .table = &item_table,
        .doc = "",
};
static const uint16_t item_key[] = {0};
static const uint16_t item_index_1[] = {2, 3};
static const uint16_t item_index_2[] = {1};
static const struct schema_index item_indexes[] = {
        {.number = 1, .name = "category_price_minor", .fields = item_index_1, .field_count = 2},
        {.number = 2,
                .name = "sku",
                .fields = item_index_2,
                .field_count = 1,
                .unique = true,
                .sparse = true},
};
const struct schema_table item_table = {
        .number = 2,
        .name = "Item",
        .message = &item_message,
        .key = item_key,
        .key_count = 1,
        .owner = SCHEMA_NONE,
        .etag = 4,
        .indexes = item_indexes,
        .index_count = 2,
};

static const struct schema_field basket_fields[] = {
        {.doc = ""},
        {.ref = &person_table, .doc = ""},
        {.doc = ""},
        {.doc = ""},
        {.doc = ""},
        {.message = &basket_line_message, .flags = SCHEMA_CHILD, .doc = ""},
        {.doc = ""},
};
const struct schema_message basket_message = {
        .descriptor = &shop__basket__descriptor,
        .fields = basket_fields,
        .table = &basket_table,
        .doc = "",
};
static const uint16_t basket_key[] = {0};
static const uint16_t basket_index_1[] = {1, 2};
static const uint16_t basket_index_2[] = {3};
static const uint16_t basket_index_3[] = {4};
static const struct schema_index basket_indexes[] = {
        {.number = 1,
                .name = "person_id_create_time",
                .fields = basket_index_1,
                .field_count = 2,
                .under_owner = true},
        {.number = 2, .name = "state", .fields = basket_index_2, .field_count = 1},
        {.number = 3,
                .name = "external_id",
                .fields = basket_index_3,
                .field_count = 1,
                .unique = true,
                .sparse = true},
};
static const struct schema_child basket_children[] = {
        {.field = 5, .table = &basket_line_table},
};
const struct schema_table basket_table = {
        .number = 3,
        .name = "Basket",
        .message = &basket_message,
        .key = basket_key,
        .key_count = 1,
        .owner = 1,
        .etag = 6,
        .under_owner = true,
        .children = basket_children,
        .child_count = 1,
        .indexes = basket_indexes,
        .index_count = 3,
};

static const struct schema_field basket_line_fields[] = {
        {.doc = ""},
        {.doc = ""},
        {.doc = ""},
        {.ref = &item_table, .doc = ""},
        {.doc = ""},
        {.message = &basket_unit_message, .flags = SCHEMA_CHILD, .doc = ""},
};
const struct schema_message basket_line_message = {
        .descriptor = &shop__basket_line__descriptor,
        .fields = basket_line_fields,
        .table = &basket_line_table,
        .doc = "",
};
static const uint16_t basket_line_key[] = {0, 1};
static const uint16_t basket_line_index_1[] = {3};
static const struct schema_index basket_line_indexes[] = {
        {.number = 1, .name = "item_id", .fields = basket_line_index_1, .field_count = 1},
};
static const struct schema_child basket_line_children[] = {
        {.field = 5, .table = &basket_unit_table},
};
const struct schema_table basket_line_table = {
        .number = 4,
        .name = "BasketLine",
        .message = &basket_line_message,
        .key = basket_line_key,
        .key_count = 2,
        .owner = 2,
        .etag = SCHEMA_NONE,
        .parent = &basket_table,
        .children = basket_line_children,
        .child_count = 1,
        .indexes = basket_line_indexes,
        .index_count = 1,
};

static const struct schema_field basket_unit_fields[] = {
        {.doc = ""},
        {.doc = ""},
        {.doc = ""},
        {.doc = ""},
};
const struct schema_message basket_unit_message = {
        .descriptor = &shop__basket_unit__descriptor,
        .fields = basket_unit_fields,
        .table = &basket_unit_table,
        .doc = "",
};
static const uint16_t basket_unit_key[] = {0, 1, 2};
static const uint16_t basket_unit_index_1[] = {3};
static const struct schema_index basket_unit_indexes[] = {
        {.number = 1,
                .name = "serial",
                .fields = basket_unit_index_1,
                .field_count = 1,
                .unique = true,
                .sparse = true},
};
const struct schema_table basket_unit_table = {
        .number = 5,
        .name = "BasketUnit",
        .message = &basket_unit_message,
        .key = basket_unit_key,
        .key_count = 3,
        .owner = SCHEMA_NONE,
        .etag = SCHEMA_NONE,
        .parent = &basket_line_table,
        .indexes = basket_unit_indexes,
        .index_count = 1,
};

static const struct schema_field balance_fields[] = {
        {.doc = ""},
        {.doc = ""},
        {.doc = ""},
};
const struct schema_message balance_message = {
        .descriptor = &shop__balance__descriptor,
        .fields = balance_fields,
        .table = &balance_table,
        .doc = "",
};
static const uint16_t balance_key[] = {0, 1};
static const uint16_t balance_index_1[] = {1, 2};
static const struct schema_index balance_indexes[] = {
        {.number = 1, .name = "kind_points", .fields = balance_index_1, .field_count = 2},
};
const struct schema_table balance_table = {
        .number = 6,
        .name = "Balance",
        .message = &balance_message,
        .key = balance_key,
        .key_count = 2,
        .owner = 0,
        .etag = SCHEMA_NONE,
        .under_owner = true,
        .indexes = balance_indexes,
        .index_count = 1,
};

static const struct schema_field happening_fields[] = {
        {.doc = ""},
        {.doc = ""},
        {.doc = ""},
};
const struct schema_message happening_message = {
        .descriptor = &shop__happening__descriptor,
        .fields = happening_fields,
        .table = &happening_table,
        .doc = "",
};
static const uint16_t happening_key[] = {0};
static const uint16_t happening_index_1[] = {2};
static const struct schema_index happening_indexes[] = {
        {.number = 1,
                .name = "subject",
                .fields = happening_index_1,
                .field_count = 1,
                .sparse = true},
};
const struct schema_table happening_table = {
        .number = 7,
        .name = "Happening",
        .message = &happening_message,
        .key = happening_key,
        .key_count = 1,
        .owner = SCHEMA_NONE,
        .etag = SCHEMA_NONE,
        .log = true,
        .chained = true,
        .indexes = happening_indexes,
        .index_count = 1,
};

static const struct schema_field note_fields[] = {
        {.doc = ""},
        {.doc = ""},
        {.doc = ""},
};
const struct schema_message note_message = {
        .descriptor = &shop__note__descriptor,
        .fields = note_fields,
        .table = &note_table,
        .doc = "",
};
static const uint16_t note_key[] = {0};
static const uint16_t note_index_1[] = {2};
static const struct schema_index note_indexes[] = {
        {.number = 1,
                .name = "person_id",
                .fields = note_index_1,
                .field_count = 1,
                .under_owner = true},
};
const struct schema_table note_table = {
        .number = 8,
        .name = "Note",
        .message = &note_message,
        .key = note_key,
        .key_count = 1,
        .owner = 2,
        .etag = SCHEMA_NONE,
        .log = true,
        .indexes = note_indexes,
        .index_count = 1,
};

static const struct schema_field crate_fields[] = {
        {.doc = ""},
        {.message = &crate_part_message, .flags = SCHEMA_CHILD, .doc = ""},
};
const struct schema_message crate_message = {
        .descriptor = &shop__crate__descriptor,
        .fields = crate_fields,
        .table = &crate_table,
        .doc = "",
};
static const uint16_t crate_key[] = {0};
static const struct schema_child crate_children[] = {
        {.field = 1, .table = &crate_part_table},
};
const struct schema_table crate_table = {
        .number = 9,
        .name = "Crate",
        .message = &crate_message,
        .key = crate_key,
        .key_count = 1,
        .owner = SCHEMA_NONE,
        .etag = SCHEMA_NONE,
        .children = crate_children,
        .child_count = 1,
};

static const struct schema_field crate_part_fields[] = {
        {.doc = ""},
        {.doc = ""},
        {.doc = ""},
};
const struct schema_message crate_part_message = {
        .descriptor = &shop__crate_part__descriptor,
        .fields = crate_part_fields,
        .table = &crate_part_table,
        .doc = "",
};
static const uint16_t crate_part_key[] = {0, 1};
const struct schema_table crate_part_table = {
        .number = 10,
        .name = "CratePart",
        .message = &crate_part_message,
        .key = crate_part_key,
        .key_count = 2,
        .owner = SCHEMA_NONE,
        .etag = SCHEMA_NONE,
        .parent = &crate_table,
};

static const struct schema_field letter_fields[] = {
        {.doc = ""},
        {.doc = ""},
        {.flags = SCHEMA_PERSONAL, .doc = ""},
        {.doc = ""},
        {.flags = SCHEMA_PERSONAL, .doc = ""},
        {.flags = SCHEMA_PERSONAL, .doc = ""},
        {.doc = ""},
};
const struct schema_message letter_message = {
        .descriptor = &shop__letter__descriptor,
        .fields = letter_fields,
        .table = &letter_table,
        .doc = "",
};
static const uint16_t letter_key[] = {0};
static const uint16_t letter_sealed[] = {2, 4, 5};
static const uint16_t letter_index_1[] = {5};
static const uint16_t letter_index_2[] = {1, 5};
static const struct schema_index letter_indexes[] = {
        {.number = 1,
                .name = "email",
                .fields = letter_index_1,
                .field_count = 1,
                .unique = true,
                .sparse = true,
                .blind = true},
        {.number = 2,
                .name = "person_id_email",
                .fields = letter_index_2,
                .field_count = 2,
                .blind = true,
                .under_owner = true},
};
const struct schema_table letter_table = {
        .number = 11,
        .name = "Letter",
        .message = &letter_message,
        .key = letter_key,
        .key_count = 1,
        .owner = 1,
        .etag = 6,
        .under_owner = true,
        .sealed = letter_sealed,
        .sealed_count = 3,
        .indexes = letter_indexes,
        .index_count = 2,
};

static const struct schema_field visit_fields[] = {
        {.doc = ""},
        {.flags = SCHEMA_PERSONAL, .doc = ""},
        {.doc = ""},
};
const struct schema_message visit_message = {
        .descriptor = &shop__visit__descriptor,
        .fields = visit_fields,
        .table = &visit_table,
        .doc = "",
};
static const uint16_t visit_key[] = {0};
static const uint16_t visit_sealed[] = {1};
const struct schema_table visit_table = {
        .number = 12,
        .name = "Visit",
        .message = &visit_message,
        .key = visit_key,
        .key_count = 1,
        .owner = 2,
        .etag = SCHEMA_NONE,
        .sealed = visit_sealed,
        .sealed_count = 1,
};

static const struct schema_field remark_fields[] = {
        {.doc = ""},
        {.doc = ""},
        {.flags = SCHEMA_PERSONAL, .doc = ""},
};
const struct schema_message remark_message = {
        .descriptor = &shop__remark__descriptor,
        .fields = remark_fields,
        .table = &remark_table,
        .doc = "",
};
static const uint16_t remark_key[] = {0};
static const uint16_t remark_sealed[] = {2};
const struct schema_table remark_table = {
        .number = 13,
        .name = "Remark",
        .message = &remark_message,
        .key = remark_key,
        .key_count = 1,
        .owner = 1,
        .etag = SCHEMA_NONE,
        .log = true,
        .chained = true,
        .sealed = remark_sealed,
        .sealed_count = 1,
};

static const struct schema_field owner_key_fields[] = {
        {.doc = ""},
        {.doc = ""},
        {.doc = ""},
};
const struct schema_message owner_key_message = {
        .descriptor = &shop__owner_key__descriptor,
        .fields = owner_key_fields,
        .table = &owner_key_table,
        .doc = "",
};
static const uint16_t owner_key_key[] = {0};
const struct schema_table owner_key_table = {
        .number = 14,
        .name = "OwnerKey",
        .message = &owner_key_message,
        .key = owner_key_key,
        .key_count = 1,
        .owner = 0,
        .etag = SCHEMA_NONE,
        .under_owner = true,
};

static const struct schema_table *const tables[] = {
        &person_table,
        &item_table,
        &basket_table,
        &basket_line_table,
        &basket_unit_table,
        &balance_table,
        &happening_table,
        &note_table,
        &crate_table,
        &crate_part_table,
        &letter_table,
        &visit_table,
        &remark_table,
        &owner_key_table,
};
static const struct schema_message *const messages[] = {
        &balance_message,
        &basket_message,
        &basket_line_message,
        &basket_unit_message,
        &crate_message,
        &crate_part_message,
        &happening_message,
        &item_message,
        &letter_message,
        &note_message,
        &owner_key_message,
        &person_message,
        &remark_message,
        &visit_message,
};
static const uint8_t descriptor_set[] = "rows.proto";

const struct schema rows_schema = {
        .tables = tables,
        .table_count = sizeof(tables) / sizeof(tables[0]),
        .owner_keys = &owner_key_table,
        .messages = messages,
        .message_count = sizeof(messages) / sizeof(messages[0]),
        .descriptor_set = {descriptor_set, sizeof(descriptor_set) - 1},
};
