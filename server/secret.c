/*
 * Keys stay with the pipeline; handlers get what the keys are for. That a password is only ever
 * hashed without a snapshot is asserted here: 64 MiB and tens of milliseconds on the writer, or
 * with pages of the store held, would stop everybody.
 */
#include "server/secret.h"

#include <assert.h>
#include "server/work.h"

struct bytes secret_blind(struct call *call, const char *text)
{
        uint8_t *hash = arena_alloc(call->arena, SECRET_BLIND_LEN);
        struct bytes part = bytes_of_text(text);

        seal_hash(call->private->pipeline->options.keyring, SEAL_BLIND, &part, 1, hash);
        return bytes_of(hash, SECRET_BLIND_LEN);
}

char *secret_password(struct call *call, const char *password)
{
        assert(call->txn == NULL);
        return seal_password(password, call->private->pipeline->options.password_cost, call->arena);
}

char *secret_new_password(struct call *call)
{
        uint8_t token[SEAL_TOKEN_LEN];
        char *text = arena_alloc(call->arena, SEAL_TOKEN_TEXT_LEN + 1);

        assert(call->txn == NULL);
        seal_random(token, sizeof(token));
        seal_token_text(token, text);
        return text;
}

bool secret_password_matches(struct call *call, const char *stored, const char *password)
{
        assert(call->txn == NULL);
        if (stored != NULL)
                return seal_password_matches(stored, password);
        secret_password(call, password);
        return false;
}

void secret_sign_head(struct call *call, struct seal_head *head)
{
        seal_head_sign(call->private->pipeline->options.keyring, head);
}
