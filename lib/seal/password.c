/*
 * Passwords: Argon2id in the text form of libsodium's crypto_pwhash_str, which carries its salt and
 * cost. The text is the only state, so the cost can be changed and old passwords still match, in
 * the time that theirs take.
 *
 * Refused: libsodium's function itself. It takes a fifth less of the processor's time, but maps its
 * memory anew for each password, which other threads of the process wait for (argon.c).
 */
#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include "lib/seal/argon.h"
#include "lib/seal/seal.h"

#define BASE64        sodium_base64_VARIANT_ORIGINAL_NO_PADDING
#define SALT_TEXT_LEN 22
#define HASH_TEXT_LEN 43
#define STEPS         2

struct stored {
        struct argon_cost cost;
        uint8_t salt[ARGON_SALT_LEN];
        uint8_t hash[ARGON_HASH_LEN];
};

static char *stored_text(const struct stored *stored, struct arena *arena)
{
        char salt[SALT_TEXT_LEN + 1], hash[HASH_TEXT_LEN + 1];

        sodium_bin2base64(salt, sizeof(salt), stored->salt, sizeof(stored->salt), BASE64);
        sodium_bin2base64(hash, sizeof(hash), stored->hash, sizeof(stored->hash), BASE64);
        return arena_printf(arena, "$argon2id$v=19$m=%" PRIu32 ",t=%" PRIu32 ",p=1$%s$%s",
                stored->cost.memory_kib, stored->cost.steps, salt, hash);
}

static bool read_base64(const char *text, uint8_t *out, size_t size)
{
        size_t len;

        return sodium_base642bin(out, size, text, strlen(text), NULL, &len, NULL, BASE64) == 0 &&
               len == size;
}

static bool stored_read(const char *text, struct stored *stored)
{
        struct argon_cost *cost = &stored->cost;
        char salt[SALT_TEXT_LEN + 1], hash[HASH_TEXT_LEN + 1];
        int end = 0;

        if (sscanf(text, "$argon2id$v=19$m=%" SCNu32 ",t=%" SCNu32 ",p=1$%22[^$]$%43[^$]%n",
                    &cost->memory_kib, &cost->steps, salt, hash, &end) != 4 ||
                text[end] != '\0')
                return false;
        return cost->memory_kib >= SEAL_PASSWORD_KIB_LEAST &&
               cost->memory_kib <= SEAL_PASSWORD_KIB_MOST && cost->steps > 0 &&
               read_base64(salt, stored->salt, sizeof(stored->salt)) &&
               read_base64(hash, stored->hash, sizeof(stored->hash));
}

char *seal_password(const char *password, uint32_t memory_kib, struct arena *arena)
{
        struct stored stored = {.cost = {memory_kib, STEPS}};

        seal_random(stored.salt, sizeof(stored.salt));
        if (!argon_hash(password, &stored.cost, stored.salt, stored.hash))
                return NULL;
        return stored_text(&stored, arena);
}

enum seal_match seal_password_match(const char *text, const char *password)
{
        uint8_t hash[ARGON_HASH_LEN];
        struct stored stored;

        if (!stored_read(text, &stored))
                return SEAL_DIFFERS;
        if (!argon_hash(password, &stored.cost, stored.salt, hash))
                return SEAL_NO_MEMORY;
        return seal_equal(hash, stored.hash, sizeof(hash)) ? SEAL_MATCHES : SEAL_DIFFERS;
}
