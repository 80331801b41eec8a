#pragma once
/* The subkeys of a keyring, for this folder only. */
#include "lib/seal/seal.h"

/* 32 bytes in guarded memory, valid as long as the keyring. */
const uint8_t *keyring_key(const struct keyring *keyring, enum seal_purpose purpose);
/* The same, drawn out to as much as XXH3 takes. */
#define ROW_SECRET_LEN 192
const uint8_t *keyring_row_secret(const struct keyring *keyring);
