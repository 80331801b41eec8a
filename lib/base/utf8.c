/*
 * Decoding by the table of RFC 3629, section 4: the lead byte gives the length, the smallest code
 * point of that length refuses overlong forms. Checking skips eight ASCII bytes at a time, since
 * nearly all that is checked is ASCII.
 *
 * Refused: utf8proc here. It would be the only library that lib/base needs, and the decoder is
 * the smaller part of it.
 */
#include "lib/base/utf8.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)
#define LOW_BITS  UINT64_C(0x0101010101010101)

static size_t sequence_length(uint8_t lead)
{
        if (lead < 0x80)
                return 1;
        if (lead >= 0xC2 && lead < 0xE0)
                return 2;
        if (lead >= 0xE0 && lead < 0xF0)
                return 3;
        if (lead >= 0xF0 && lead < 0xF5)
                return 4;
        return 0;
}

int32_t utf8_take(struct bytes *text)
{
        static const int32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
        static const uint8_t lead_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
        size_t len;
        int32_t point;

        if (text->len == 0)
                return -1;
        len = sequence_length(text->data[0]);
        if (len == 0 || len > text->len)
                return -1;
        point = text->data[0] & lead_mask[len];
        for (size_t i = 1; i < len; i++) {
                if ((text->data[i] & 0xC0) != 0x80)
                        return -1;
                point = (point << 6) | (text->data[i] & 0x3F);
        }
        if (point < smallest[len] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
                return -1;
        text->data += len;
        text->len -= len;
        return point;
}

/* True where each of the eight bytes is ASCII and none is NUL. */
static bool plain_eight(const uint8_t *data)
{
        uint64_t word;

        memcpy(&word, data, sizeof(word));
        return ((word | (word - LOW_BITS)) & HIGH_BITS) == 0;
}

/* The same of less than eight: the first and the last four overlap. */
static bool plain_few(const uint8_t *data, size_t len)
{
        uint8_t bad = 0;
        uint32_t first, last;
        uint64_t word;

        if (len >= 4) {
                memcpy(&first, data, sizeof(first));
                memcpy(&last, data + len - sizeof(last), sizeof(last));
                word = (uint64_t)first << 32 | last;
                return ((word | (word - LOW_BITS)) & HIGH_BITS) == 0;
        }
        for (size_t i = 0; i < len; i++)
                bad |= data[i] | (uint8_t)(data[i] - 1);
        return bad < 0x80;
}

bool utf8_check(struct bytes text)
{
        size_t len = text.len;

        while (text.len >= 8 && plain_eight(text.data)) {
                text.data += 8;
                text.len -= 8;
        }
        /* The last eight overlap what has been seen. */
        if (text.len < 8 && len >= 8 && plain_eight(text.data + text.len - 8))
                return true;
        if (text.len < 8 && plain_few(text.data, text.len))
                return true;
        while (text.len > 0) {
                size_t plain = text.len >= 8 && plain_eight(text.data)
                                       ? 8
                                       : text.data[0] != 0 && text.data[0] < 0x80;

                text.data += plain;
                text.len -= plain;
                if (plain == 0 && utf8_take(&text) <= 0)
                        return false;
        }
        return true;
}

size_t utf8_length(struct bytes text)
{
        size_t count = text.len;
        uint64_t word;

        for (; text.len >= 8; text.data += 8, text.len -= 8) {
                memcpy(&word, text.data, sizeof(word));
                count -= (word >> 7 & ~(word >> 6) & LOW_BITS) * LOW_BITS >> 56;
        }
        for (size_t i = 0; i < text.len; i++)
                count -= (text.data[i] & 0xC0) == 0x80;
        return count;
}

/* True where each of the eight bytes is from 0x20 to 0x7E: none has its high bit, none has one
 * after 0x20 was taken off it, and none after 1 was added. A borrow or a carry from one byte to the
 * next only follows a byte that is refused itself. */
static bool printable_eight(const uint8_t *data)
{
        uint64_t word;

        memcpy(&word, data, sizeof(word));
        return ((word | (word - 0x20 * LOW_BITS) | (word + LOW_BITS)) & HIGH_BITS) == 0;
}

size_t utf8_printable(struct bytes text)
{
        size_t at = 0;

        while (at + 8 <= text.len && printable_eight(text.data + at))
                at += 8;
        while (at < text.len && text.data[at] >= 0x20 && text.data[at] < 0x7F)
                at++;
        return at;
}
