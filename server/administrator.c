/*
 * Rows first, then the file: a crash between leaves a key or a password that nobody has, never a
 * file that opens nothing. Asked again, both are made anew.
 *
 * The account is made by a method of the contract that only the shop itself may call, so its events
 * and checks are those of any other call.
 */
#include "server/administrator.h"

#include <string.h>
#include <unistd.h>
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "server/file.h"
#include "server/session.h"
#include "server/work.h"
#include "staff.rows.h"

static enum status insert_key(
        struct store *store, const struct keyring *keyring, const char *token, struct error *error)
{
        struct group *group = group_begin(store);
        struct txn *txn = group_txn(group, error->arena);

        session_close_for(txn, ADMINISTRATOR);
        session_open_for(txn, keyring, token, ADMINISTRATOR, 1u << ROLE_ADMINISTRATOR);
        if (txn_status(txn) == OK) {
                txn_keep(txn);
                return group_commit(group, error);
        }
        enum status status = error_set(
                error, txn_status(txn), txn_error(txn)->reason, "%s", txn_error(txn)->message);

        txn_drop(txn);
        group_abandon(group);
        return status;
}

static char *random_text(struct arena *arena)
{
        char *text = arena_alloc(arena, SEAL_TOKEN_TEXT_LEN + 1);
        uint8_t token[SEAL_TOKEN_LEN];

        seal_random(token, sizeof(token));
        seal_token_text(token, text);
        return text;
}

/* Whoever removes the file ends the token that was in it: nothing else can. */
enum status administrator_make_token(
        const char *data, struct store *store, const struct keyring *keyring, struct error *error)
{
        const char *path = arena_printf(error->arena, "%s/admin.token", data);
        const char *token = random_text(error->arena);

        if (access(path, F_OK) == 0)
                return OK;
        enum status status = insert_key(store, keyring, token, error);

        return status == OK ? file_write(path, token, error) : status;
}

/* Calls staff.OpenAdministrator as the shop itself. */
static enum status open_account(
        struct pipeline *pipeline, const char *name, const char *hash, struct error *error)
{
        OpenAdministratorRequest request = OPEN_ADMINISTRATOR_REQUEST_INIT;
        char request_id[REQUEST_ID_LEN + 1];
        struct random random;
        uint64_t seed;

        request.login_name = name;
        request.password_hash = hash;
        seal_random(&seed, sizeof(seed));
        random_seed(&random, seed);
        request_id_make(clock_real_us(), &random, request_id);
        struct work *work =
                work_system(pipeline, "staff.OpenAdministrator", &request, request_id, "");

        if (!work->failed)
                work_wait_all(pipeline, &work, 1);
        if (work->failed)
                error_set(error, work->call.error.code,
                        arena_text(error->arena, work->call.error.reason), "%s",
                        work->call.error.message);
        work_free(work);
        return error->code;
}

enum status administrator_open(struct pipeline *pipeline, const char *data, const char *name,
        const char **path, struct error *error)
{
        const char *password = random_text(error->arena);
        const char *hash = seal_password(password, pipeline->options.password_kib, error->arena);

        if (hash == NULL)
                return error_set(error, RESOURCE_EXHAUSTED, "NO_MEMORY",
                        "there is no memory to hash a password");
        enum status status = open_account(pipeline, name, hash, error);

        if (status != OK)
                return status;
        *path = arena_printf(error->arena, "%s/%s.password", data, name);
        return file_write(*path, arena_printf(error->arena, "%s\n", password), error);
}
