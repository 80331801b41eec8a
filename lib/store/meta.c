/*
 * Small records of the store's own, in a tree beside the rows: [value][u64 checksum over name
 * and value]. They are part of the transaction like any row, so a call that is dropped gives its
 * log numbers back without anybody thinking of it; counters in memory would need an undo of
 * their own.
 */
#include "lib/store/internal.h"

static void meta_key(struct key *out, const char *name)
{
        key_clear(out);
        key_append_byte(out, TREE_META);
        key_append_raw(out, bytes_of_text(name));
}

bool meta_read(struct txn *txn, const char *name, struct bytes *value)
{
        struct key key;
        struct bytes stored;

        meta_key(&key, name);
        if (!txn_read(txn, key_bytes_of(&key), &stored))
                return false;
        if (stored.len >= 8) {
                *value = bytes_of(stored.data, stored.len - 8);
                if (seal_row_is(txn->store->keyring, 0, bytes_of_text(name), *value,
                            layout_get_u64(stored.data + value->len)))
                        return true;
        }
        txn_stick(txn, DATA_LOSS, "META_CHECKSUM",
                "the store's record %s is not what was written, or this is another store's key",
                name);
        return false;
}

/* The format stays a record that programs from before XXH3 can read, or they would call it damaged
 * instead of newer. */
static uint64_t meta_sum(const struct txn *txn, const char *name, struct bytes value)
{
        const struct keyring *keyring = txn->store->keyring;

        if (strcmp(name, FORMAT_RECORD) == 0)
                return seal_mac(keyring, 0, bytes_of_text(name), value);
        return seal_row(keyring, 0, bytes_of_text(name), value);
}

void meta_write(struct txn *txn, const char *name, struct bytes value)
{
        uint8_t *stored = arena_room(txn->arena, value.len + 8);
        struct key key;

        if (value.len > 0)
                memcpy(stored, value.data, value.len);
        layout_put_u64(stored + value.len, meta_sum(txn, name, value));
        meta_key(&key, name);
        txn_put(txn, key_bytes_of(&key), bytes_of(stored, value.len + 8));
}

void meta_erase(struct txn *txn, const char *name)
{
        struct key key;

        meta_key(&key, name);
        txn_erase(txn, key_bytes_of(&key));
}

struct bytes txn_meta_get(struct txn *txn, const char *name)
{
        struct bytes value;

        if (!txn_ok(txn))
                return bytes_of(NULL, 0);
        if (!meta_read(txn, arena_printf(txn->arena, "user.%s", name), &value))
                return bytes_of(NULL, 0);
        return bytes_of(arena_copy(txn->arena, value.data, value.len), value.len);
}

void txn_meta_put(struct txn *txn, const char *name, struct bytes value)
{
        if (txn_ok(txn))
                meta_write(txn, arena_printf(txn->arena, "user.%s", name), value);
}

/* "log.3". By hand: an order appends to its logs five times. */
static void log_name(char out[4 + DECIMAL_SIZE], const struct schema_table *table)
{
        memcpy(out, "log.", 4);
        decimal_text(table->number, out + 4);
}

void log_head_read(struct txn *txn, const struct schema_table *table, struct log_head *out)
{
        struct bytes value;
        char name[4 + DECIMAL_SIZE];

        *out = (struct log_head){0};
        log_name(name, table);
        if (!meta_read(txn, name, &value) || value.len != 16 + LINK_LEN)
                return;
        out->number = layout_get_u64(value.data);
        out->sequence = layout_get_u64(value.data + 8);
        memcpy(out->link, value.data + 16, LINK_LEN);
}

void log_head_write(struct txn *txn, const struct schema_table *table, const struct log_head *head)
{
        uint8_t value[16 + LINK_LEN];
        char name[4 + DECIMAL_SIZE];

        layout_put_u64(value, head->number);
        layout_put_u64(value + 8, head->sequence);
        memcpy(value + 16, head->link, LINK_LEN);
        log_name(name, table);
        meta_write(txn, name, bytes_of(value, sizeof(value)));
}

void log_link(const uint8_t previous[LINK_LEN], struct bytes message, uint64_t sequence,
        uint8_t out[LINK_LEN])
{
        uint8_t with_sequence[LINK_LEN];
        uint8_t number[8];

        layout_put_u64(number, sequence);
        seal_chain(previous, bytes_of(number, sizeof(number)), with_sequence);
        seal_chain(with_sequence, message, out);
}
