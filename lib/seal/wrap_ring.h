#pragma once
/* The wrapping keys of a keyring, for this folder only. */
#include "lib/seal/master.h"
#include "lib/seal/wrap.h"

struct wraps;

/* dir NULL: nothing is kept in a file and all salts are zero, for tests. Takes a copy of masters.
 * The keyring must be able to give its subkeys already. */
enum status wraps_open(struct wraps **out, const struct keyring *keyring, const char *dir,
        const struct masters *masters, struct error *error);
void wraps_close(struct wraps *wraps);
struct wraps *keyring_wraps(const struct keyring *keyring);
