/*
 * The wrapping keys in memory and the order in which files change: a master key is durable before
 * a salt names it, a salt before anything is wrapped with it; a salt is destroyed before the
 * master key that only it needed. Whoever is killed between finds one key too many and never one
 * too few, and asking again goes on from there.
 */
#include "lib/seal/wrap_ring.h"
#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "lib/seal/wrap_file.h"

#define WRAPS_MAX (2 * WRAP_SLOTS)

struct wrap {
        uint64_t number;
        uint64_t master;
        size_t slot;
        bool retired; /* its slot is overwritten; kept for snapshots that are older */
        uint8_t key[SEAL_KEY_LEN];
};

struct wraps {
        pthread_mutex_t mutex;
        int holds;
        const struct keyring *keyring;
        char *dir; /* NULL: no files */
        struct masters masters;
        struct wrap at[WRAPS_MAX]; /* by number */
        size_t count;
};

static const uint8_t *master_of(const struct wraps *wraps, uint64_t number)
{
        for (size_t i = 0; i < wraps->masters.count; i++)
                if (wraps->masters.at[i].number == number)
                        return wraps->masters.at[i].key;
        return NULL;
}

static bool wrap_derive(
        const struct wraps *wraps, const struct wrap_slot *slot, uint8_t out[SEAL_KEY_LEN])
{
        const uint8_t *master = master_of(wraps, slot->master);
        crypto_generichash_state state;

        if (master == NULL)
                return false;
        crypto_generichash_init(&state, master, MASTER_LEN, SEAL_KEY_LEN);
        crypto_generichash_update(&state, (const uint8_t *)"shop wrapping key", 17);
        crypto_generichash_update(&state, slot->salt, WRAP_SALT_LEN);
        crypto_generichash_final(&state, out, SEAL_KEY_LEN);
        return true;
}

/* Makes room by forgetting the oldest that is retired. */
static bool make_room(struct wraps *wraps)
{
        if (wraps->count < WRAPS_MAX)
                return true;
        for (size_t i = 0; i < wraps->count; i++) {
                if (!wraps->at[i].retired)
                        continue;
                wraps->count--;
                memmove(&wraps->at[i], &wraps->at[i + 1],
                        (wraps->count - i) * sizeof(wraps->at[0]));
                sodium_memzero(&wraps->at[wraps->count], sizeof(wraps->at[0]));
                return true;
        }
        return false;
}

static bool wrap_take(struct wraps *wraps, const struct wrap_slot *slot, size_t at)
{
        struct wrap wrap = {.number = slot->number, .master = slot->master, .slot = at};
        size_t place = wraps->count;

        if (!make_room(wraps) || !wrap_derive(wraps, slot, wrap.key))
                return false;
        place = wraps->count++;
        for (; place > 0 && wraps->at[place - 1].number > wrap.number; place--)
                wraps->at[place] = wraps->at[place - 1];
        wraps->at[place] = wrap;
        sodium_memzero(&wrap, sizeof(wrap));
        return true;
}

enum status wraps_open(struct wraps **out, const struct keyring *keyring, const char *dir,
        const struct masters *masters, struct error *error)
{
        struct wrap_slot slots[WRAP_SLOTS] = {0};
        enum status status = dir == NULL ? OK : wrap_file_read(keyring, dir, slots, error);

        if (status != OK)
                return status;
        struct wraps *wraps = sodium_malloc(sizeof(*wraps));

        assert(wraps != NULL);
        memset(wraps, 0, sizeof(*wraps));
        pthread_mutex_init(&wraps->mutex, NULL);
        wraps->keyring = keyring;
        wraps->dir = dir == NULL ? NULL : strdup(dir);
        wraps->masters = *masters;
        for (size_t i = 0; i < WRAP_SLOTS && status == OK; i++)
                if (slots[i].number > 0 && !wrap_take(wraps, &slots[i], i))
                        status = error_set(error, FAILED_PRECONDITION, "MASTER_KEY_OLD",
                                "%s needs master key %llu, which master.key does not hold",
                                WRAP_FILE, (unsigned long long)slots[i].master);
        sodium_memzero(slots, sizeof(slots));
        if (status == OK)
                *out = wraps;
        else
                wraps_close(wraps);
        return status;
}

