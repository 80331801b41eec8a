/*
 * Masks keep what tells two people apart on a screen and not more than that. How long a text was is
 * not kept. A mask is recognised as one because it is its own mask, so that what was answered
 * masked is not taken for a value when it is given back.
 */
#include "lib/schema/mask.h"

#include <string.h>
#include "lib/base/utf8.h"

#define HIDDEN       "***"
#define PHONE_HIDDEN "****"

/* The first letter, whatever its bytes are. */
static const char *first_letter(struct arena *arena, const char *text)
{
        struct bytes rest = bytes_of_text(text);

        if (utf8_take(&rest) < 0)
                return "";
        return arena_printf(arena, "%.*s", (int)((const char *)rest.data - text), text);
}

static const char *mask_email(struct arena *arena, const char *text)
{
        const char *sign = strrchr(text, '@');

        if (sign == NULL)
                return HIDDEN;
        return arena_printf(arena, "%s" HIDDEN "%s", first_letter(arena, text), sign);
}

/* Of "+" and n digits: the last four (of short ones two), four hidden, and before them what is left
 * of the first four. */
static const char *mask_phone(struct arena *arena, const char *text)
{
        size_t len = strlen(text);

        if (text[0] != '+' || len < 8)
                return HIDDEN;
        size_t tail = len > 9 ? 4 : 2, left = len - 1 - tail - strlen(PHONE_HIDDEN);
        int head = (int)(left > 4 ? 4 : left);

        return arena_printf(arena, "+%.*s" PHONE_HIDDEN "%s", head, text + 1, text + len - tail);
}

const char *mask_text(struct arena *arena, enum schema_format format, const char *text)
{
        if (text[0] == '\0')
                return "";
        if (format == FORMAT_EMAIL)
                return mask_email(arena, text);
        if (format == FORMAT_PHONE)
                return mask_phone(arena, text);
        if (format == FORMAT_NAME)
                return arena_printf(arena, "%s" HIDDEN, first_letter(arena, text));
        return HIDDEN;
}
