#pragma once
/*
 * The contract as the generator sees it: what protoc sent, with our options read, names resolved
 * and everything in the order in which it is written out. What a name does not resolve to is
 * NULL here and refused by check.c; the emitters run on a contract without refusals.
 */
#include <stdbool.h>
#include <stddef.h>
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/schema/schema.h"
#include "views.pb-c.h"

enum mode { MODE_SERVER, MODE_CLIENT };

struct file;
struct message;
struct table;

struct enumeration {
        const struct file *file;
        const Google__Protobuf__EnumDescriptorProto *proto;
        const Google__Protobuf__EnumValueDescriptorProto **values; /* by number */
        const char **value_docs;
        size_t value_count;
        const char *name;      /* "OrderState" */
        const char *full_name; /* "shop.checkout.v1.OrderState" */
        const char *c_type;    /* "Shop__OrderState" */
        const char *lower;     /* "order_state" */
        const char *doc;
};

/* How a field goes into a key. */
enum key_class {
        KEY_CLASS_NONE,
        KEY_CLASS_TEXT,
        KEY_CLASS_BYTES,
        KEY_CLASS_BOOL,
        KEY_CLASS_UINT,
        KEY_CLASS_INT,
        KEY_CLASS_ENUM,
        KEY_CLASS_TIME
};

struct field {
        const Google__Protobuf__FieldDescriptorProto *proto;
        const char *name;
        const Shop__FieldRule *rule; /* never NULL */
        const struct message *message;
        const struct enumeration *enumeration;
        const struct table *ref; /* whose key it holds, or NULL */
        uint16_t position;       /* in the order of numbers */
        enum key_class key_class;
        bool repeated;
        const char *doc;
};

struct message {
        const struct file *file; /* NULL for google.protobuf's */
        const char *source;      /* name of the file that declares it */
        const Google__Protobuf__DescriptorProto *proto;
        struct field *fields; /* by number */
        size_t field_count;
        const char *name;       /* "OrderLine" */
        const char *full_name;  /* "shop.checkout.v1.OrderLine" */
        const char *c_type;     /* "Shop__OrderLine" */
        const char *descriptor; /* "shop__order_line__descriptor" */
        const char *init;       /* "SHOP__ORDER_LINE__INIT" */
        const char *lower;      /* "order_line" */
        const char *upper;      /* "ORDER_LINE" */
        const char *doc;
        struct table *table; /* whose row it is, or NULL */
        bool visiting;       /* while looking for recursion */
        bool checked;        /* no recursion below it */
        bool recursive;
};

struct index {
        const Shop__IndexOptions *options;
        const struct field **fields; /* options->n_on, each may be NULL until checked */
        size_t field_count;
        const char *name; /* "state_create_time" */
        bool under_owner;
};

struct table {
        const struct message *message;
        const Shop__TableOptions *options;
        const char *const *key_names;
        const struct field **key;
        size_t key_count;
        const struct field *owner;
        const struct field *etag;
        const struct table *parent;
        struct index *indexes;
        size_t index_count;
};

struct filter {
        const struct field *request;
        const struct field *row;
        enum { EQUAL, FROM, BEFORE } type;
};

struct method {
        const struct file *file;
        const char *service;   /* "CatalogService" */
        const char *name;      /* "GetProduct" */
        const char *wire;      /* "catalog.GetProduct" */
        const char *full_name; /* "shop.catalog.v1.CatalogService/GetProduct" */
        const char *lower;     /* "catalog_get_product" */
        const char *doc;
        const struct message *request;
        const struct message *response;
        const Shop__MethodOptions *options; /* NULL when not given */
        enum schema_kind kind;
        size_t kind_count;      /* how many of get, list, ... are said */
        const char *table_name; /* of a standard method, or NULL */
        const struct table *table;
        const struct field *resource;
        const struct field *update_mask;
        const struct field *items;
        const struct field *page_size;
        const struct field *page_token;
        const struct field *next_page_token;
        struct filter *filters;
        size_t filter_count;
        const struct field *cursor;      /* of a request of lane WAIT: from where it waits */
        const struct field *next_cursor; /* of its response */
};

struct file {
        const Google__Protobuf__FileDescriptorProto *proto;
        const Shop__Generator__FileView *options; /* never NULL */
        const char *name;                         /* "checkout.proto" */
        const char *base;                         /* "checkout" */
        const char *domain; /* "checkout", or NULL when the package is not shop.<domain>.v<n> */
};

/* Lists in the order of the tables that are written: files as given, messages and enums by full
 * name, tables by number, methods by wire name. */
struct model {
        struct arena *arena;
        enum mode mode;
        const Shop__Generator__PluginRequest *request;
        struct file *files;
        size_t file_count;
        struct message *messages;
        size_t message_count;
        struct enumeration *enums;
        size_t enum_count;
        struct table *tables;
        size_t table_count;
        struct method *methods;
        size_t method_count;
        struct buffer refusals; /* a sentence a line */
};

/* The request must live as long as the model. */
void model_read(struct model *model, struct arena *arena,
        const Shop__Generator__PluginRequest *request, enum mode mode);

/* Each NULL when there is none. type_name begins with a dot, as protoc writes it. */
const struct message *model_message(const struct model *model, const char *type_name);
const struct enumeration *model_enum(const struct model *model, const char *type_name);
const struct field *model_field(const struct message *message, const char *name);
const struct table *model_table(const struct model *model, const char *name);
/* The table that says owner_keys, or NULL. */
const struct table *model_owner_keys(const struct model *model);
const struct file *model_file(const struct model *model, const char *name);
/* True where a file imports the file of a message itself. */
bool model_imports(const struct file *file, const struct message *message);
/* The field of a table's row that holds the rows of a child table. */
const struct field *model_child_field(const struct table *parent, const struct table *child);

/* Whether what a field holds is personal, in whatever depth: such a field of a row is stored
 * sealed. Not for messages that contain themselves. */
bool model_personal(const struct field *field);
bool model_holds_personal(const struct message *message);

/* A protobuf-c allocator on the arena. */
ProtobufCAllocator model_allocator(struct arena *arena);
