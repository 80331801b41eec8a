#pragma once
/*
 * What the generated tables look like. The generator turns the contract into constants of these
 * types; lib/ and the pipeline interpret them, and nothing else knows them. All pointers are to
 * constants that live as long as the program.
 *
 * A field is meant by its position in descriptor->fields (which protobuf-c sorts by number), and
 * SCHEMA_NONE where there is none.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <protobuf-c/protobuf-c.h>
#include "lib/base/bytes.h"

#define SCHEMA_LOGS_MAX 13 /* log tables of a contract: trees of the database */
#define SCHEMA_NONE UINT16_MAX

enum schema_flag {
        SCHEMA_REQUIRED = 1 << 0,
        SCHEMA_OUTPUT_ONLY = 1 << 1,
        SCHEMA_IMMUTABLE = 1 << 2,
        SCHEMA_INPUT_ONLY = 1 << 3,
        SCHEMA_PERSONAL = 1 << 4,
        SCHEMA_SECRET = 1 << 5,
        SCHEMA_CHILD = 1 << 6,
        SCHEMA_WEAK = 1 << 7,
        SCHEMA_HAS_MIN = 1 << 8,
        SCHEMA_HAS_MAX = 1 << 9,
};

/* Same numbers as shop.Format. */
enum schema_format {
        FORMAT_ANY, FORMAT_ID, FORMAT_EMAIL, FORMAT_PHONE, FORMAT_CURRENCY, FORMAT_COUNTRY,
        FORMAT_LANGUAGE, FORMAT_SLUG, FORMAT_DECIMAL, FORMAT_LINE, FORMAT_NAME,
};

/* Same numbers as shop.Lane, shop.Scope and shop.Role. */
enum lane { LANE_READ = 1, LANE_WRITE, LANE_SLOW, LANE_WAIT };
enum scope { SCOPE_NONE, SCOPE_OWN, SCOPE_TEAM, SCOPE_ALL };
enum role {
        ROLE_ANYONE = 1, ROLE_GUEST, ROLE_MEMBER, ROLE_SYSTEM, ROLE_ADMINISTRATOR, ROLE_IMPORTER,
        ROLE_PRODUCT_SPECIALIST, ROLE_BUYER, ROLE_WAREHOUSE, ROLE_ANALYST, ROLE_SERVICE_AGENT,
        ROLE_SPECIALIST, ROLE_SERVICE_LEAD, ROLE_FINANCE, ROLE_RISK, ROLE_OPERATIONS,
};
#define ROLE_COUNT 17

struct schema_table;
struct schema_message;

/* One per field of a message, in the order of descriptor->fields. */
struct schema_field {
        uint32_t flags;      /* enum schema_flag */
        uint32_t len_min;    /* code points of a text, bytes of bytes */
        uint32_t len_max;
        uint32_t items_min;
        uint32_t items_max;
        int64_t min;
        int64_t max;
        enum schema_format format;
        const struct schema_table *ref;       /* or NULL */
        const struct schema_message *message; /* of a message field, or NULL */
        const char *doc;                      /* leading comment of the declaration, or "" */
};

struct schema_message {
        const ProtobufCMessageDescriptor *descriptor;
        const struct schema_field *fields; /* descriptor->n_fields of them */
        const struct schema_table *table;  /* whose row it is, or NULL */
        const char *doc;
};

struct schema_enum_value_doc {
        const char *name;
        const char *doc;
};

struct schema_enum {
        const ProtobufCEnumDescriptor *descriptor;
        const char *doc;
        const struct schema_enum_value_doc *values; /* descriptor->n_values of them */
};

struct schema_index {
        uint8_t number;          /* 1 to 255 */
        const char *name;        /* "state_create_time" */
        const uint16_t *fields;
        uint16_t field_count;
        bool unique;
        bool sparse;
        bool blind;              /* personal texts stand in it as keyed hashes */
        bool under_owner;        /* kept under the owner's key */
};

struct schema_child {
        uint16_t field;                   /* of the parent's message */
        const struct schema_table *table;
};

struct schema_table {
        uint16_t number;
        const char *name;                 /* "Order" */
        const struct schema_message *message;
        const uint16_t *key;              /* key fields */
        uint16_t key_count;
        uint16_t owner;                   /* field, or SCHEMA_NONE */
        uint16_t etag;                    /* the field named "etag" (string), or SCHEMA_NONE */
        bool under_owner;                 /* rows live under the owner's key */
        bool log;
        bool chained;
        bool large;
        bool forget;                      /* rows go with their owner: they are no books */
        const uint16_t *sealed;           /* fields that are personal or hold what is */
        uint16_t sealed_count;
        const struct schema_table *parent; /* of a child table, or NULL */
        const struct schema_child *children;
        uint16_t child_count;
        const struct schema_index *indexes;
        uint16_t index_count;
};

