#pragma once
/* By which words a text is found. No transaction, no rows: texts in, folded terms out. */
#include <stdbool.h>
#include <stddef.h>
#include "lib/base/arena.h"

#define TERM_CHARS_MAX 40 /* longer words are cut */
#define TERMS_MAX      400

struct term {
        const char *text;
        bool in_title; /* the caller's mark, kept where two are one */
        bool whole;    /* characters of a script without words: only exactly this */
};

struct terms {
        struct term *at; /* the arena's, sorted by text, each once */
        size_t n;
};

/* What to keep of a text of a product: its words, and of scripts without words every character
 * and every two neighbours. Added to terms, up to TERMS_MAX; terms_sort ends it. */
void terms_add(struct arena *arena, struct terms *terms, const char *text, bool in_title);
void terms_sort(struct terms *terms);

/* What must all be found for a query: its words, as beginnings, and pairs of characters, or the
 * one where there is only one. */
struct terms terms_of_query(struct arena *arena, const char *query);
