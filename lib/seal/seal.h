#pragma once
/*
 * Everything that needs a secret: tokens, passwords, keyed hashes, checksums, the hash chain.
 * The only place with <sodium.h>. The master key is a file of 32 random bytes, DIR/master.key
 * (0600), made on first start; every use has a subkey of its own (libsodium's crypto_kdf). After
 * its rotation the file holds a further key, which wraps the keys of owners (lib/seal/wrap.h).
 */
#include <stdbool.h>
#include <stdint.h>
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/status.h"

struct keyring;

/* Opens DIR/master.key, or makes it where create is meant. UNAVAILABLE when it cannot be read,
 * FAILED_PRECONDITION when others may read it, or MASTER_KEY_OLD when it is a copy from before a
 * rotation. */
enum keyring_mode { KEYRING_OPEN, KEYRING_CREATE };
enum status keyring_open(
        struct keyring **out, const char *dir, enum keyring_mode mode, struct error *error);
/* A keyring from a fixed seed, for tests and simulations. */
struct keyring *keyring_from_seed(uint64_t seed);
void keyring_close(struct keyring *keyring);

/* What a subkey is for. Numbers are part of the stored format. */
enum seal_purpose {
        SEAL_MAC = 1,      /* SipHash-2-4 of small records */
        SEAL_TOKEN = 2,    /* BLAKE2b of session tokens and service keys */
        SEAL_REQUEST = 3,  /* BLAKE2b of request ids and requests */
        SEAL_PAGE = 4,     /* MAC of page tokens */
        SEAL_ANSWER = 5,   /* sealed answers of secret methods */
        SEAL_BLIND = 6,    /* blind index of e-mail addresses and phone numbers */
        SEAL_CALLBACK = 7, /* MAC of gateway answers */
        SEAL_SIGN = 8,     /* seed of the Ed25519 key of exported heads */
        SEAL_ROW = 9,      /* XXH3 of rows */
};

#define SEAL_HASH_LEN  32
#define SEAL_TOKEN_LEN 32

/* Real randomness. */
void seal_random(void *out, size_t len);

/* Keyed BLAKE2b-256 over the parts, each preceded by its length. */
void seal_hash(const struct keyring *keyring, enum seal_purpose purpose, const struct bytes *parts,
        size_t count, uint8_t out[SEAL_HASH_LEN]);
/* The checksum of a row, over table number, key and row: XXH3 with a secret, which notices what
 * became different, and is no MAC. */
uint64_t seal_row(
        const struct keyring *keyring, uint16_t table, struct bytes key, struct bytes row);
/* The same as a MAC, SipHash-2-4, for what is small. */
uint64_t seal_mac(
        const struct keyring *keyring, uint16_t table, struct bytes key, struct bytes row);
/* Is this a row's checksum? That of a row from before XXH3 is its MAC. */
bool seal_row_is(const struct keyring *keyring, uint16_t table, struct bytes key, struct bytes row,
        uint64_t checksum);
/* Unkeyed BLAKE2b-256 of previous ++ data: one link of the chain. */
void seal_chain(
        const uint8_t previous[SEAL_HASH_LEN], struct bytes data, uint8_t out[SEAL_HASH_LEN]);
/* XXH3 of 128 bits (Yann Collet), without a key: a name for bytes that nobody gains by forging. */
#define SEAL_NAME_LEN 16
void seal_name(struct bytes bytes, uint8_t out[SEAL_NAME_LEN]);
bool seal_equal(const void *a, const void *b, size_t len); /* in constant time */

/* The hash of a row of a chained log, for others to keep and to check without our keys: Ed25519
 * over "shop audit head 1", number, hash in hexadecimal and time, a line each. */
#define SEAL_PUBLIC_LEN    32
#define SEAL_SIGNATURE_LEN 64
struct seal_head {
        uint64_t number;
        uint8_t hash[SEAL_HASH_LEN];
        int64_t time_us;
        uint8_t public_key[SEAL_PUBLIC_LEN];
        uint8_t signature[SEAL_SIGNATURE_LEN];
};
/* Sets key and signature. */
void seal_head_sign(const struct keyring *keyring, struct seal_head *head);
bool seal_head_signed(const struct seal_head *head);

/* Argon2id in libsodium's text, of two passes over so much memory; with the most as libsodium's
 * interactive limits, tens of milliseconds. Never on the writer thread. At most two run at once;
 * others wait. NULL: there is no memory for it now. */
#define SEAL_PASSWORD_KIB_LEAST 8 /* the algorithm's own least: for tests */
#define SEAL_PASSWORD_KIB_MOST  65536
char *seal_password(const char *password, uint32_t memory_kib, struct arena *arena);
enum seal_match { SEAL_MATCHES, SEAL_DIFFERS, SEAL_NO_MEMORY };
enum seal_match seal_password_match(const char *stored, const char *password);
/* Gives back what memory is kept for the next password; that one then waits for it to be made. */
void seal_password_rest(void);

/* 32 bytes as 43 characters of URL-safe base64 and back. */
#define SEAL_TOKEN_TEXT_LEN 43
void seal_token_text(const uint8_t token[SEAL_TOKEN_LEN], char out[SEAL_TOKEN_TEXT_LEN + 1]);
/* False, out untouched, when the text is not such a token. */
bool seal_token_parse(const char *text, uint8_t out[SEAL_TOKEN_LEN]);
