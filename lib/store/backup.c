/*
 * A copy of the running database: into a directory beside the place it shall have, synced, then
 * renamed, so that a directory of that name is always whole. The chain's heads are written from
 * a snapshot older than the copy, which makes them ancestors of what is in it. The master key is
 * not copied: a backup without it opens for nobody, and keeping both in one place would make
 * that worthless. What wraps the keys of owners is copied: it is nothing without the master key.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/store/commit_log.h"
#include "lib/store/internal.h"

static enum status backup_failed(struct error *error, const char *dir, const char *why)
{
        return error_set(error, UNAVAILABLE, "BACKUP_FAILED", "no backup in %s: %s", dir, why);
}

static void dir_sync(const char *dir)
{
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return;
        fsync(fd);
        close(fd);
}

static void parent_sync(const char *dir)
{
        char parent[4096];

        snprintf(parent, sizeof(parent), "%s", dir);
        char *slash = strrchr(parent, '/');
        if (slash == NULL)
                snprintf(parent, sizeof(parent), ".");
        else
                slash[slash == parent ? 1 : 0] = '\0';
        dir_sync(parent);
}

static void fresh_remove(const char *fresh)
{
        static const char *const names[] = {"data.mdb", COMMIT_LOG_FILE, COMMIT_LOG_FILE ".new",
                CHAIN_FILE, CHAIN_FILE ".new", WRAP_FILE};
        char path[4096 + 32];

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                snprintf(path, sizeof(path), "%s/%s", fresh, names[i]);
                unlink(path);
        }
        rmdir(fresh);
}

static enum status copy_into(struct store *store, const char *fresh, struct error *error)
{
        struct arena arena;
        const char *why = "";
        enum status status;

        arena_init(&arena);
        struct txn *txn = txn_begin_read(store, &arena);
        bool heads = chain_write(txn, fresh);
        txn_end(txn);
        arena_release(&arena);
        if (!heads)
                return backup_failed(error, fresh, strerror(errno));
        status = keyring_wrap_copy(store->keyring, fresh, error);
        if (status != OK)
                return status;
        status = store->engine->ops->copy(store->engine, fresh, &why);
        if (status == RESOURCE_EXHAUSTED)
                return error_set(error, status, "STORE_FULL", "no room for a backup: %s", why);
        return status == OK ? OK : backup_failed(error, fresh, why);
}

enum status store_backup(struct store *store, const char *dir, struct error *error)
{
        char fresh[4096];
        struct stat st;
        enum status status;

        if (store->dir == NULL)
                return error_set(error, FAILED_PRECONDITION, "STORE_IN_MEMORY",
                        "a store in memory has no backup");
        if (snprintf(fresh, sizeof(fresh), "%s.part", dir) >= (int)sizeof(fresh))
                return error_set(error, INVALID_ARGUMENT, "BAD_PATH", "the path is too long");
        if (lstat(dir, &st) == 0)
                return error_set(error, ALREADY_EXISTS, "BACKUP_EXISTS", "%s exists already", dir);
        fresh_remove(fresh);
        if (mkdir(fresh, 0700) != 0)
                return backup_failed(error, fresh, strerror(errno));
        /* What the copy's keys are wrapped with must be in the copy, whatever is rotated now. */
        keyring_hold(store->keyring);
        status = copy_into(store, fresh, error);
        keyring_unhold(store->keyring);
        if (status == OK && rename(fresh, dir) != 0)
                status = backup_failed(error, dir, strerror(errno));
        if (status == OK)
                parent_sync(dir);
        else
                fresh_remove(fresh);
        return status;
}
