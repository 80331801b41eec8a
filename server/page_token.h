#pragma once
/*
 * Where a list goes on, as a text that only this shop can have made: the place of the last row
 * with a MAC over method, filter and caller, in URL-safe base64.
 */
#include <stdbool.h>
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/seal/seal.h"

struct page_scope {
        const struct keyring *keyring;
        struct bytes method;
        struct bytes filter; /* the request without its page fields */
        struct bytes principal;
};

char *page_token_make(struct arena *arena, const struct page_scope *scope, struct bytes position);
/* False where the token was made for something else, or by somebody else. */
bool page_token_read(struct arena *arena, const struct page_scope *scope, const char *token,
        struct bytes *position);
