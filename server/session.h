#pragma once
/*
 * Tokens that callers come with. A token is 256 bits that only its holder has; the store keeps a
 * keyed hash. Opening and closing happen in the call's own transaction, so a closed token is
 * refused from the next call on. Expiry is by the machine's clock: a simulated year does not sign
 * everybody out.
 */
#include "server/call.h"
#include "server/grants.h"

#define SESSION_FOREVER INT64_C(0)
/* As roles: none of its own, but the posts that the principal, of staff, is granted at each call.
 */
#define SESSION_BY_GRANT UINT32_C(1)

/* roles: bits 1 << enum role. ttl_ms: from now, or SESSION_FOREVER. The token's text is the
 * call's. Never log it; the method needs secret: true in the contract. */
char *session_open(struct call *call, const char *principal_id, uint32_t roles, int64_t ttl_ms);
/* Ends the session that the call came with, if any. */
void session_close(struct call *call);
/* The same in ttl_ms, unless it ends before: a caller whose answer was lost can still ask again. */
void session_close_in(struct call *call, int64_t ttl_ms);
/* Ends all sessions of a principal; returns how many. */
size_t session_close_all(struct call *call, const char *principal_id);

/* Who calls with this token now: for a guest whose token comes as a field of a request. NULL when
 * it is unknown or expired. scope is not set. */
struct caller *session_caller(struct call *call, const char *token);

/* What a session's roles are worth now: bits 1 << enum role, and which of them are narrowed. */
struct posts session_posts(
        struct txn *txn, const char *principal_id, uint32_t roles, int64_t now_us);

/* The machine's time when the call began, by which sessions end. */
int64_t session_now_us(const struct call *call);

/* session_open outside a call, with a given token that never expires: the administrator's. */
struct keyring;
void session_open_for(struct txn *txn, const struct keyring *keyring, const char *token,
        const char *principal_id, uint32_t roles);
/* session_close_all outside a call. */
size_t session_close_for(struct txn *txn, const char *principal_id);
