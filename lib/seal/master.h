#pragma once
/* The file of master keys, for this folder only. */
#include "lib/seal/seal.h"

#define MASTER_LEN  32
#define MASTERS_MAX 4
#define MASTER_ROOT 1

/* at[0] is the root: the first key that the file ever had, from which every purpose's subkey
 * derives and which stays. The others only wrap. */
struct masters {
        struct {
                uint64_t number;
                uint8_t key[MASTER_LEN];
        } at[MASTERS_MAX];
        size_t count;
};

/* Makes DIR/master.key with a root, where there is none. */
enum status master_create(const char *dir, struct error *error);
/* NOT_FOUND where there is no file; the others as keyring_open. */
enum status master_read(const char *dir, struct masters *out, struct error *error);
/* The whole new file or the old one; the old one's bytes are overwritten. */
enum status master_write(const char *dir, const struct masters *masters, struct error *error);

enum status master_failed(struct error *error, const char *path, const char *verb);
/* Makes what was renamed or made in a directory durable. */
void master_sync_dir(const char *dir);
