#pragma once
/* Base 64 as JSON carries bytes (RFC 4648); private to lib/schema. */
#include <stdbool.h>
#include "lib/base/arena.h"
#include "lib/base/bytes.h"

/* The standard alphabet with padding, without quotes. */
void base64_write(struct buffer *out, struct bytes bytes);
/* Standard or URL-safe alphabet, padding optional; the result is the arena's. */
bool base64_read(struct arena *arena, const char *text, struct bytes *out);