void wraps_close(struct wraps *wraps)
{
        if (wraps == NULL)
                return;
        pthread_mutex_destroy(&wraps->mutex);
        free(wraps->dir);
        sodium_free(wraps);
}

/* ---- changing ---- */

static const struct wrap *newest_of(const struct wraps *wraps)
{
        for (size_t i = wraps->count; i > 0; i--)
                if (!wraps->at[i - 1].retired)
                        return &wraps->at[i - 1];
        return NULL;
}

static bool slot_used(const struct wraps *wraps, size_t slot)
{
        for (size_t i = 0; i < wraps->count; i++)
                if (!wraps->at[i].retired && wraps->at[i].slot == slot)
                        return true;
        return false;
}

static bool master_used(const struct wraps *wraps, uint64_t number)
{
        for (size_t i = 0; i < wraps->count; i++)
                if (!wraps->at[i].retired && wraps->at[i].master == number)
                        return true;
        return number == MASTER_ROOT;
}

static enum status masters_keep(
        struct wraps *wraps, const struct masters *masters, struct error *error)
{
        enum status status = OK;

        if (wraps->dir != NULL)
                status = master_write(wraps->dir, masters, error);
        if (status == OK)
                wraps->masters = *masters;
        return status;
}

/* One that nothing was wrapped with yet: made, or what a kill left behind. */
static enum status master_new(struct wraps *wraps, uint64_t *number, struct error *error)
{
        struct masters masters = wraps->masters;
        uint64_t last = masters.at[masters.count - 1].number;

        *number = last;
        if (!master_used(wraps, last))
                return OK;
        if (masters.count == MASTERS_MAX)
                return error_set(error, RESOURCE_EXHAUSTED, "TOO_MANY_KEYS",
                        "there are %d master keys; one must be retired first", MASTERS_MAX);
        *number = last + 1;
        masters.at[masters.count].number = *number;
        randombytes_buf(masters.at[masters.count++].key, MASTER_LEN);
        enum status status = masters_keep(wraps, &masters, error);
        sodium_memzero(&masters, sizeof(masters));
        return status;
}

static enum status wrap_make(
        struct wraps *wraps, uint64_t number, uint64_t master, struct error *error)
{
        struct wrap_slot slot = {.number = number, .master = master};
        enum status status = OK;
        size_t at = 0;

        while (at < WRAP_SLOTS && slot_used(wraps, at))
                at++;
        if (at == WRAP_SLOTS)
                return error_set(error, RESOURCE_EXHAUSTED, "TOO_MANY_KEYS",
                        "there are %d wrapping keys; one must be destroyed first", WRAP_SLOTS);
        if (wraps->dir != NULL) {
                randombytes_buf(slot.salt, sizeof(slot.salt));
                status = wrap_file_write(wraps->keyring, wraps->dir, at, &slot, error);
        }
        if (status == OK && !wrap_take(wraps, &slot, at))
                assert(!"a wrapping key of a master key that there is");
        sodium_memzero(&slot, sizeof(slot));
        return status;
}

static enum status held(struct error *error)
{
        return error_set(error, UNAVAILABLE, "KEYS_HELD", "a backup is being made of the keys");
}

enum status keyring_wrap_after(const struct keyring *keyring, uint64_t number, enum wrap_master how,
        uint64_t *out, struct error *error)
{
        struct wraps *wraps = keyring_wraps(keyring);
        enum status status = OK;

        pthread_mutex_lock(&wraps->mutex);
        const struct wrap *newest = newest_of(wraps);
        uint64_t last = newest == NULL ? 0 : newest->number;

        if (last <= number) {
                uint64_t master = newest == NULL ? MASTER_ROOT : newest->master;

                status = wraps->holds > 0 ? held(error) : OK;
                if (status == OK && how == WRAP_NEW_MASTER)
                        status = master_new(wraps, &master, error);
                if (status == OK)
                        status = wrap_make(wraps, number + 1, master, error);
                last = number + 1;
        }
        pthread_mutex_unlock(&wraps->mutex);
        if (status == OK)
                *out = last;
        return status;
}

static enum status wraps_destroy(struct wraps *wraps, uint64_t number, struct error *error)
{
        static const struct wrap_slot free_slot;

