/*
 * Six bits at a time in both directions. Reading accepts what any encoder of RFC 4648 writes, but
 * only one spelling of each value: bits left over must be zero.
 *
 * Refused: libsodium's functions, since lib/schema stands below the only place that includes it.
 */
#include "lib/schema/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(struct buffer *out, struct bytes bytes)
{
        for (size_t i = 0; i < bytes.len; i += 3) {
                size_t left = bytes.len - i;
                uint32_t bits = (uint32_t)bytes.data[i] << 16;
                char text[4];

                if (left > 1)
                        bits |= (uint32_t)bytes.data[i + 1] << 8;
                if (left > 2)
                        bits |= bytes.data[i + 2];
                text[0] = alphabet[bits >> 18];
                text[1] = alphabet[(bits >> 12) & 63];
                text[2] = left > 1 ? alphabet[(bits >> 6) & 63] : '=';
                text[3] = left > 2 ? alphabet[bits & 63] : '=';
                buffer_append(out, text, sizeof(text));
        }
}

static int digit_value(char digit)
{
        const char *at;

        if (digit == '-')
                return 62;
        if (digit == '_')
                return 63;
        at = digit == '\0' ? NULL : strchr(alphabet, digit);
        return at == NULL ? -1 : (int)(at - alphabet);
}

bool base64_read(struct arena *arena, const char *text, struct bytes *out)
{
        size_t len = strlen(text);
        size_t padding = 0;
        uint8_t *data;
        size_t count = 0;
        uint32_t bits = 0;

        while (padding < 2 && len > 0 && text[len - 1] == '=') {
                len--;
                padding++;
        }
        if (len % 4 == 1 || (padding > 0 && (len + padding) % 4 != 0))
                return false;
        data = arena_alloc(arena, len / 4 * 3 + 3);
        for (size_t i = 0; i < len; i++) {
                int value = digit_value(text[i]);

                if (value < 0)
                        return false;
                bits = (bits << 6) | (uint32_t)value;
                if (i % 4 != 0)
                        data[count++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
        }
        if ((len % 4 == 2 && (bits & 15) != 0) || (len % 4 == 3 && (bits & 3) != 0))
                return false;
        *out = bytes_of(data, count);
        return true;
}
