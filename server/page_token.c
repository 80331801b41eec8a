/*
 * 16 bytes of MAC, then the position. The position is a key of the store and may hold ids of rows,
 * which the caller has just seen; it is not sealed, only signed.
 */
#include "server/page_token.h"

#include <string.h>

#define MAC_LEN 16

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void make_mac(const struct page_scope *scope, struct bytes position, uint8_t *mac)
{
        const struct bytes parts[] = {scope->method, scope->filter, scope->principal, position};
        uint8_t hash[SEAL_HASH_LEN];

        seal_hash(scope->keyring, SEAL_PAGE, parts, 4, hash);
        memcpy(mac, hash, MAC_LEN);
}

static char *to_text(struct arena *arena, struct bytes bytes)
{
        char *out = arena_alloc(arena, bytes.len * 4 / 3 + 4);
        size_t len = 0;
        uint32_t held = 0;
        int bits = 0;

        for (size_t i = 0; i < bytes.len; i++) {
                held = held << 8 | bytes.data[i];
                for (bits += 8; bits >= 6; bits -= 6)
                        out[len++] = digits[held >> (bits - 6) & 63];
        }
        if (bits > 0)
                out[len++] = digits[held << (6 - bits) & 63];
        return out;
}

static bool from_text(struct arena *arena, const char *text, struct bytes *out)
{
        uint8_t *data = arena_alloc(arena, strlen(text) + 1);
        size_t len = 0;
        uint32_t held = 0;
        int bits = 0;

        for (; *text != '\0'; text++) {
                const char *digit = strchr(digits, *text);

                if (digit == NULL)
                        return false;
                held = held << 6 | (uint32_t)(digit - digits);
                bits += 6;
                if (bits >= 8) {
                        bits -= 8;
                        data[len++] = (uint8_t)(held >> bits);
                }
        }
        *out = bytes_of(data, len);
        return true;
}

char *page_token_make(struct arena *arena, const struct page_scope *scope, struct bytes position)
{
        uint8_t *bytes = arena_alloc(arena, MAC_LEN + position.len);

        make_mac(scope, position, bytes);
        memcpy(bytes + MAC_LEN, position.data, position.len);
        return to_text(arena, bytes_of(bytes, MAC_LEN + position.len));
}

bool page_token_read(struct arena *arena, const struct page_scope *scope, const char *token,
        struct bytes *position)
{
        struct bytes bytes;
        uint8_t mac[MAC_LEN];

        if (!from_text(arena, token, &bytes) || bytes.len < MAC_LEN)
                return false;
        struct bytes rest = bytes_of(bytes.data + MAC_LEN, bytes.len - MAC_LEN);

        make_mac(scope, rest, mac);
        if (!seal_equal(mac, bytes.data, MAC_LEN))
                return false;
        *position = rest;
        return true;
}
