#pragma once
/*
 * From names of the contract to names in C, exactly as protobuf-c 1.4 forms them: an underscore
 * goes before a capital that follows something else than a capital. All results are the arena's.
 */
#include "lib/base/arena.h"
#include "lib/base/bytes.h"

char *name_lower(struct arena *arena, const char *camel); /* OrderLine: order_line */
char *name_upper(struct arena *arena, const char *camel); /* OrderLine: ORDER_LINE */
/* google.protobuf.FieldMask: Google__Protobuf__FieldMask, google__protobuf__field_mask,
 * GOOGLE__PROTOBUF__FIELD_MASK. */
char *name_type(struct arena *arena, const char *full_name);
char *name_full_lower(struct arena *arena, const char *full_name);
char *name_full_upper(struct arena *arena, const char *full_name);
/* What stands after the last dot. */
const char *name_last(const char *full_name);

/* A comment of a .proto as one line per paragraph; "" for NULL. */
char *text_paragraphs(struct arena *arena, const char *comment);
/* The same as a C string literal with its quotes. */
char *text_literal(struct arena *arena, const char *text);
/* Writes paragraphs as a C comment, wrapped. */
void text_comment(struct buffer *out, const char *paragraphs);
