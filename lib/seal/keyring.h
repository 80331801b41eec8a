#pragma once
/* The subkeys of a keyring, for this folder only. */
#include "lib/seal/seal.h"

/* 32 bytes in guarded memory, valid as long as the keyring. */
const uint8_t *keyring_key(const struct keyring *keyring, enum seal_purpose purpose);
