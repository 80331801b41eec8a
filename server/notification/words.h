#pragma once
/* The words of a notice: their placeholders, finding them for somebody and filling them in. */
#include <stdbool.h>
#include <stddef.h>
#include "lib/base/bytes.h"
#include "server/call.h"
#include "notification.rows.h"

#define WORDS_NAME "display_name" /* of the recipient; may be in every template */

/* A piece of a text. */
enum piece { PIECE_END, PIECE_TEXT, PIECE_NAME, PIECE_BAD };
/* Takes the first piece off the front of *text: words, or the name in {{name}}. BAD: "{{" that
 * begins no placeholder. */
enum piece words_take(const char **text, struct bytes *piece);

struct words {
        const char *subject; /* "": none */
        const char *body;
};

/* In the member's language, else in English, else in any; for the channel, else for all. False:
 * there is no template. */
bool words_find(struct txn *txn, const char *key, const char *language, NotificationChannel channel,
        struct words *out);

struct words_fill {
        NotificationVariable *const *variables;
        size_t count;
        const char *code; /* or NULL */
        const char *display_name;
};
/* The words with their placeholders filled in; what nobody gave is left out, and what would make a
 * text longer than its row may have. The arena's. */
struct words words_filled(
        struct arena *arena, const struct words *words, const struct words_fill *fill);

/* A template's words against its variables; path is the request's field with the template. */
enum status words_check(struct call *call, const NotificationTemplate *row, const char *path);
