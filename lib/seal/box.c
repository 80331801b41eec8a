/*
 * Sealed bytes: XChaCha20-Poly1305 (IETF). Its nonce of 24 bytes may be random for ever, so no
 * counter has to survive a restart, which is why it was preferred to AES-GCM.
 */
#include <sodium.h>
#include "lib/seal/keyring.h"
#include "lib/seal/seal.h"

#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN   crypto_aead_xchacha20poly1305_ietf_ABYTES

struct bytes seal_close(const struct keyring *keyring, enum seal_purpose purpose,
        struct bytes context, struct bytes plain, struct arena *arena)
{
        uint8_t *sealed = arena_alloc(arena, NONCE_LEN + plain.len + TAG_LEN);

        randombytes_buf(sealed, NONCE_LEN);
        crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE_LEN, NULL, plain.data, plain.len,
                context.data, context.len, NULL, sealed, keyring_key(keyring, purpose));
        return bytes_of(sealed, NONCE_LEN + plain.len + TAG_LEN);
}

struct bytes seal_open(const struct keyring *keyring, enum seal_purpose purpose,
        struct bytes context, struct bytes sealed, struct arena *arena)
{
        if (sealed.len < NONCE_LEN + TAG_LEN)
                return bytes_of(NULL, 0);
        size_t len = sealed.len - NONCE_LEN - TAG_LEN;
        uint8_t *plain = arena_alloc(arena, len + 1);
        if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed.data + NONCE_LEN,
                    sealed.len - NONCE_LEN, context.data, context.len, sealed.data,
                    keyring_key(keyring, purpose)) != 0)
                return bytes_of(NULL, 0);
        return bytes_of(plain, len);
}
