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
/* The same under a name that several tokens share, which is then the caller's session_id. */
char *session_open_as(struct call *call, const char *id, const char *principal_id, uint32_t roles,
        int64_t ttl_ms);
/* Ends the token that the call came with, if any. */
void session_close(struct call *call);
/* Ends all tokens of a name. */
void session_close_as(struct call *call, const char *id);
/* Before a name gets its next token: the latest one ends in ttl_ms, for calls that are under way,
 * and stays known as expired; older ones are forgotten. */
void session_supersede(struct call *call, const char *id, int64_t ttl_ms);
/* Before a principal gets its next token: the latest one ends in ttl_ms (0: now), older ones now.
 */
void session_outlive(struct call *call, const char *principal_id, int64_t ttl_ms);
/* Ends all tokens of a principal; returns how many. */
size_t session_close_all(struct call *call, const char *principal_id);
/* Forgets those of a principal that have expired: for whoever opens the next. */
void session_forget_expired(struct call *call, const char *principal_id);
/* Ends all tokens of a principal but for those of one name. */
void session_close_others(struct call *call, const char *principal_id, const char *id);

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
