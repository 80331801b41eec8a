#pragma once
/* member.keys, for this folder only: the salts of wrapping keys, in slots that are overwritten. */
#include "lib/seal/seal.h"

#define WRAP_SLOTS    8
#define WRAP_SALT_LEN 32

struct wrap_slot {
        uint64_t number; /* 0: free */
        uint64_t master;
        uint8_t salt[WRAP_SALT_LEN];
};

/* All slots; those that hold nothing whole are free. No file is no slot in use. */
enum status wrap_file_read(const struct keyring *keyring, const char *dir,
        struct wrap_slot slots[WRAP_SLOTS], struct error *error);
/* Overwrites one slot, or makes the file with it; durable when it returns. */
enum status wrap_file_write(const struct keyring *keyring, const char *dir, size_t at,
        const struct wrap_slot *slot, struct error *error);
enum status wrap_file_copy(const char *dir, const char *to, struct error *error);
