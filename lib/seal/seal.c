/*
 * Hashes. Every part of a keyed hash is preceded by its length, so that ("ab", "c") and
 * ("a", "bc") differ. A MAC is SipHash of the key and the SipHash of the row: two short runs
 * instead of one over a copy of both, for libsodium hashes only what lies in one piece. A row's
 * checksum is XXH3 in the same way, a quarter of the instructions: it is there for bits that fall
 * over; for those who write rows on purpose there are the chains.
 */
#define XXH_INLINE_ALL
#include "lib/seal/seal.h"
#include <assert.h>
#include <sodium.h>
#include <xxhash.h>
#include "lib/seal/keyring.h"

_Static_assert(crypto_shorthash_BYTES == 8, "a checksum has 8 bytes");
_Static_assert(ROW_SECRET_LEN >= XXH3_SECRET_SIZE_MIN, "XXH3 takes as much");

static void put_u64(uint8_t out[8], uint64_t number)
{
        for (int i = 0; i < 8; i++)
                out[i] = (uint8_t)(number >> (56 - 8 * i));
}

void seal_random(void *out, size_t len)
{
        int ready = sodium_init();

        assert(ready >= 0);
        randombytes_buf(out, len);
}

void seal_hash(const struct keyring *keyring, enum seal_purpose purpose, const struct bytes *parts,
        size_t count, uint8_t out[SEAL_HASH_LEN])
{
        crypto_generichash_state state;
        uint8_t len[8];

        crypto_generichash_init(&state, keyring_key(keyring, purpose), 32, SEAL_HASH_LEN);
        for (size_t i = 0; i < count; i++) {
                put_u64(len, parts[i].len);
                crypto_generichash_update(&state, len, sizeof(len));
                if (parts[i].len > 0)
                        crypto_generichash_update(&state, parts[i].data, parts[i].len);
        }
        crypto_generichash_final(&state, out, SEAL_HASH_LEN);
}

uint64_t seal_row(const struct keyring *keyring, uint16_t table, struct bytes key, struct bytes row)
{
        uint64_t sum = XXH3_64bits_withSecret(
                row.data, row.len, keyring_row_secret(keyring), ROW_SECRET_LEN);

        return XXH3_64bits_withSeed(key.data, key.len, sum ^ table);
}

uint64_t seal_mac(const struct keyring *keyring, uint16_t table, struct bytes key, struct bytes row)
{
        const uint8_t *secret = keyring_key(keyring, SEAL_MAC);
        uint8_t head[2 + 8 + 512];
        uint8_t sum[8];
        uint64_t number = 0;

        assert(key.len <= 512);
        head[0] = (uint8_t)(table >> 8);
        head[1] = (uint8_t)table;
        crypto_shorthash(head + 2, row.data, row.len, secret);
        if (key.len > 0)
                memcpy(head + 10, key.data, key.len);
        crypto_shorthash(sum, head, 10 + key.len, secret);
        for (int i = 0; i < 8; i++)
                number = number << 8 | sum[i];
        return number;
}

bool seal_row_is(const struct keyring *keyring, uint16_t table, struct bytes key, struct bytes row,
        uint64_t checksum)
{
        return seal_row(keyring, table, key, row) == checksum ||
               seal_mac(keyring, table, key, row) == checksum;
}

void seal_chain(
        const uint8_t previous[SEAL_HASH_LEN], struct bytes data, uint8_t out[SEAL_HASH_LEN])
{
        crypto_generichash_state state;

        crypto_generichash_init(&state, NULL, 0, SEAL_HASH_LEN);
        crypto_generichash_update(&state, previous, SEAL_HASH_LEN);
        if (data.len > 0)
                crypto_generichash_update(&state, data.data, data.len);
        crypto_generichash_final(&state, out, SEAL_HASH_LEN);
}

_Static_assert(sizeof(XXH128_canonical_t) == SEAL_NAME_LEN, "a name is 128 bits");

void seal_name(struct bytes bytes, uint8_t out[SEAL_NAME_LEN])
{
        XXH128_canonical_t name;

        XXH128_canonicalFromHash(&name, XXH3_128bits(bytes.data, bytes.len));
        memcpy(out, &name, sizeof(name));
}

bool seal_equal(const void *a, const void *b, size_t len)
{
        return sodium_memcmp(a, b, len) == 0;
}

void seal_token_text(const uint8_t token[SEAL_TOKEN_LEN], char out[SEAL_TOKEN_TEXT_LEN + 1])
{
        sodium_bin2base64(out, SEAL_TOKEN_TEXT_LEN + 1, token, SEAL_TOKEN_LEN,
                sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool seal_token_parse(const char *text, uint8_t out[SEAL_TOKEN_LEN])
{
        uint8_t token[SEAL_TOKEN_LEN];
        size_t len = 0;
        const char *end = NULL;

        if (strlen(text) != SEAL_TOKEN_TEXT_LEN)
                return false;
        if (sodium_base642bin(token, sizeof(token), text, SEAL_TOKEN_TEXT_LEN, NULL, &len, &end,
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
                return false;
        if (len != SEAL_TOKEN_LEN || end != text + SEAL_TOKEN_TEXT_LEN)
                return false;
        memcpy(out, token, SEAL_TOKEN_LEN);
        return true;
}