        for (size_t i = 0; i < wraps->count && wraps->at[i].number < number; i++) {
                struct wrap *wrap = &wraps->at[i];
                enum status status = OK;

                if (!wrap->retired && wraps->dir != NULL)
                        status = wrap_file_write(
                                wraps->keyring, wraps->dir, wrap->slot, &free_slot, error);
                if (status != OK)
                        return status;
                wrap->retired = true;
        }
        return OK;
}

static enum status masters_retire(struct wraps *wraps, struct error *error)
{
        struct masters masters = {0};

        for (size_t i = 0; i < wraps->masters.count; i++)
                if (master_used(wraps, wraps->masters.at[i].number))
                        masters.at[masters.count++] = wraps->masters.at[i];
        enum status status =
                masters.count == wraps->masters.count ? OK : masters_keep(wraps, &masters, error);

        sodium_memzero(&masters, sizeof(masters));
        return status;
}

enum status keyring_wrap_retire(const struct keyring *keyring, uint64_t number, struct error *error)
{
        struct wraps *wraps = keyring_wraps(keyring);

        pthread_mutex_lock(&wraps->mutex);
        enum status status = wraps->holds > 0 ? held(error) : wraps_destroy(wraps, number, error);

        if (status == OK)
                status = masters_retire(wraps, error);
        pthread_mutex_unlock(&wraps->mutex);
        return status;
}

void keyring_hold(const struct keyring *keyring)
{
        struct wraps *wraps = keyring_wraps(keyring);

        pthread_mutex_lock(&wraps->mutex);
        wraps->holds++;
        pthread_mutex_unlock(&wraps->mutex);
}

void keyring_unhold(const struct keyring *keyring)
{
        struct wraps *wraps = keyring_wraps(keyring);

        pthread_mutex_lock(&wraps->mutex);
        assert(wraps->holds > 0);
        wraps->holds--;
        pthread_mutex_unlock(&wraps->mutex);
}

enum status keyring_wrap_copy(const struct keyring *keyring, const char *dir, struct error *error)
{
        const struct wraps *wraps = keyring_wraps(keyring);

        return wraps->dir == NULL ? OK : wrap_file_copy(wraps->dir, dir, error);
}

/* ---- using ---- */

uint64_t keyring_wrap(const struct keyring *keyring)
{
        struct wraps *wraps = keyring_wraps(keyring);

        pthread_mutex_lock(&wraps->mutex);
        const struct wrap *newest = newest_of(wraps);
        uint64_t number = newest == NULL ? 0 : newest->number;

        pthread_mutex_unlock(&wraps->mutex);
        return number;
}

/* The newest for number 0. Returns what was found, zeroed where there is none. */
static struct wrap wrap_find(const struct keyring *keyring, uint64_t number)
{
        struct wraps *wraps = keyring_wraps(keyring);
        struct wrap found = {0};

        pthread_mutex_lock(&wraps->mutex);
        const struct wrap *newest = newest_of(wraps);

        if (number == 0 && newest != NULL)
                found = *newest;
        for (size_t i = wraps->count; number != 0 && i > 0; i--)
                if (wraps->at[i - 1].number == number)
                        found = wraps->at[i - 1];
        pthread_mutex_unlock(&wraps->mutex);
        return found;
}

uint64_t keyring_wrap_master(const struct keyring *keyring, uint64_t number)
{
        struct wrap wrap = wrap_find(keyring, number);
        uint64_t master = number == 0 ? 0 : wrap.master;

        sodium_memzero(&wrap, sizeof(wrap));
        return master;
}

uint64_t seal_wrap(const struct keyring *keyring, struct bytes owner,
        const uint8_t key[SEAL_KEY_LEN], uint8_t out[SEAL_WRAPPED_LEN])
{
        struct wrap wrap = wrap_find(keyring, 0);
        uint64_t number = wrap.number;

        assert(number != 0);
        seal_close(wrap.key, owner, bytes_of(key, SEAL_KEY_LEN), out);
        sodium_memzero(&wrap, sizeof(wrap));
        return number;
}

bool seal_unwrap(const struct keyring *keyring, uint64_t number, struct bytes owner,
        struct bytes wrapped, uint8_t key[SEAL_KEY_LEN])
{
        struct wrap wrap = wrap_find(keyring, number);
        bool good = number != 0 && wrap.number == number && wrapped.len == SEAL_WRAPPED_LEN &&
                    seal_open(wrap.key, owner, wrapped, key);

        sodium_memzero(&wrap, sizeof(wrap));
        return good;
}
