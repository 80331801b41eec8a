/*
 * One master key, one subkey for each purpose, derived once when the keyring is opened: a MAC of
 * a page token then costs no derivation, and a leak of one subkey tells nothing about another.
 * All of it lies in memory that libsodium guards, locks and leaves out of core dumps. A file for
 * each purpose was refused: one file can be copied to a safe place, seven get lost. Keys of owners
 * are wrapped by keys that change (lib/seal/wrap.h); these here stay with the root for ever, since
 * every checksum, token and page was made with them.
 */
#include "lib/seal/keyring.h"
#include <assert.h>
#include <sodium.h>
#include "lib/seal/wrap_ring.h"

#define SUBKEY_LEN    32
#define PURPOSE_COUNT (SEAL_ROW + 1)
#define CONTEXT       "shopkeys" /* part of the stored format */

struct keyring {
        uint8_t keys[PURPOSE_COUNT][SUBKEY_LEN];
        uint8_t row_secret[ROW_SECRET_LEN];
        struct wraps *wraps;
};

struct wraps *keyring_wraps(const struct keyring *keyring)
{
        return keyring->wraps;
}

const uint8_t *keyring_key(const struct keyring *keyring, enum seal_purpose purpose)
{
        assert(purpose > 0 && purpose < PURPOSE_COUNT);
        return keyring->keys[purpose];
}

const uint8_t *keyring_row_secret(const struct keyring *keyring)
{
        return keyring->row_secret;
}

static enum status keyring_make(
        struct keyring **out, const char *dir, const struct masters *masters, struct error *error)
{
        struct keyring *keyring = sodium_malloc(sizeof(*keyring));

        assert(keyring != NULL);
        for (uint64_t purpose = 0; purpose < PURPOSE_COUNT; purpose++)
                crypto_kdf_derive_from_key(
                        keyring->keys[purpose], SUBKEY_LEN, purpose, CONTEXT, masters->at[0].key);
        randombytes_buf_deterministic(keyring->row_secret, ROW_SECRET_LEN, keyring->keys[SEAL_ROW]);
        keyring->wraps = NULL;
        enum status status = wraps_open(&keyring->wraps, keyring, dir, masters, error);
        if (status != OK) {
                sodium_free(keyring);
                return status;
        }
        sodium_mprotect_readonly(keyring);
        *out = keyring;
        return OK;
}

enum status keyring_open(
        struct keyring **out, const char *dir, enum keyring_mode mode, struct error *error)
{
        struct masters masters;

        if (sodium_init() < 0)
                return error_set(error, UNAVAILABLE, "KEY_FILE_FAILED", "libsodium does not start");
        enum status status = master_read(dir, &masters, error);
        if (status == NOT_FOUND && mode == KEYRING_CREATE) {
                status = master_create(dir, error);
                if (status == OK)
                        status = master_read(dir, &masters, error);
        }
        if (status == OK)
                status = keyring_make(out, dir, &masters, error);
        sodium_memzero(&masters, sizeof(masters));
        return status == NOT_FOUND ? UNAVAILABLE : status;
}

struct keyring *keyring_from_seed(uint64_t seed)
{
        struct masters masters = {.count = 1, .at[0].number = MASTER_ROOT};
        struct keyring *keyring = NULL;
        int ready = sodium_init();

        assert(ready >= 0);
        for (int i = 0; i < 8; i++)
                masters.at[0].key[i] = (uint8_t)(seed >> (8 * i));
        enum status status = keyring_make(&keyring, NULL, &masters, NULL);
        assert(status == OK);
        return keyring;
}

void keyring_close(struct keyring *keyring)
{
        wraps_close(keyring->wraps);
        sodium_free(keyring);
}
