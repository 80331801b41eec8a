/*
 * What a text must look like, judged by hand: each format is a few lines over characters, bounded
 * in time by the length of the text.
 *
 * Refused: regular expressions, whose compiled form would be state and whose cost depends on the
 * text, and telling deliverable addresses from others, which only a message can.
 */
#include "lib/schema/rules.h"

#include "lib/base/bytes.h"
#include "lib/base/money.h"
#include "lib/base/utf8.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

#define EMAIL_LEN_MAX 254 /* RFC 5321, section 4.5.3.1 */
#define LOCAL_LEN_MAX 64
#define LABEL_LEN_MAX 63

/* True where all of the text is characters of the set, least to most of them. */
static bool made_of(const char *text, const char *set, size_t least, size_t most)
{
        size_t len = strspn(text, set);

        return text[len] == '\0' && len >= least && len <= most;
}

static bool is_control(int32_t point)
{
        return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

static bool text_ok(const char *text, const char *allowed)
{
        struct bytes rest = bytes_of_text(text);

        for (;;) {
                size_t printable = utf8_printable(rest);

                rest.data += printable;
                rest.len -= printable;
                if (rest.len == 0)
                        return true;
                int32_t point = utf8_take(&rest);

                if (point < 0)
                        return false;
                if (is_control(point) && strchr(allowed, point) == NULL)
                        return false;
                /* Line and paragraph separators break a line as well. */
                if (allowed[0] == '\0' && (point == 0x2028 || point == 0x2029))
                        return false;
        }
}

/* Words of the set, least or more of them, with one separator between each two. */
static bool words_ok(const char *text, const char *set, char separator, int least, size_t len_max)
{
        for (int words = 1;; words++) {
                size_t len = strspn(text, set);

                if (len == 0 || len > len_max)
                        return false;
                if (text[len] == '\0')
                        return words >= least;
                if (text[len] != separator)
                        return false;
                text += len + 1;
        }
}

static bool domain_ok(const char *domain)
{
        if (domain[0] == '-' || strstr(domain, "-.") != NULL || strstr(domain, ".-") != NULL)
                return false;
        if (domain[0] != '\0' && domain[strlen(domain) - 1] == '-')
                return false;
        return words_ok(domain, LOWER UPPER DIGIT "-", '.', 2, LABEL_LEN_MAX);
}

/* Dot-atom of RFC 5322 before the sign; quoted local parts are not accepted. */
static bool email_ok(const char *text)
{
        const char *sign = strchr(text, '@');
        char local[LOCAL_LEN_MAX + 1];
        size_t len;

        if (sign == NULL || strlen(text) > EMAIL_LEN_MAX)
                return false;
        len = (size_t)(sign - text);
        if (len > LOCAL_LEN_MAX)
                return false;
        memcpy(local, text, len);
        local[len] = '\0';
        return words_ok(local, LOWER UPPER DIGIT "!#$%&'*+-/=?^_`{|}~", '.', 1, LOCAL_LEN_MAX) &&
               domain_ok(sign + 1);
}

static bool language_ok(const char *text)
{
        if (strspn(text, LOWER) != 2)
                return false;
        return text[2] == '\0' || (text[2] == '-' && made_of(text + 3, UPPER, 2, 2));
}

bool rules_format_ok(enum schema_format format, const char *text)
{
        struct decimal decimal;

        switch (format) {
        case FORMAT_ANY:
                return text_ok(text, "\n\t");
        case FORMAT_ID:
                return made_of(text, LOWER UPPER DIGIT ".:_-", 1, SIZE_MAX);
        case FORMAT_EMAIL:
                return email_ok(text);
        case FORMAT_PHONE:
                return text[0] == '+' && text[1] != '0' && made_of(text + 1, DIGIT, 7, 15);
        case FORMAT_CURRENCY:
                return currency_exponent(text) >= 0;
        case FORMAT_COUNTRY:
                return made_of(text, UPPER, 2, 2);
        case FORMAT_LANGUAGE:
                return language_ok(text);
        case FORMAT_SLUG:
                return words_ok(text, LOWER DIGIT, '-', 1, SIZE_MAX);
        case FORMAT_DECIMAL:
                return decimal_parse(text, &decimal);
        case FORMAT_LINE:
        case FORMAT_NAME:
                return text_ok(text, "");
        }
        return false;
}
