/*
 * A lock answers at once, right password or wrong; it grows twice as long with every further
 * mistake, up to an hour, so that guessing is slow and forgetting is not punished. Rows of what was
 * long ago are swept away a few at a time by whoever makes the next mistake.
 *
 * Service keys, and proxies on this machine, carry the calls of others: their address is nobody's,
 * and is not counted.
 */
#include "server/lockout.h"

#include <inttypes.h>
#include <string.h>
#include "internal.rows.h"
#include "server/secret.h"
#include "server/session.h"

#define FAILURES_FREE 4 /* of an account: those that cost nothing but themselves */
#define LOCK_FIRST_MS INT64_C(30000)
#define LOCK_MOST_MS  INT64_C(3600000)
#define FORGET_US     INT64_C(86400000000)
#define SWEEP_ROWS    4

int64_t lockout_ms(int64_t failures, int64_t free_failures)
{
        int64_t ms = LOCK_FIRST_MS;

        if (failures <= free_failures)
                return 0;
        for (int64_t i = free_failures + 1; i < failures && ms < LOCK_MOST_MS; i++)
                ms *= 2;
        return ms < LOCK_MOST_MS ? ms : LOCK_MOST_MS;
}

static struct bytes hash_of(struct call *call, const char *what, const char *text)
{
        return secret_blind(call, call_printf(call, "lockout:%s:%s", what, text));
}

/* From there come the calls that a proxy carries, and those of tests. */
static bool is_this_machine(const char *peer)
{
        return strncmp(peer, "127.", 4) == 0 || strcmp(peer, "::/64") == 0;
}

struct bytes lockout_peer(struct call *call)
{
        const uint32_t people = 1u << ROLE_ANYONE | 1u << ROLE_GUEST | 1u << ROLE_MEMBER;
        const char *peer = call_peer(call);

        if (peer[0] == '\0' || is_this_machine(peer) || (call->caller->roles & ~people) != 0)
                return (struct bytes){0};
        return hash_of(call, "address", peer);
}

static enum status check(struct call *call, struct bytes key, const char *reason, const char *text)
{
        const Lockout *row = lockout_get(call->txn, key);
        int64_t left_us = row == NULL ? 0 : time_us(row->locked_until) - session_now_us(call);

        if (left_us <= 0)
                return OK;
        call_fail(call, PERMISSION_DENIED, reason, "%s; try again later", text);
        call->error.retry_after_ms = (left_us + 999) / 1000;
        call_fact(call, "retry_after_ms", "%" PRId64, call->error.retry_after_ms);
        return call->error.code;
}

enum status lockout_check(struct call *call, const char *account)
{
        struct bytes peer = lockout_peer(call);
        enum status status = check(call, hash_of(call, "account", account), "ACCOUNT_LOCKED",
                "too many wrong passwords or codes");

        if (status != OK || peer.data == NULL || call->terms->address_mistakes == 0)
                return status;
        return check(call, peer, "ADDRESS_LOCKED",
                "too many wrong passwords or codes from this address");
}

static void sweep(struct call *call)
{
        struct scan *scan = lockout_all_by_forget_time(call->txn);
        const Lockout *row;

        for (int i = 0; i < SWEEP_ROWS && (row = lockout_next(scan)) != NULL &&
                        time_us(row->forget_time) <= session_now_us(call);
                i++)
                lockout_delete(call->txn, bytes_of(row->subject_hash.data, row->subject_hash.len));
}

static ProtobufCBinaryData data_of(struct bytes bytes)
{
        return (ProtobufCBinaryData){.len = bytes.len, .data = (uint8_t *)bytes.data};
}

/* One more under this key. */
static int32_t count(struct call *call, struct bytes key, struct bytes peer, int64_t free_failures)
{
        Lockout *row = lockout_get(call->txn, key);
        bool new = row == NULL;

        if (new || time_us(row->forget_time) <= session_now_us(call)) {
                row = call_new(call, Lockout);
                *row = (Lockout)LOCKOUT_INIT;
                row->subject_hash = data_of(key);
                row->peer_hash = data_of(peer);
        }
        if (!bytes_equal(bytes_of(row->peer_hash.data, row->peer_hash.len), peer))
                row->peer_hash = (ProtobufCBinaryData){0};
        if (row->failures < INT32_MAX)
                row->failures++;
        int64_t lock_ms = lockout_ms(row->failures, free_failures);

        if (lock_ms > 0)
                row->locked_until = call_time(call, session_now_us(call) + lock_ms * 1000);
        row->forget_time = call_time(call, session_now_us(call) + FORGET_US);
        if (new)
                lockout_insert(call->txn, row);
        else
                lockout_update(call->txn, row);
        return row->failures;
}

int32_t lockout_count(struct call *call, const char *account)
{
        struct bytes peer = lockout_peer(call);

        sweep(call);
        if (peer.data != NULL && call->terms->address_mistakes > 0)
                count(call, peer, peer, call->terms->address_mistakes);
        return count(call, hash_of(call, "account", account), peer, FAILURES_FREE);
}

void lockout_forget(struct call *call, const char *account)
{
        struct bytes key = hash_of(call, "account", account);
        const Lockout *row = lockout_get(call->txn, key);

        if (row != NULL &&
                bytes_equal(bytes_of(row->peer_hash.data, row->peer_hash.len), lockout_peer(call)))
                lockout_delete(call->txn, key);
}
