#pragma once
/* Fields of messages whose type is only known from the contract's tables. */
#include "lib/schema/keys.h"
#include "lib/schema/schema.h"

/* One field's value, taken over without copying what it points to. */
void fields_copy(void *to, const void *from, const ProtobufCFieldDescriptor *field);
bool fields_set(const void *message, const ProtobufCFieldDescriptor *field);
/* Whether two values of a type have the same in one field, and in everything inside it. */
bool fields_same(struct arena *arena, const struct schema_message *message, uint16_t field,
        const void *a, const void *b);
void fields_set_text(void *message, const ProtobufCFieldDescriptor *field, const char *text);

/* The flags whose fields this method does not answer: input_only, and secret unless the method is
 * there to tell one. Personal fields are answered to every role that may call. */
uint32_t fields_hidden(const struct schema_method *method);
/* True where the message or one inside it has a field with one of the flags. */
bool fields_flagged(const struct schema_message *message, uint32_t flags);
/* Clears all such fields. */
void fields_hide(const struct schema_message *message, void *value, uint32_t flags);

/* The values of a table's key in a row; out has room for KEY_PARTS_MAX. */
void fields_key(const struct schema_table *table, const void *row, struct key_value *out);
/* "01jc.../2" */
const char *fields_key_text(
        struct arena *arena, const struct schema_table *table, const struct key_value *key);
/* Of the position of the field with this name, type and no label; SCHEMA_NONE otherwise. */
uint16_t fields_time_named(const struct schema_message *message, const char *name);

/* "OrderLine" as "ORDER_LINE", "order_line", "order line". */
enum name_case { NAME_UPPER, NAME_SNAKE, NAME_WORDS };
const char *fields_table_name(
        struct arena *arena, const struct schema_table *table, enum name_case name_case);
