#pragma once
/* Argon2id (RFC 9106, version 19, one lane), for this folder only. */
#include <stdbool.h>
#include <stdint.h>

#define ARGON_SALT_LEN 16
#define ARGON_HASH_LEN 32

struct argon_cost {
        uint32_t memory_kib; /* up to SEAL_PASSWORD_KIB_MOST */
        uint32_t steps;
};

/* False: there is no memory for it now. At most two run at once; others wait. */
bool argon_hash(const char *password, const struct argon_cost *cost,
        const uint8_t salt[ARGON_SALT_LEN], uint8_t hash[ARGON_HASH_LEN]);
