#pragma once
/* What is shown of personal texts to those whom they do not concern. */
#include "lib/base/arena.h"
#include "lib/schema/schema.h"

/*
 * By format: "a***@example.com", "+8613****5678", a name's first letter and "***", of anything else
 * "***" alone. The mask of a mask is itself; an empty text stays empty. Lives as the arena.
 */
const char *mask_text(struct arena *arena, enum schema_format format, const char *text);
