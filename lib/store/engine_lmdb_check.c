/*
 * A truncated file must be a sentence, not a SIGBUS. As a rule the file is as long as its meta
 * page says and there is nothing to do. It may be shorter and healthy: a page that was taken and
 * given back within one transaction is never written. So a short file is walked from the root to
 * every entry in a child process, which the truncation may kill. Walking always would read the
 * whole database at every start.
 */
#include "lib/store/engine_lmdb.h"
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/base/arena.h"

#define TREES_MAX 64

static off_t file_size(const char *dir)
{
        char path[4096];
        struct stat st;

        if (snprintf(path, sizeof(path), "%s/data.mdb", dir) >= (int)sizeof(path))
                return 0;
        return stat(path, &st) == 0 ? st.st_size : 0;
}

enum status lmdb_check_file(const char *dir, struct error *error)
{
        off_t size = file_size(dir);

        if (size == 0 || size >= 2 * sysconf(_SC_PAGESIZE))
                return OK;
        return error_set(error, DATA_LOSS, "STORE_TRUNCATED",
                "%s/data.mdb has %lld bytes, less than its header", dir, (long long)size);
}

static int walk_tree(MDB_txn *txn, MDB_dbi dbi, MDB_dbi *named, unsigned *named_count)
{
        volatile uint8_t seen = 0;
        MDB_cursor *cursor;
        MDB_val key;
        MDB_val value;
        int rc = mdb_cursor_open(txn, dbi, &cursor);

        if (rc != 0)
                return rc;
        while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
                for (size_t i = 0; i < value.mv_size; i += 512)
                        seen ^= ((const uint8_t *)value.mv_data)[i];
                if (named == NULL || *named_count == TREES_MAX)
                        continue;
                char name[512] = {0};
                snprintf(name, sizeof(name), "%.*s", (int)key.mv_size, (const char *)key.mv_data);
                if (mdb_dbi_open(txn, name, 0, &named[*named_count]) == 0)
                        ++*named_count;
        }
        mdb_cursor_close(cursor);
        return rc == MDB_NOTFOUND ? 0 : rc;
}

static int walk(const char *dir)
{
        MDB_dbi named[TREES_MAX];
        unsigned named_count = 0;
        MDB_env *env;
        MDB_txn *txn;
        MDB_dbi root;
        int rc = mdb_env_create(&env);

        if (rc == 0)
                rc = mdb_env_set_maxdbs(env, TREES_MAX);
        if (rc == 0)
                rc = mdb_env_open(env, dir, MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0600);
        if (rc == 0)
                rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
        if (rc == 0)
                rc = mdb_dbi_open(txn, NULL, 0, &root);
        if (rc == 0)
                rc = walk_tree(txn, root, named, &named_count);
        for (unsigned i = 0; i < named_count && rc == 0; i++)
                rc = walk_tree(txn, named[i], NULL, NULL);
        return rc;
}

static void walk_in_child(const char *dir)
{
        const struct rlimit no_core = {0, 0};

        signal(SIGBUS, SIG_DFL);
        signal(SIGSEGV, SIG_DFL);
        signal(SIGABRT, SIG_DFL);
        setrlimit(RLIMIT_CORE, &no_core);
        _exit(walk(dir) == 0 ? 0 : 1);
}

enum status lmdb_check_pages(MDB_env *env, const char *dir, struct error *error)
{
        MDB_envinfo info;
        MDB_stat stat;
        int status = 0;

        mdb_env_info(env, &info);
        mdb_env_stat(env, &stat);
        off_t needed = (off_t)(info.me_last_pgno + 1) * stat.ms_psize;
        if (file_size(dir) >= needed)
                return OK;
        pid_t child = fork();
        if (child == 0)
                walk_in_child(dir);
        if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
                WEXITSTATUS(status) == 0)
                return OK;
        return error_set(error, DATA_LOSS, "STORE_TRUNCATED",
                "%s/data.mdb has %lld bytes of %lld and pages in use are missing", dir,
                (long long)file_size(dir), (long long)needed);
}
