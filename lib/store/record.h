#pragma once
/*
 * One group as it stands in the commit log: its changes in order, by the names of their trees
 * (the trees' numbers are a process's own), behind a head that names the group and the one before
 * it. The checksum is keyed and covers all of it.
 *
 *      [u64 magic][u64 number][u64 checksum of the group before][u64 length][u64 checksum]
 *      then for each tree: [u8 length][name][u32 changes], and for each change
 *      [u8 flags][u16 key length][u32 value length][key without its tree][value]
 */
#include "lib/seal/seal.h"
#include "lib/store/engine.h"

#define RECORD_HEAD_LEN 40

struct record {
        uint64_t number;
        uint64_t previous; /* checksum of the group before */
        uint64_t checksum;
        struct bytes body;
};

/* Appends the record to out; returns its checksum. previous and number from record. */
uint64_t record_append(struct buffer *out, const struct keyring *keyring, const char *const *trees,
        const struct record *record, const struct engine_write *writes, size_t count);
size_t record_len(const char *const *trees, const struct engine_write *writes, size_t count);

/* The number that a record at the front of bytes would have, unchecked; 0: there is none. */
uint64_t record_number(struct bytes bytes);
/* False when what the bytes begin with is no record, or not all of it or not what was written. */
bool record_open(struct record *out, const struct keyring *keyring, struct bytes bytes);

/* The changes one after another; a key is valid until the next. */
enum record_step {
        RECORD_WRITE,
        RECORD_END,
        RECORD_STRANGE, /* of a tree that is not among the reader's; its name is in strange */
        RECORD_BROKEN,
};

struct record_reader {
        const char *const *trees;
        size_t tree_count;
        struct bytes rest;
        uint32_t left; /* changes of the tree */
        struct bytes strange;
        uint8_t key[512];
};

void record_read(struct record_reader *reader, const struct record *record,
        const char *const *trees, size_t tree_count);
enum record_step record_next(struct record_reader *reader, struct engine_write *out);
