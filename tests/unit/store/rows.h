#pragma once
/* The schema of rows.proto. */
#include "lib/schema/schema.h"
#include "rows.pb-c.h"

typedef Shop__Person Person;
typedef Shop__Item Item;
typedef Shop__Basket Basket;
typedef Shop__BasketLine BasketLine;
typedef Shop__BasketUnit BasketUnit;
typedef Shop__Balance Balance;
typedef Shop__Happening Happening;
typedef Shop__Note Note;
typedef Shop__Crate Crate;
typedef Shop__CratePart CratePart;
typedef Shop__Letter Letter;
typedef Shop__Visit Visit;
typedef Shop__Remark Remark;
typedef Shop__OwnerKey OwnerKey;

extern const struct schema_table person_table;
extern const struct schema_message person_message;
extern const struct schema_table item_table;
extern const struct schema_message item_message;
extern const struct schema_table basket_table;
extern const struct schema_message basket_message;
extern const struct schema_table basket_line_table;
extern const struct schema_message basket_line_message;
extern const struct schema_table basket_unit_table;
extern const struct schema_message basket_unit_message;
extern const struct schema_table balance_table;
extern const struct schema_message balance_message;
extern const struct schema_table happening_table;
extern const struct schema_message happening_message;
extern const struct schema_table note_table;
extern const struct schema_message note_message;
extern const struct schema_table crate_table;
extern const struct schema_message crate_message;
extern const struct schema_table crate_part_table;
extern const struct schema_message crate_part_message;
extern const struct schema_table letter_table;
extern const struct schema_message letter_message;
extern const struct schema_table visit_table;
extern const struct schema_message visit_message;
extern const struct schema_table remark_table;
extern const struct schema_message remark_message;
extern const struct schema_table owner_key_table;
extern const struct schema_message owner_key_message;
extern const struct schema rows_schema;
