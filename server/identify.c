/*
 * Who calls, and whether they may. The session is read in the call's own transaction, so a token
 * that was ended is refused by the very next call. Roles come with the session; the contract's
 * allow entries say what a role may do, and nothing else does: there is no second table of rights.
 *
 * SYSTEM and ADMINISTRATOR reach every row of every method, except that nobody but the shop itself
 * calls what is SYSTEM's alone. A session of staff holds no roles; its account's grants do.
 */
#include <stdio.h>
#include <string.h>
#include "internal.rows.h"
#include "server/session.h"
#include "server/work.h"

/* From now on its calls are a stranger's. */
static void disown_token(const struct work *work)
{
        if (work->payer.kind != PAYER_STRANGER)
                payers_forget(work->private.pipeline->payers, work->rpc->token);
}

static void hash_token(const struct work *work, uint8_t hash[SEAL_HASH_LEN])
{
        seal_hash(work->private.pipeline->options.keyring, SEAL_TOKEN, &work->rpc->token, 1, hash);
}

void identify_early(struct work *work)
{
        uint8_t *hash = arena_room(work->call.arena, SEAL_HASH_LEN);

        hash_token(work, hash);
        work->token_hash = hash;
}

static Session *session_of(const struct work *work)
{
        const uint8_t *hash = work->token_hash;
        uint8_t now[SEAL_HASH_LEN];

        if (hash == NULL) {
                hash_token(work, now);
                hash = now;
        }
        return session_get(work->call.txn, bytes_of(hash, SEAL_HASH_LEN));
}

enum status identify_caller(struct work *work)
{
        struct call *call = &work->call;
        struct bytes token = work->rpc->token;

        work->caller = (struct caller){.id = "", .roles = 1u << ROLE_ANYONE, .session_id = ""};
        if (work->system) {
                work->caller.id = "system";
                work->caller.roles |= 1u << ROLE_SYSTEM;
                return OK;
        }
        /* Health answers anybody: who balances load shows the token of yesterday, or another
         * shop's. */
        if (token.len == 0 || work->plan->health)
                return OK;
        Session *session = session_of(work);

        if (session == NULL) {
                disown_token(work);
                return error_set(&call->error, UNAUTHENTICATED, "TOKEN_UNKNOWN",
                        "the token is not known; it was ended or never given");
        }
        if (session->expire_time != NULL &&
                time_us(session->expire_time) <= work->private.real_us) {
                disown_token(work);
                return error_set(&call->error, UNAUTHENTICATED, "TOKEN_EXPIRED",
                        "the token has expired; sign in again");
        }
        struct posts posts =
                session_posts(call->txn, session->principal_id, session->roles, call->now_us);

        work->caller.id = session->principal_id;
        work->caller.roles |= posts.roles;
        work->caller.narrowed = posts.narrowed;
        work->caller.session_id = session->id;
        if ((work->caller.roles & (1u << ROLE_MEMBER | 1u << ROLE_GUEST)) == 0)
                key_uses_note(
                        work->private.pipeline->key_uses, work->caller.id, work->private.real_us);
        if (work->payer.kind == PAYER_STRANGER)
                payers_learn(work->private.pipeline->payers, token, &work->caller);
        return OK;
}

static enum scope scope_of(const struct plan *plan, const struct caller *caller)
{
        const uint32_t everything = 1u << ROLE_SYSTEM | 1u << ROLE_ADMINISTRATOR;
        uint32_t roles = caller->roles;
        enum scope widest = SCOPE_NONE;

        if (plan->system_only)
                return (roles >> ROLE_SYSTEM & 1) ? SCOPE_ALL : SCOPE_NONE;
        if (roles & everything)
                return SCOPE_ALL;
        for (uint16_t i = 0; i < plan->method->allow_count; i++) {
                const struct schema_allow *allow = &plan->method->allow[i];
                bool narrowed = caller->narrowed >> allow->role & 1;
                enum scope scope =
                        narrowed && allow->scope > SCOPE_TEAM ? SCOPE_TEAM : allow->scope;

                if ((roles >> allow->role & 1) && scope > widest)
                        widest = scope;
        }
        return widest;
}

static const char *roles_allowed(struct arena *arena, const struct schema_method *method)
{
        const char *text = "";

        for (uint16_t i = 0; i < method->allow_count; i++)
                text = arena_printf(arena, "%s%s%s", text, i == 0 ? "" : ", ",
                        schema_role_name(method->allow[i].role));
        return text;
}

enum status identify_role(struct work *work)
{
        struct call *call = &work->call;
        const struct schema_method *method = work->plan->method;

        work->caller.scope = scope_of(work->plan, &work->caller);
        if (work->caller.scope != SCOPE_NONE)
                return OK;
        if (work->rpc->token.len == 0)
                return error_set(&call->error, UNAUTHENTICATED, "TOKEN_MISSING", "%s needs a token",
                        method->name);
        return error_set(&call->error, PERMISSION_DENIED, "METHOD_NOT_ALLOWED", "%s is for %s",
                method->name, roles_allowed(call->arena, method));
}
