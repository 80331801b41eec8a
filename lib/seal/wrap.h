#pragma once
/*
 * Keys of owners. Each owner of personal data has a key of 32 random bytes; what is personal is
 * sealed under it, and destroying it destroys that everywhere at once. The key itself is stored
 * wrapped: sealed under a wrapping key, which derives from a master key and from a salt.
 *
 * Salts are in DIR/member.keys, a file of fixed slots that belongs to the data and to backups and
 * is worth nothing without master.key. A wrapping key is destroyed by overwriting its slot; from
 * then on no copy of what it wrapped, in a free page or an old log, opens any more. So an owner
 * who is forgotten is gone when all others were wrapped anew and the old wrapping key destroyed.
 *
 * All of it may be called by any thread.
 */
#include "lib/seal/seal.h"

#define SEAL_KEY_LEN     32
#define SEAL_OVERHEAD    40 /* nonce and tag */
#define SEAL_WRAPPED_LEN (SEAL_KEY_LEN + SEAL_OVERHEAD)
#define SEAL_BLIND_LEN   32
#define WRAP_FILE        "member.keys"

/* The number of the newest wrapping key, 0 where there is none. */
uint64_t keyring_wrap(const struct keyring *keyring);
/* The master key that a wrapping key derives from; 0: there is no such wrapping key. */
uint64_t keyring_wrap_master(const struct keyring *keyring, uint64_t number);

enum wrap_master { WRAP_SAME_MASTER, WRAP_NEW_MASTER };
/*
 * Sees to it that there is a wrapping key newer than number: made, and durable, unless there is
 * one already, so that who is killed may ask again. UNAVAILABLE, KEYS_HELD while a backup runs, or
 * KEY_FILE_FAILED; RESOURCE_EXHAUSTED, TOO_MANY_KEYS.
 */
enum status keyring_wrap_after(const struct keyring *keyring, uint64_t number,
        enum wrap_master master, uint64_t *newest, struct error *error);
/* Destroys all wrapping keys older than number, and master keys but the root that none of the
 * others needs. A process that has them keeps them for the snapshots that still read with them. */
enum status keyring_wrap_retire(
        const struct keyring *keyring, uint64_t number, struct error *error);

/* Between the two no wrapping key is made or destroyed. */
void keyring_hold(const struct keyring *keyring);
void keyring_unhold(const struct keyring *keyring);
/* A copy of member.keys in another directory, synced; nothing where there is no file. */
enum status keyring_wrap_copy(const struct keyring *keyring, const char *dir, struct error *error);

/* Wraps an owner's key with the newest wrapping key, whose number it returns. The same key gives
 * the same bytes. */
uint64_t seal_wrap(const struct keyring *keyring, struct bytes owner,
        const uint8_t key[SEAL_KEY_LEN], uint8_t out[SEAL_WRAPPED_LEN]);
/* False when there is no such wrapping key or anything was changed. */
bool seal_unwrap(const struct keyring *keyring, uint64_t number, struct bytes owner,
        struct bytes wrapped, uint8_t key[SEAL_KEY_LEN]);

/* XChaCha20-Poly1305; the context is authenticated. out has room for plain.len + SEAL_OVERHEAD. The
 * nonce is a keyed hash of context and plain: all that equal bytes tell is that the same was sealed
 * for the same context again. */
void seal_close(
        const uint8_t key[SEAL_KEY_LEN], struct bytes context, struct bytes plain, uint8_t *out);
/* out has room for sealed.len - SEAL_OVERHEAD. False when anything was changed. */
bool seal_open(
        const uint8_t key[SEAL_KEY_LEN], struct bytes context, struct bytes sealed, uint8_t *out);

/* Stands for a personal text in an index: keyed BLAKE2b of its folded form (A to Z as a to z). The
 * same text gives the same bytes, and nobody without the key can try texts. */
void seal_blind(const struct keyring *keyring, const char *text, uint8_t out[SEAL_BLIND_LEN]);
