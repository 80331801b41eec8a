/*
 * One master key, one subkey for each purpose, derived once when the keyring is opened: a MAC of
 * a page token then costs no derivation, and a leak of one subkey tells nothing about another.
 * All of it lies in memory that libsodium guards, locks and leaves out of core dumps. A file for
 * each purpose was refused: one file can be copied to a safe place, seven get lost.
 */
#include "lib/seal/keyring.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MASTER_LEN    crypto_kdf_KEYBYTES
#define SUBKEY_LEN    32
#define PURPOSE_COUNT (SEAL_SIGN + 1)
#define CONTEXT       "shopkeys" /* part of the stored format */

_Static_assert(crypto_kdf_KEYBYTES == 32, "the key file has 32 bytes");

struct keyring {
        uint8_t keys[PURPOSE_COUNT][SUBKEY_LEN];
};

const uint8_t *keyring_key(const struct keyring *keyring, enum seal_purpose purpose)
{
        assert(purpose > 0 && purpose < PURPOSE_COUNT);
        return keyring->keys[purpose];
}

static struct keyring *keyring_from_master(const uint8_t master[MASTER_LEN])
{
        struct keyring *keyring = sodium_malloc(sizeof(*keyring));

        assert(keyring != NULL);
        for (uint64_t purpose = 0; purpose < PURPOSE_COUNT; purpose++)
                crypto_kdf_derive_from_key(
                        keyring->keys[purpose], SUBKEY_LEN, purpose, CONTEXT, master);
        sodium_mprotect_readonly(keyring);
        return keyring;
}

static enum status file_error(struct error *error, const char *path, const char *verb)
{
        return error_set(error, UNAVAILABLE, "KEY_FILE_FAILED", "%s cannot be %s: %s", path, verb,
                strerror(errno));
}

/* Written beside its place, synced and then linked: there is never half a key, and a key that
 * exists is never replaced. */
static enum status master_create(const char *dir, const char *path, struct error *error)
{
        char fresh[4096];
        uint8_t master[MASTER_LEN];
        bool written;
        int fd;

        if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh))
                return error_set(error, UNAVAILABLE, "KEY_FILE_FAILED", "the path is too long");
        unlink(fresh);
        fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
                return file_error(error, fresh, "made");
        crypto_kdf_keygen(master);
        written = write(fd, master, sizeof(master)) == (ssize_t)sizeof(master) && fsync(fd) == 0;
        sodium_memzero(master, sizeof(master));
        close(fd);
        if (!written || (link(fresh, path) != 0 && errno != EEXIST))
                return file_error(error, path, "written");
        unlink(fresh);
        fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0) {
                fsync(fd);
                close(fd);
        }
        return OK;
}

static enum status master_read(
        int fd, const char *path, uint8_t master[MASTER_LEN], struct error *error)
{
        struct stat st;

        if (fstat(fd, &st) != 0)
                return file_error(error, path, "read");
        if ((st.st_mode & 077) != 0)
                return error_set(error, FAILED_PRECONDITION, "KEY_FILE_OPEN_TO_OTHERS",
                        "%s may be read or written by others; its mode must be 0600", path);
        if (st.st_size != MASTER_LEN || read(fd, master, MASTER_LEN) != MASTER_LEN)
                return error_set(error, UNAVAILABLE, "KEY_FILE_FAILED",
                        "%s is not a key of %d bytes", path, (int)MASTER_LEN);
        return OK;
}

enum status keyring_open(
        struct keyring **out, const char *dir, enum keyring_mode mode, struct error *error)
{
        char path[4000];
        uint8_t master[MASTER_LEN];
        enum status status;
        int fd;

        if (sodium_init() < 0)
                return error_set(error, UNAVAILABLE, "KEY_FILE_FAILED", "libsodium does not start");
        if (snprintf(path, sizeof(path), "%s/master.key", dir) >= (int)sizeof(path))
                return error_set(error, UNAVAILABLE, "KEY_FILE_FAILED", "the path is too long");
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT && mode == KEYRING_CREATE) {
                status = master_create(dir, path, error);
                if (status != OK)
                        return status;
                fd = open(path, O_RDONLY | O_CLOEXEC);
        }
        if (fd < 0)
                return file_error(error, path, "opened");
        status = master_read(fd, path, master, error);
        close(fd);
        if (status == OK)
                *out = keyring_from_master(master);
        sodium_memzero(master, sizeof(master));
        return status;
}

struct keyring *keyring_from_seed(uint64_t seed)
{
        uint8_t master[MASTER_LEN] = {0};
        int ready = sodium_init();

        assert(ready >= 0);
        for (int i = 0; i < 8; i++)
                master[i] = (uint8_t)(seed >> (8 * i));
        return keyring_from_master(master);
}

void keyring_close(struct keyring *keyring)
{
        sodium_free(keyring);
}
