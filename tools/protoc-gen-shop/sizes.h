#pragma once
/* How large a field, a row or a key can become by the rules of the contract. */
#include "tools/protoc-gen-shop/model.h"

#define LIMIT_ROW_BYTES 1900 /* above it the table must say large: true */
#define LIMIT_KEY_BYTES 500

/* True for texts and bytes. */
bool sizes_has_len(const struct field *field);
uint32_t sizes_len_max(const struct field *field);   /* declared or 256 */
uint32_t sizes_items_max(const struct field *field); /* declared, or 100, child rows 2,000 */

/* The longest encoding of a table's row, without the elements of child fields. The message must
 * not be recursive. */
uint64_t sizes_row_bytes(const struct table *table);
/* The longest key of an index (NULL: of the rows) in the store. */
uint64_t sizes_key_bytes(const struct table *table, const struct index *index);
