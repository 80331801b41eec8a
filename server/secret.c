/*
 * Keys stay with the pipeline; handlers get what the keys are for. That a password is only ever
 * hashed without a snapshot is asserted here: up to 64 MiB and tens of milliseconds on the writer,
 * or with pages of the store held, would stop everybody.
 */
#include "server/secret.h"

#include <assert.h>
#include "lib/seal/wrap.h"
#include "server/work.h"

struct bytes secret_blind(struct call *call, const char *text)
{
        uint8_t *hash = arena_alloc(call->arena, SECRET_BLIND_LEN);

        seal_blind(call->private->pipeline->options.keyring, text, hash);
        return bytes_of(hash, SECRET_BLIND_LEN);
}

uint64_t secret_wrap(const struct call *call)
{
        return keyring_wrap(call->private->pipeline->options.keyring);
}

void secret_random(struct call *call, uint8_t out[SECRET_RANDOM_LEN])
{
        struct call_private *private = call->private;

        if (!private->has_secret) {
                seal_random(private->secret, sizeof(private->secret));
                private->has_secret = true;
        }
        private->secret_count++;
        const struct bytes parts[] = {
                bytes_of(private->secret, sizeof(private->secret)),
                bytes_of(&private->secret_count, sizeof(private->secret_count)),
        };

        seal_hash(private->pipeline->options.keyring, SEAL_TOKEN, parts, 2, out);
}

char *secret_text(struct call *call)
{
        uint8_t token[SECRET_RANDOM_LEN];
        char *text = arena_alloc(call->arena, SEAL_TOKEN_TEXT_LEN + 1);

        secret_random(call, token);
        seal_token_text(token, text);
        return text;
}

struct bytes secret_mac(struct call *call, const char *what, const char *text)
{
        uint8_t *mac = arena_alloc(call->arena, SEAL_HASH_LEN);
        const struct bytes parts[] = {
                bytes_of_text("mac"), bytes_of_text(what), bytes_of_text(text)};

        seal_hash(call->private->pipeline->options.keyring, SEAL_TOKEN, parts, 3, mac);
        return bytes_of(mac, SEAL_HASH_LEN);
}

bool secret_equal(struct bytes a, struct bytes b)
{
        return a.len == b.len && seal_equal(a.data, b.data, a.len);
}

static void count_password(struct call *call)
{
        assert(call->txn == NULL);
        atomic_fetch_add_explicit(
                &call->private->pipeline->counters.passwords, 1, memory_order_relaxed);
}

static enum status refuse_memory(struct call *call)
{
        return call_fail(call, RESOURCE_EXHAUSTED, "NO_MEMORY",
                "there is no memory to check a password now; try again later");
}

char *secret_password(struct call *call, const char *password)
{
        count_password(call);
        char *stored =
                seal_password(password, call->private->pipeline->options.password_kib, call->arena);

        if (stored == NULL)
                refuse_memory(call);
        return stored;
}

enum status secret_password_match(
        struct call *call, const char *stored, const char *password, bool *matches)
{
        if (stored == NULL) {
                *matches = false;
                return secret_password(call, password) == NULL ? call->error.code : OK;
        }
        count_password(call);
        enum seal_match match = seal_password_match(stored, password);

        *matches = match == SEAL_MATCHES;
        return match == SEAL_NO_MEMORY ? refuse_memory(call) : OK;
}

void secret_sign_head(struct call *call, struct seal_head *head)
{
        seal_head_sign(call->private->pipeline->options.keyring, head);
}
