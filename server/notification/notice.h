#pragma once
/* The shop's own notices and the words that they are shipped with. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "notification.rows.h"

#define NOTICE_VARIABLES_MAX 8
#define NOTICE_LANGUAGES     2

struct notice_words {
        const char *language;
        const char *subject;
        const char *body;
};

struct notice {
        const char *key; /* NULL ends the table */
        NotificationPurpose purpose;
        uint32_t channels; /* CHANNEL_BITs where nobody says which */
        const char *variables[NOTICE_VARIABLES_MAX];
        struct notice_words words[NOTICE_LANGUAGES];
};

extern const struct notice notices[];

/* NULL: not one of the shop's own. */
const struct notice *notice_find(const char *key);
/* One that carries a code has a variable of that name. */
bool notice_has_code(const struct notice *notice);
size_t notice_variable_count(const struct notice *notice);
