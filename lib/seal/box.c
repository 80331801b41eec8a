/*
 * Sealed bytes: XChaCha20-Poly1305 (IETF), preferred to AES-GCM for a nonce so long that it may be
 * made up. It follows from what is sealed, as in RFC 8452, instead of from chance: a handler that
 * is run twice then writes the same, and nothing has to be counted over restarts.
 */
#include <assert.h>
#include <sodium.h>
#include <string.h>
#include "lib/seal/keyring.h"
#include "lib/seal/wrap.h"

#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN   crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(NONCE_LEN + TAG_LEN == SEAL_OVERHEAD, "what sealing adds");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == SEAL_KEY_LEN, "an owner's key");

void seal_close(
        const uint8_t key[SEAL_KEY_LEN], struct bytes context, struct bytes plain, uint8_t *out)
{
        crypto_generichash_state state;
        const uint8_t len[2] = {(uint8_t)(context.len >> 8), (uint8_t)context.len};

        assert(context.len <= UINT16_MAX);
        crypto_generichash_init(&state, key, SEAL_KEY_LEN, NONCE_LEN);
        crypto_generichash_update(&state, len, sizeof(len));
        crypto_generichash_update(&state, context.data, context.len);
        crypto_generichash_update(&state, plain.data, plain.len);
        crypto_generichash_final(&state, out, NONCE_LEN);
        crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_LEN, NULL, plain.data, plain.len,
                context.data, context.len, NULL, out, key);
}

bool seal_open(
        const uint8_t key[SEAL_KEY_LEN], struct bytes context, struct bytes sealed, uint8_t *out)
{
        if (sealed.len < SEAL_OVERHEAD)
                return false;
        return crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.data + NONCE_LEN,
                       sealed.len - NONCE_LEN, context.data, context.len, sealed.data, key) == 0;
}

void seal_blind(const struct keyring *keyring, const char *text, uint8_t out[SEAL_BLIND_LEN])
{
        crypto_generichash_state state;
        uint8_t part[64] = {0};
        uint64_t text_len = strlen(text);
        size_t len = 0;

        crypto_generichash_init(
                &state, keyring_key(keyring, SEAL_BLIND), SEAL_KEY_LEN, SEAL_BLIND_LEN);
        for (; len < 8; len++)
                part[len] = (uint8_t)(text_len >> (56 - 8 * len));
        for (const char *c = text; *c != '\0'; c++) {
                part[len++] = (uint8_t)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
                if (len == sizeof(part)) {
                        crypto_generichash_update(&state, part, len);
                        len = 0;
                }
        }
        crypto_generichash_update(&state, part, len);
        crypto_generichash_final(&state, out, SEAL_BLIND_LEN);
}
