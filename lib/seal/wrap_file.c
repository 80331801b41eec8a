/*
 * Two blocks, each with every slot, so that one that rots is no loss. Slots are written over where
 * they are: a file that is replaced leaves its old blocks behind, and with them the salt that was
 * to be destroyed. A write that was cut short leaves a slot whose checksum is wrong, which is a
 * free one; that is right, since nothing is wrapped before its slot is durable, and a slot is
 * destroyed only when nothing needs it.
 */
#include "lib/seal/wrap_file.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "lib/seal/master.h"
#include "lib/seal/wrap.h"

#define SLOT_LEN  64
#define BLOCK_LEN 4096
#define BLOCKS    2
#define FILE_LEN  (BLOCKS * BLOCK_LEN)
#define MAGIC     "shopwrap"
#define PATH_LEN  4096

_Static_assert(8 + 8 + 8 + WRAP_SALT_LEN + 8 == SLOT_LEN, "a slot's parts fill it");

static void put_u64(uint8_t *out, uint64_t number)
{
        for (int i = 0; i < 8; i++)
                out[i] = (uint8_t)(number >> (56 - 8 * i));
}

static uint64_t get_u64(const uint8_t *in)
{
        uint64_t number = 0;

        for (int i = 0; i < 8; i++)
                number = number << 8 | in[i];
        return number;
}

static uint64_t slot_sum(const struct keyring *keyring, const uint8_t *slot)
{
        return seal_mac(keyring, 0, bytes_of_text(WRAP_FILE), bytes_of(slot, SLOT_LEN - 8));
}

static void slot_encode(
        const struct keyring *keyring, const struct wrap_slot *slot, uint8_t out[SLOT_LEN])
{
        memset(out, 0, SLOT_LEN);
        if (slot->number == 0)
                return;
        memcpy(out, MAGIC, 8);
        put_u64(out + 8, slot->number);
        put_u64(out + 16, slot->master);
        memcpy(out + 24, slot->salt, WRAP_SALT_LEN);
        put_u64(out + SLOT_LEN - 8, slot_sum(keyring, out));
}

static bool slot_decode(
        const struct keyring *keyring, const uint8_t in[SLOT_LEN], struct wrap_slot *out)
{
        if (memcmp(in, MAGIC, 8) != 0 || get_u64(in + SLOT_LEN - 8) != slot_sum(keyring, in))
                return false;
        out->number = get_u64(in + 8);
        out->master = get_u64(in + 16);
        memcpy(out->salt, in + 24, WRAP_SALT_LEN);
        return true;
}

static enum status open_at(const char *dir, int flags, int *fd, struct error *error)
{
        char path[PATH_LEN];

        if (snprintf(path, sizeof(path), "%s/" WRAP_FILE, dir) >= (int)sizeof(path))
                return error_set(error, UNAVAILABLE, "KEY_FILE_FAILED", "the path is too long");
        *fd = open(path, flags | O_CLOEXEC, 0600);
        if (*fd >= 0)
                return OK;
        master_failed(error, path, "opened");
        return errno == ENOENT ? NOT_FOUND : UNAVAILABLE;
}

enum status wrap_file_read(const struct keyring *keyring, const char *dir,
        struct wrap_slot slots[WRAP_SLOTS], struct error *error)
{
        uint8_t data[FILE_LEN] = {0};
        int fd = -1;

        memset(slots, 0, WRAP_SLOTS * sizeof(slots[0]));
        enum status status = open_at(dir, O_RDONLY, &fd, error);
        if (status == NOT_FOUND)
                return OK;
        if (status != OK)
                return status;
        ssize_t len = read(fd, data, sizeof(data));
        close(fd);
        if (len < 0)
                return master_failed(error, WRAP_FILE, "read");
        for (size_t i = 0; i < WRAP_SLOTS; i++)
                for (size_t block = 0; block < BLOCKS && slots[i].number == 0; block++)
                        slot_decode(keyring, data + block * BLOCK_LEN + i * SLOT_LEN, &slots[i]);
        sodium_memzero(data, sizeof(data));
        return OK;
}

static bool slot_put(int fd, size_t at, const uint8_t slot[SLOT_LEN])
{
        for (size_t block = 0; block < BLOCKS; block++) {
                off_t place = (off_t)(block * BLOCK_LEN + at * SLOT_LEN);

                if (pwrite(fd, slot, SLOT_LEN, place) != SLOT_LEN)
                        return false;
        }
        return fsync(fd) == 0;
}

enum status wrap_file_write(const struct keyring *keyring, const char *dir, size_t at,
        const struct wrap_slot *slot, struct error *error)
{
        uint8_t data[SLOT_LEN];
        int fd;
        enum status status = open_at(dir, O_WRONLY | O_CREAT, &fd, error);

        if (status != OK)
                return UNAVAILABLE;
        slot_encode(keyring, slot, data);
        bool written = ftruncate(fd, FILE_LEN) == 0 && slot_put(fd, at, data);
        sodium_memzero(data, sizeof(data));
        close(fd);
        if (!written)
                return master_failed(error, WRAP_FILE, "written");
        master_sync_dir(dir);
        return OK;
}

enum status wrap_file_copy(const char *dir, const char *to, struct error *error)
{
        uint8_t data[FILE_LEN];
        int from = -1, copy = -1;
        enum status status = open_at(dir, O_RDONLY, &from, error);

        if (status == NOT_FOUND)
                return OK;
        if (status != OK)
                return status;
        bool copied = read(from, data, sizeof(data)) == FILE_LEN;
        close(from);
        if (!copied)
                return master_failed(error, WRAP_FILE, "read");
        status = open_at(to, O_WRONLY | O_CREAT | O_EXCL, &copy, error);
        if (status != OK)
                return UNAVAILABLE;
        copied = write(copy, data, sizeof(data)) == FILE_LEN && fsync(copy) == 0;
        sodium_memzero(data, sizeof(data));
        close(copy);
        return copied ? OK : master_failed(error, WRAP_FILE, "copied");
}
