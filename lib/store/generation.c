/*
 * A generation is what one transaction of the inner engine will make of some groups: of every key
 * the newest version, in order of the keys, with the mark that says which group was the last.
 * Whole groups only, so that the inner engine by itself is always a state that there was.
 */
#include <assert.h>
#include <stdlib.h>
#include "lib/base/clock.h"
#include "lib/store/layout.h"
#include "lib/store/logged.h"

/* The more changes a transaction has, the more of them share a page; the fewer, the less memory. */
#define WRITES_MAX 32768
#define BYTES_MAX  (6 << 20)

#define APPLIED_KEY "applied"
#define APPLIED_LEN 32

struct generation *generation_new(uint64_t seed)
{
        struct generation *generation = calloc(1, sizeof(*generation));

        assert(generation != NULL);
        generation->table = recent_new(seed);
        return generation;
}

void generation_free(struct generation *generation)
{
        recent_free(generation->table);
        free(generation);
}

void generation_put(
        struct generation *generation, uint64_t number, const struct engine_write *write)
{
        if (generation->writes == 0)
                generation->since_us = clock_monotonic_us();
        recent_put(generation->table, number, write);
        generation->writes++;
        generation->bytes += write->key.len + write->value.len;
}

unsigned generation_percent(const struct generation *generation)
{
        size_t of_writes = generation->writes * 100 / WRITES_MAX;
        size_t of_bytes = generation->bytes * 100 / BYTES_MAX;

        return (unsigned)(of_writes > of_bytes ? of_writes : of_bytes);
}

enum status generation_apply(
        struct logged *logged, const struct generation *generation, const char **why)
{
        struct engine_write *writes = calloc(generation->table->count, sizeof(*writes));
        size_t count = 0;

        assert(writes != NULL);
        for (const struct recent_node *node = recent_first(generation->table); node != NULL;
                node = recent_next(node)) {
                const struct recent_version *version = atomic_load(&node->newest);

                writes[count++] = (struct engine_write){
                        .key = node->key,
                        .value = version->value,
                        .gone = version->gone,
                        .append = version->append,
                };
        }
        enum status status = applied_write(logged, writes, count, &generation->last, why);
        free(writes);
        return status;
}

/* ---- the mark in the inner engine ---- */

static uint64_t applied_seal(const struct logged *logged, const uint8_t value[APPLIED_LEN])
{
        return seal_mac(logged->options.log.keyring, 0, bytes_of_text(LOGGED_TREE "." APPLIED_KEY),
                bytes_of(value, APPLIED_LEN - 8));
}

static size_t applied_key(const struct logged *logged, uint8_t key[sizeof(APPLIED_KEY)])
{
        key[0] = logged->tree;
        memcpy(key + 1, APPLIED_KEY, sizeof(APPLIED_KEY) - 1);
        return sizeof(APPLIED_KEY);
}

enum status applied_read(
        struct logged *logged, struct log_mark *out, bool *found, struct error *error)
{
        const struct engine_ops *ops = logged->inner->ops;
        struct engine_snapshot *snapshot = ops->snapshot_begin(logged->inner);
        uint8_t key[sizeof(APPLIED_KEY)];
        struct bytes value = {NULL, 0};
        enum engine_found there = ENGINE_FAILED;

        if (snapshot != NULL)
                there = ops->get(snapshot, bytes_of(key, applied_key(logged, key)), &value);
        *found = there == ENGINE_FOUND;
        bool sealed = *found && value.len == APPLIED_LEN &&
                      layout_get_u64(value.data + 24) == applied_seal(logged, value.data);
        if (sealed)
                *out = (struct log_mark){
                        .number = layout_get_u64(value.data),
                        .position = layout_get_u64(value.data + 8),
                        .checksum = layout_get_u64(value.data + 16),
                };
        if (snapshot != NULL)
                ops->snapshot_end(snapshot);
        if (there == ENGINE_FAILED)
                return error_set(error, UNAVAILABLE, "STORE_FAILED", "the database cannot be read");
        if (sealed || !*found)
                return OK;
        return error_set(error, DATA_LOSS, "META_CHECKSUM",
                "the store's record of its commit log is not what was written, or this is another "
                "store's key");
}

enum status applied_write(struct logged *logged, const struct engine_write *writes, size_t count,
        const struct log_mark *mark, const char **why)
{
        struct engine_write *all = calloc(count + 1, sizeof(*all));
        uint8_t value[APPLIED_LEN];
        uint8_t key[sizeof(APPLIED_KEY)];

        assert(all != NULL);
        if (count > 0)
                memcpy(all, writes, count * sizeof(*all));
        layout_put_u64(value, mark->number);
        layout_put_u64(value + 8, mark->position);
        layout_put_u64(value + 16, mark->checksum);
        layout_put_u64(value + 24, applied_seal(logged, value));
        all[count] = (struct engine_write){
                .key = bytes_of(key, applied_key(logged, key)),
                .value = bytes_of(value, sizeof(value)),
        };
        enum status status = logged->inner->ops->apply(logged->inner, all, count + 1, why);
        free(all);
        return status;
}