enum schema_kind {
        METHOD_CUSTOM, METHOD_GET, METHOD_LIST, METHOD_CREATE, METHOD_UPDATE, METHOD_DELETE,
};

struct schema_allow {
        enum role role;
        enum scope scope;
        bool clear; /* sees personal data of others unmasked */
};

/*
 * A filter of a standard List: request field -> table field it must equal, or, for the one range,
 * a bound of it.
 */
struct schema_filter {
        uint16_t request_field;
        uint16_t table_field;
        enum { FILTER_EQUAL, FILTER_FROM, FILTER_BEFORE } type;
};

struct schema_method {
        const char *name;      /* "catalog.GetProduct", as on the wire */
        const char *full_name; /* "shop.catalog.v1.CatalogService/GetProduct" */
        const char *doc;
        enum lane lane;
        enum schema_kind kind;
        const struct schema_table *table;     /* of a standard method, or NULL */
        const struct schema_message *request;
        const struct schema_message *response;
        const struct schema_allow *allow;
        uint16_t allow_count;
        bool prepare;
        bool secret;
        bool personal;              /* the response can hold personal data */
        uint16_t resource;          /* Create, Update: the request field that holds the row */
        uint16_t update_mask;       /* Update: the request field, or SCHEMA_NONE */
        uint16_t items;             /* List: the response field with the rows */
        uint16_t page_size;         /* List: request fields */
        uint16_t page_token;
        uint16_t next_page_token;   /* List: response field */
        const struct schema_filter *filters;
        uint16_t filter_count;
};

/* The whole contract. Methods are sorted by name, messages and enums by full name. */
struct schema {
        const struct schema_table *const *tables;
        size_t table_count;
        /* Rows are the wrapped keys of owners: owner, number of the wrapping key, wrapped key. NULL
         * in a contract without personal rows, and in a client's. */
        const struct schema_table *owner_keys;
        const struct schema_message *const *messages;
        size_t message_count;
        const struct schema_enum *const *enums;
        size_t enum_count;
        const struct schema_method *methods;
        size_t method_count;
        struct bytes descriptor_set; /* an encoded google.protobuf.FileDescriptorSet */
};

/* "SERVICE_AGENT"; "" for a number that is no role. */
const char *schema_role_name(enum role role);

/* Each NULL when there is none. */
const struct schema_method *schema_method(const struct schema *schema, struct bytes name);
const struct schema_message *schema_message(const struct schema *schema, const char *full_name);
const struct schema_table *schema_table(const struct schema *schema, uint16_t number);
const struct schema_table *schema_table_named(const struct schema *schema, const char *name);
const struct schema_enum *schema_enum(const struct schema *schema, const char *full_name);
/* Position of a field by its proto name, or SCHEMA_NONE. */
uint16_t schema_field_named(const struct schema_message *message, const char *name);

/* A message with all defaults set, on memory that the caller provides (sizeof_message bytes). */
void schema_message_init(const struct schema_message *message, void *out);

/* A field back to its default. */
void schema_clear(const struct schema_message *message, void *value, uint16_t field);

/* The place of a field in a message, whatever its label: for a repeated one the array pointer. */
void *schema_member(const void *message, const ProtobufCFieldDescriptor *field);
/* Elements of a repeated field; 0 or 1 for others (0: default value, absent). */
size_t schema_count(const void *message, const ProtobufCFieldDescriptor *field);
/* The text, number, bytes or submessage of element i (0 for a singular field). */
const char *schema_text_at(const void *message, const ProtobufCFieldDescriptor *field, size_t i);
int64_t schema_number_at(const void *message, const ProtobufCFieldDescriptor *field, size_t i);
struct bytes schema_bytes_at(const void *message, const ProtobufCFieldDescriptor *field, size_t i);
const void *schema_message_at(const void *message, const ProtobufCFieldDescriptor *field, size_t i);

/* Bytes that an element of a field takes in an array. */
size_t schema_element_size(const ProtobufCFieldDescriptor *field);
/* The value of a number of an enum, or NULL. */
const ProtobufCEnumValue *schema_enum_value(const ProtobufCFieldDescriptor *field, int64_t number);

/* Messages of google.protobuf that have a meaning of their own here. */
enum schema_known { SCHEMA_PLAIN, SCHEMA_TIMESTAMP, SCHEMA_FIELD_MASK, SCHEMA_EMPTY };
enum schema_known schema_known(const ProtobufCMessageDescriptor *descriptor);

/* A google.protobuf.Timestamp in microseconds and back; 0 for NULL. What is out of range is
 * taken to the nearest end; a fraction of a microsecond is cut off. */
int64_t schema_time_us(const void *timestamp);
void schema_time_set(void *timestamp, int64_t us);
