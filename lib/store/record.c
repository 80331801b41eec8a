/*
 * Writes arrive sorted by tree, so each tree is named once. Lengths are fixed and not varints: a
 * record is written once and read, as a rule, never.
 */
#include "lib/store/record.h"
#include <assert.h>
#include <string.h>
#include "lib/store/layout.h"

#define MAGIC     UINT64_C(0x53484f5047525031) /* "SHOPGRP1" */
#define SEALED    32                           /* bytes of the head under the checksum */
#define WRITE_LEN 7

enum { FLAG_GONE = 1, FLAG_APPEND = 2 };

static void put_u32(uint8_t out[4], uint32_t number)
{
        for (int i = 0; i < 4; i++)
                out[i] = (uint8_t)(number >> (24 - 8 * i));
}

static uint32_t get_u32(const uint8_t in[4])
{
        return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

/* Changes of the same tree at the front. */
static uint32_t run_of_tree(const struct engine_write *writes, size_t count)
{
        uint32_t run = 0;

        while (run < count && writes[run].key.data[0] == writes[0].key.data[0])
                run++;
        return run;
}

size_t record_len(const char *const *trees, const struct engine_write *writes, size_t count)
{
        size_t len = RECORD_HEAD_LEN;

        for (size_t i = 0; i < count; i++) {
                uint8_t tree = writes[i].key.data[0];

                if (i == 0 || tree != writes[i - 1].key.data[0])
                        len += 1 + strlen(trees[tree]) + 4;
                len += WRITE_LEN + writes[i].key.len - 1 + writes[i].value.len;
        }
        return len;
}

static uint8_t *put_bytes(uint8_t *at, struct bytes bytes)
{
        if (bytes.len > 0)
                memcpy(at, bytes.data, bytes.len);
        return at + bytes.len;
}

static uint8_t *put_write(uint8_t *at, const struct engine_write *write)
{
        struct bytes key = bytes_of(write->key.data + 1, write->key.len - 1);

        assert(key.len <= UINT16_MAX && write->value.len <= UINT32_MAX);
        at[0] = (uint8_t)((write->gone ? FLAG_GONE : 0) | (write->append ? FLAG_APPEND : 0));
        at[1] = (uint8_t)(key.len >> 8);
        at[2] = (uint8_t)key.len;
        put_u32(at + 3, (uint32_t)write->value.len);
        return put_bytes(put_bytes(at + WRITE_LEN, key), write->value);
}

static uint8_t *put_tree(uint8_t *at, const char *name, uint32_t run)
{
        struct bytes text = bytes_of_text(name);

        assert(text.len <= UINT8_MAX);
        *at = (uint8_t)text.len;
        at = put_bytes(at + 1, text);
        put_u32(at, run);
        return at + 4;
}

uint64_t record_append(struct buffer *out, const struct keyring *keyring, const char *const *trees,
        const struct record *record, const struct engine_write *writes, size_t count)
{
        size_t len = record_len(trees, writes, count);
        uint8_t *head = buffer_reserve(out, len);
        uint8_t *body = head + RECORD_HEAD_LEN;
        uint8_t *at = body;
        uint32_t run = 0;

        for (size_t i = 0; i < count; i++, run--) {
                if (run == 0) {
                        run = run_of_tree(writes + i, count - i);
                        at = put_tree(at, trees[writes[i].key.data[0]], run);
                }
                at = put_write(at, &writes[i]);
        }
        assert((size_t)(at - head) == len);
        layout_put_u64(head, MAGIC);
        layout_put_u64(head + 8, record->number);
        layout_put_u64(head + 16, record->previous);
        layout_put_u64(head + 24, len - RECORD_HEAD_LEN);
        uint64_t checksum =
                seal_row(keyring, 0, bytes_of(head, SEALED), bytes_of(body, len - RECORD_HEAD_LEN));
        layout_put_u64(head + SEALED, checksum);
        out->len += len;
        return checksum;
}

uint64_t record_number(struct bytes bytes)
{
        if (bytes.len < RECORD_HEAD_LEN || layout_get_u64(bytes.data) != MAGIC)
                return 0;
        return layout_get_u64(bytes.data + 8);
}

bool record_open(struct record *out, const struct keyring *keyring, struct bytes bytes)
{
        if (record_number(bytes) == 0)
                return false;
        uint64_t len = layout_get_u64(bytes.data + 24);
        if (len > bytes.len - RECORD_HEAD_LEN)
                return false;
        struct record record = {
                .number = layout_get_u64(bytes.data + 8),
                .previous = layout_get_u64(bytes.data + 16),
                .checksum = layout_get_u64(bytes.data + SEALED),
                .body = bytes_of(bytes.data + RECORD_HEAD_LEN, len),
        };
        if (!seal_row_is(keyring, 0, bytes_of(bytes.data, SEALED), record.body, record.checksum))
                return false;
        *out = record;
        return true;
}

void record_read(struct record_reader *reader, const struct record *record,
        const char *const *trees, size_t tree_count)
{
        reader->trees = trees;
        reader->tree_count = tree_count;
        reader->rest = record->body;
        reader->left = 0;
}

/* Takes the first len bytes off; NULL when there are fewer. */
static const uint8_t *take(struct record_reader *reader, size_t len)
{
        const uint8_t *at = reader->rest.data;

        if (len > reader->rest.len)
                return NULL;
        reader->rest = bytes_of(at + len, reader->rest.len - len);
        return at;
}

static enum record_step next_tree(struct record_reader *reader)
{
        const uint8_t *len = take(reader, 1);
        const uint8_t *name = len != NULL ? take(reader, *len) : NULL;
        const uint8_t *run = name != NULL ? take(reader, 4) : NULL;

        if (run == NULL || get_u32(run) == 0)
                return RECORD_BROKEN;
        reader->left = get_u32(run);
        reader->strange = bytes_of(name, *len);
        for (size_t i = 0; i < reader->tree_count; i++) {
                if (!bytes_equal(reader->strange, bytes_of_text(reader->trees[i])))
                        continue;
                reader->key[0] = (uint8_t)i;
                return RECORD_WRITE;
        }
        return RECORD_STRANGE;
}

enum record_step record_next(struct record_reader *reader, struct engine_write *out)
{
        enum record_step step = RECORD_WRITE;

        if (reader->left == 0 && reader->rest.len == 0)
                return RECORD_END;
        if (reader->left == 0)
                step = next_tree(reader);
        if (step != RECORD_WRITE)
                return step;
        const uint8_t *head = take(reader, WRITE_LEN);
        if (head == NULL)
                return RECORD_BROKEN;
        size_t key_len = (size_t)head[1] << 8 | head[2];
        uint32_t value_len = get_u32(head + 3);
        const uint8_t *key = take(reader, key_len);
        const uint8_t *value = key != NULL ? take(reader, value_len) : NULL;
        if (value == NULL || key_len >= sizeof(reader->key))
                return RECORD_BROKEN;
        memcpy(reader->key + 1, key, key_len);
        reader->left--;
        *out = (struct engine_write){
                .key = bytes_of(reader->key, key_len + 1),
                .value = bytes_of(value, value_len),
                .gone = (head[0] & FLAG_GONE) != 0,
                .append = (head[0] & FLAG_APPEND) != 0,
        };
        return RECORD_WRITE;
}
