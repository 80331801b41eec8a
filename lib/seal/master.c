/*
 * master.key: 32 bytes of root, then for each further master key its number and 32 bytes. It is
 * replaced whole: written beside its place, synced, renamed. What the file held before is then
 * overwritten through the descriptor that is still open, so that a key which was retired is in no
 * block that a later file could get; a disk that writes elsewhere than it is told may keep it.
 */
#include "lib/seal/master.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_MAX_LEN 4096
#define ENTRY_LEN    (8 + MASTER_LEN)
#define FILE_LEN_MAX (MASTER_LEN + (MASTERS_MAX - 1) * ENTRY_LEN)

_Static_assert(crypto_kdf_KEYBYTES == MASTER_LEN, "the root has 32 bytes");

enum status master_failed(struct error *error, const char *path, const char *verb)
{
        return error_set(error, UNAVAILABLE, "KEY_FILE_FAILED", "%s cannot be %s: %s", path, verb,
                strerror(errno));
}

static enum status path_of(
        char out[PATH_MAX_LEN], const char *dir, const char *name, struct error *error)
{
        if (snprintf(out, PATH_MAX_LEN, "%s/%s", dir, name) < PATH_MAX_LEN)
                return OK;
        return error_set(error, UNAVAILABLE, "KEY_FILE_FAILED", "the path is too long");
}

void master_sync_dir(const char *dir)
{
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return;
        fsync(fd);
        close(fd);
}

static size_t masters_encode(const struct masters *masters, uint8_t out[FILE_LEN_MAX])
{
        size_t len = MASTER_LEN;

        memcpy(out, masters->at[0].key, MASTER_LEN);
        for (size_t i = 1; i < masters->count; i++) {
                for (int b = 0; b < 8; b++)
                        out[len++] = (uint8_t)(masters->at[i].number >> (56 - 8 * b));
                memcpy(out + len, masters->at[i].key, MASTER_LEN);
                len += MASTER_LEN;
        }
        return len;
}

static bool masters_decode(const uint8_t *data, size_t len, struct masters *out)
{
        if (len < MASTER_LEN || (len - MASTER_LEN) % ENTRY_LEN != 0 || len > FILE_LEN_MAX)
                return false;
        *out = (struct masters){.count = 1};
        out->at[0].number = MASTER_ROOT;
        memcpy(out->at[0].key, data, MASTER_LEN);
        for (size_t at = MASTER_LEN; at < len; at += ENTRY_LEN) {
                size_t i = out->count++;

                for (int b = 0; b < 8; b++)
                        out->at[i].number = out->at[i].number << 8 | data[at + (size_t)b];
                memcpy(out->at[i].key, data + at + 8, MASTER_LEN);
                if (out->at[i].number <= out->at[i - 1].number)
                        return false;
        }
        return true;
}

/* A file of its own beside the place, synced; -1 with the error set. */
static enum status fresh_write(
        const char *fresh, const struct masters *masters, struct error *error)
{
        uint8_t data[FILE_LEN_MAX];
        int fd;

        unlink(fresh);
        fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
                return master_failed(error, fresh, "made");
        size_t len = masters_encode(masters, data);
        bool written = write(fd, data, len) == (ssize_t)len && fsync(fd) == 0;
        sodium_memzero(data, sizeof(data));
        close(fd);
        return written ? OK : master_failed(error, fresh, "written");
}

enum status master_create(const char *dir, struct error *error)
{
        char path[PATH_MAX_LEN], fresh[PATH_MAX_LEN];
        struct masters masters = {.count = 1};

        if (path_of(path, dir, "master.key", error) != OK ||
                path_of(fresh, dir, "master.key.new", error) != OK)
                return error->code;
        crypto_kdf_keygen(masters.at[0].key);
        enum status status = fresh_write(fresh, &masters, error);
        sodium_memzero(&masters, sizeof(masters));
        if (status != OK)
                return status;
        /* A key that exists is never replaced. */
        if (link(fresh, path) != 0 && errno != EEXIST)
                return master_failed(error, path, "written");
        unlink(fresh);
        master_sync_dir(dir);
        return OK;
}

enum status master_read(const char *dir, struct masters *out, struct error *error)
{
        char path[PATH_MAX_LEN];
        uint8_t data[FILE_LEN_MAX + 1];
        struct stat st;

        if (path_of(path, dir, "master.key", error) != OK)
                return error->code;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
                master_failed(error, path, "opened");
                return errno == ENOENT ? NOT_FOUND : UNAVAILABLE;
        }
        ssize_t len = fstat(fd, &st) == 0 ? read(fd, data, sizeof(data)) : -1;
        close(fd);
        if (len < 0)
                return master_failed(error, path, "read");
        if ((st.st_mode & 077) != 0) {
                sodium_memzero(data, sizeof(data));
                return error_set(error, FAILED_PRECONDITION, "KEY_FILE_OPEN_TO_OTHERS",
                        "%s may be read or written by others; its mode must be 0600", path);
        }
        bool good = masters_decode(data, (size_t)len, out);
        sodium_memzero(data, sizeof(data));
        if (!good)
                return error_set(error, UNAVAILABLE, "KEY_FILE_FAILED",
                        "%s is not a key of %d bytes, nor one with further keys", path, MASTER_LEN);
        return OK;
}

/* Through the descriptor of a file that has no name any more. */
static void overwrite(int fd)
{
        static const uint8_t zeros[FILE_LEN_MAX];
        struct stat st;

        if (fstat(fd, &st) == 0 && st.st_nlink == 0 && (size_t)st.st_size <= sizeof(zeros) &&
                pwrite(fd, zeros, (size_t)st.st_size, 0) == st.st_size)
                fsync(fd);
}

enum status master_write(const char *dir, const struct masters *masters, struct error *error)
{
        char path[PATH_MAX_LEN], fresh[PATH_MAX_LEN];

        if (path_of(path, dir, "master.key", error) != OK ||
                path_of(fresh, dir, "master.key.new", error) != OK ||
                fresh_write(fresh, masters, error) != OK)
                return error->code;
        int old = open(path, O_WRONLY | O_CLOEXEC);
        enum status status = rename(fresh, path) == 0 ? OK : master_failed(error, path, "replaced");
        if (status == OK)
                master_sync_dir(dir);
        if (status == OK && old >= 0)
                overwrite(old);
        if (old >= 0)
                close(old);
        return status;
}
