#pragma once
/*
 * Names of rows. 128 bits laid out as a UUIDv7 (RFC 9562: 48 bits of milliseconds, then random)
 * and written as 26 digits of Crockford's base 32 in lower case, so that text order is time order.
 * A request id is the same 128 bits written as a UUID of 36 characters.
 */
#include <stdbool.h>
#include <stdint.h>
#include "lib/base/random.h"

#define ID_LEN         26
#define REQUEST_ID_LEN 36

/* out holds ID_LEN + 1 bytes. */
void id_make(int64_t time_us, struct random *random, char *out);

/* out holds REQUEST_ID_LEN + 1 bytes. */
void request_id_make(int64_t time_us, struct random *random, char *out);
/* True for a well-formed UUIDv7 in lower case (one spelling, since ids are compared as text); its
 * time goes to time_ms (may be NULL). */
bool request_id_check(const char *text, int64_t *time_ms);
