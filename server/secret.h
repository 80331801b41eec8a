#pragma once
/*
 * What a handler may do with secrets without seeing a key.
 */
#include "lib/base/bytes.h"
#include "lib/seal/seal.h"
#include "server/call.h"

#define SECRET_BLIND_LEN 32

/* A keyed hash that stands for a text in a key, the one that it has in blind indexes: the same
 * text, whatever its case, gives the same hash, and nobody without the shop's key can try texts
 * against it. The result is the call's. */
struct bytes secret_blind(struct call *call, const char *text);

/* Real randomness: nobody can guess it, and yet it is the same in both runs of a handler. */
#define SECRET_RANDOM_LEN 32
void secret_random(struct call *call, uint8_t out[SECRET_RANDOM_LEN]);
/* The same as 43 characters of URL-safe base64; the call's. */
char *secret_text(struct call *call);
/* A keyed hash of 32 bytes over a text, by what it is for: shows that a text is one that the shop
 * made, and stands for a secret where only somebody who has it must find it. The call's. */
struct bytes secret_mac(struct call *call, const char *what, const char *text);
/* In constant time for texts of one length. */
bool secret_equal(struct bytes a, struct bytes b);

/* The number of the wrapping key that new keys of owners are wrapped with. */
uint64_t secret_wrap(const struct call *call);

/* Argon2id, tens of milliseconds: in prepare steps only, after call_leave_snapshot. The result is
 * the call's; NULL with the error set (NO_MEMORY). */
char *secret_password(struct call *call, const char *password);
/* OK, or the same error. stored NULL: there is no such account; it does not match, after as long as
 * it would have taken. */
enum status secret_password_match(
        struct call *call, const char *stored, const char *password, bool *matches);

/* Signs the head of a chained log with the shop's key. */
void secret_sign_head(struct call *call, struct seal_head *head);
