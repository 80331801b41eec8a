/*
 * Signatures that outsiders can check: a MAC would have to be checked by whoever holds our key, and
 * they are whom it is to keep honest. The key pair follows from the master key, so there is no
 * second file to keep, and a shop that was restored signs as before.
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include "lib/seal/keyring.h"
#include "lib/seal/seal.h"

#define TEXT_MAX 160

_Static_assert(crypto_sign_SEEDBYTES == 32, "a subkey is a seed");
_Static_assert(crypto_sign_PUBLICKEYBYTES == SEAL_PUBLIC_LEN, "keys have 32 bytes");
_Static_assert(crypto_sign_BYTES == SEAL_SIGNATURE_LEN, "signatures have 64 bytes");

static struct bytes head_text(const struct seal_head *head, char out[TEXT_MAX])
{
        char hex[2 * SEAL_HASH_LEN + 1];

        bytes_to_hex(bytes_of(head->hash, SEAL_HASH_LEN), hex);
        int len = snprintf(out, TEXT_MAX, "shop audit head 1\n%" PRIu64 "\n%s\n%" PRId64 "\n",
                head->number, hex, head->time_us);

        return bytes_of(out, (size_t)len);
}

void seal_head_sign(const struct keyring *keyring, struct seal_head *head)
{
        uint8_t secret[crypto_sign_SECRETKEYBYTES];
        char text[TEXT_MAX];
        struct bytes signed_text = head_text(head, text);

        crypto_sign_seed_keypair(head->public_key, secret, keyring_key(keyring, SEAL_SIGN));
        crypto_sign_detached(head->signature, NULL, signed_text.data, signed_text.len, secret);
        sodium_memzero(secret, sizeof(secret));
}

bool seal_head_signed(const struct seal_head *head)
{
        char text[TEXT_MAX];
        struct bytes signed_text = head_text(head, text);

        return sodium_init() >= 0 && crypto_sign_verify_detached(head->signature, signed_text.data,
                                             signed_text.len, head->public_key) == 0;
}
