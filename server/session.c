/*
 * Sessions are rows whose key is the token's keyed hash, so finding one is one read and a stolen
 * database holds no token. One table for members, guests and programs: a call looks once, whoever
 * it comes from. Refused: signed tokens that need no row, since ending one would have to wait
 * until it expires.
 */
#include "server/session.h"

#include <string.h>
#include "internal.rows.h"
#include "server/secret.h"
#include "server/work.h"

#define ROW_ID_DIGITS 16

static void hash_token(
        const struct keyring *keyring, struct bytes token, uint8_t hash[SEAL_HASH_LEN])
{
        seal_hash(keyring, SEAL_TOKEN, &token, 1, hash);
}

static void name_session(const uint8_t hash[SEAL_HASH_LEN], char out[ROW_ID_DIGITS + 1])
{
        bytes_to_hex(bytes_of(hash, ROW_ID_DIGITS / 2), out);
}

char *session_open_as(
        struct call *call, const char *id, const char *principal_id, uint32_t roles, int64_t ttl_ms)
{
        uint8_t hash[SEAL_HASH_LEN];
        char *text = secret_text(call);
        char digits[ROW_ID_DIGITS + 1];
        size_t before = txn_change_count(call->txn);
        int64_t now_us = call->private->real_us;
        Session session = SESSION_INIT;

        hash_token(call->private->pipeline->options.keyring, bytes_of_text(text), hash);
        name_session(hash, digits);
        session.token_hash = (ProtobufCBinaryData){.len = sizeof(hash), .data = hash};
        session.id = id[0] == '\0' ? digits : id;
        session.principal_id = principal_id;
        session.roles = roles;
        session.create_time = call_time(call, now_us);
        if (ttl_ms != SESSION_FOREVER)
                session.expire_time = call_time(call, now_us + ttl_ms * 1000);
        session_insert(call->txn, &session);
        call->private->exempt_changes += txn_change_count(call->txn) - before;
        return text;
}

char *session_open(struct call *call, const char *principal_id, uint32_t roles, int64_t ttl_ms)
{
        return session_open_as(call, "", principal_id, roles, ttl_ms);
}

void session_close(struct call *call)
{
        uint8_t hash[SEAL_HASH_LEN];
        size_t before = txn_change_count(call->txn);
        struct bytes token = call->private->work->rpc->token;

        if (token.len == 0)
                return;
        hash_token(call->private->pipeline->options.keyring, token, hash);
        if (session_has(call->txn, bytes_of(hash, sizeof(hash))))
                session_delete(call->txn, bytes_of(hash, sizeof(hash)));
        call->private->exempt_changes += txn_change_count(call->txn) - before;
}

static struct bytes key_of(const Session *session)
{
        return bytes_of(session->token_hash.data, session->token_hash.len);
}

void session_close_as(struct call *call, const char *id)
{
        size_t before = txn_change_count(call->txn);
        struct scan *scan = session_by_id(call->txn, id);
        Session *session;

        while ((session = session_next(scan)) != NULL)
                session_delete(call->txn, key_of(session));
        call->private->exempt_changes += txn_change_count(call->txn) - before;
}

/* Of tokens, latest first: the first ends in ttl_ms, unless it ends before, the others now. */
static void supersede(struct call *call, struct scan *scan, int64_t ttl_ms)
{
        size_t before = txn_change_count(call->txn);
        int64_t end_us = call->private->real_us + ttl_ms * 1000;
        Session *latest = session_next(scan), *older;

        while ((older = session_next(scan)) != NULL)
                session_delete(call->txn, key_of(older));
        if (latest != NULL &&
                (latest->expire_time == NULL || time_us(latest->expire_time) > end_us)) {
                latest->expire_time = call_time(call, end_us);
                session_update(call->txn, latest);
        }
        call->private->exempt_changes += txn_change_count(call->txn) - before;
}

void session_supersede(struct call *call, const char *id, int64_t ttl_ms)
{
        supersede(call, session_by_id_latest(call->txn, id), ttl_ms);
}

void session_outlive(struct call *call, const char *principal_id, int64_t ttl_ms)
{
        supersede(call, session_by_principal_id_latest(call->txn, principal_id), ttl_ms);
}

size_t session_close_for(struct txn *txn, const char *principal_id)
{
        size_t count = 0;
        struct scan *scan = session_by_principal_id(txn, principal_id);
        Session *session;

        while ((session = session_next(scan)) != NULL) {
                session_delete(txn, key_of(session));
                count++;
        }
        return count;
}

size_t session_close_all(struct call *call, const char *principal_id)
{
        size_t before = txn_change_count(call->txn);
        size_t count = session_close_for(call->txn, principal_id);

        call->private->exempt_changes += txn_change_count(call->txn) - before;
        return count;
}

void session_forget_expired(struct call *call, const char *principal_id)
{
        size_t before = txn_change_count(call->txn);
        struct scan *scan = session_by_principal_id(call->txn, principal_id);
        Session *session;

        while ((session = session_next(scan)) != NULL)
                if (session->expire_time != NULL &&
                        time_us(session->expire_time) <= call->private->real_us)
                        session_delete(call->txn, key_of(session));
        call->private->exempt_changes += txn_change_count(call->txn) - before;
}

void session_close_others(struct call *call, const char *principal_id, const char *id)
{
        size_t before = txn_change_count(call->txn);
        struct scan *scan = session_by_principal_id(call->txn, principal_id);
        Session *session;

        while ((session = session_next(scan)) != NULL)
                if (strcmp(session->id, id) != 0)
                        session_delete(call->txn, key_of(session));
        call->private->exempt_changes += txn_change_count(call->txn) - before;
}

struct caller *session_caller(struct call *call, const char *token)
{
        uint8_t hash[SEAL_HASH_LEN];
        struct caller *caller;

        hash_token(call->private->pipeline->options.keyring, bytes_of_text(token), hash);
        Session *session = session_get(call->txn, bytes_of(hash, sizeof(hash)));

        if (session == NULL)
                return NULL;
        if (session->expire_time != NULL && time_us(session->expire_time) <= call->private->real_us)
                return NULL;
        struct posts posts =
                session_posts(call->txn, session->principal_id, session->roles, call->now_us);

        caller = call_new(call, struct caller);
        caller->id = session->principal_id;
        caller->roles = posts.roles | 1u << ROLE_ANYONE;
        caller->narrowed = posts.narrowed;
        caller->session_id = session->id;
        return caller;
}

struct posts session_posts(
        struct txn *txn, const char *principal_id, uint32_t roles, int64_t now_us)
{
        if (roles & SESSION_BY_GRANT)
                return grants_of(txn, principal_id, now_us);
        return (struct posts){.roles = roles & ~(1u << ROLE_SYSTEM)};
}

int64_t session_now_us(const struct call *call)
{
        return call->private->real_us;
}

void session_open_for(struct txn *txn, const struct keyring *keyring, const char *token,
        const char *principal_id, uint32_t roles)
{
        uint8_t hash[SEAL_HASH_LEN];
        char id[ROW_ID_DIGITS + 1];
        Session session = SESSION_INIT;

        hash_token(keyring, bytes_of_text(token), hash);
        name_session(hash, id);
        session.token_hash = (ProtobufCBinaryData){.len = sizeof(hash), .data = hash};
        session.id = id;
        session.principal_id = principal_id;
        session.roles = roles;
        if (session_has(txn, bytes_of(hash, sizeof(hash))))
                session_update(txn, &session);
        else
                session_insert(txn, &session);
}
