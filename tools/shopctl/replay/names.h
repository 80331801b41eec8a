#pragma once
/* Texts to small numbers, in the order in which they were first met. */
#include <stdint.h>
#include "lib/base/arena.h"

struct names {
        struct names_entry *table; /* uthash */
        struct arena *arena;
        uint32_t count;
};

void names_init(struct names *names, struct arena *arena);
/* The number of a text; a new one when it was not met before. */
uint32_t names_number(struct names *names, const char *text);
/* Or UINT32_MAX. */
uint32_t names_find(const struct names *names, const char *text);
/* The arena's copy of a text that was met. */
const char *names_text(struct names *names, const char *text);
void names_release(struct names *names);
