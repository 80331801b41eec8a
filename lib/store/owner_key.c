/*
 * The keys of owners, rows of the contract's table owner_keys: owner, number of the wrapping key,
 * wrapped key. They lie under their owner, on the page with the rows they open. A key is made with
 * the first row that needs it. One that is destroyed stays as a row with nothing in it, so that
 * verify tells an owner who was erased from a key that was lost.
 *
 * A transaction remembers the key it used last, since rows of one owner come together; a table of
 * all keys in memory was refused: one that outlives its row would open what was erased.
 */
#include <assert.h>
#include <inttypes.h>
#include "lib/schema/decode.h"
#include "lib/store/scan.h"
#include "lib/store/sealed.h"

#define NEWEST_RECORD "owner_keys"

enum { FIELD_OWNER, FIELD_WRAP, FIELD_WRAPPED };

/* One made in this group: a handler that is run twice must write the same key twice. */
struct fresh_key {
        struct fresh_key *next;
        const char *owner;
        uint64_t wrap;
        uint8_t key[SEAL_KEY_LEN];
        uint8_t wrapped[SEAL_WRAPPED_LEN];
};

static const struct schema_table *keys_of(const struct txn *txn)
{
        const struct schema_table *keys = txn->store->schema->owner_keys;

        assert(keys != NULL); /* the generator refuses personal fields without */
        return keys;
}

static void *member(const struct schema_table *keys, const void *row, int field)
{
        return schema_member(row, &keys->message->descriptor->fields[field]);
}

static uint64_t row_wrap(const struct schema_table *keys, const void *row)
{
        return *(uint64_t *)member(keys, row, FIELD_WRAP);
}

static void *row_make(struct txn *txn, const char *owner, uint64_t wrap, struct bytes wrapped)
{
        const struct schema_table *keys = keys_of(txn);
        void *row = arena_alloc(txn->arena, keys->message->descriptor->sizeof_message);

        schema_message_init(keys->message, row);
        *(const char **)member(keys, row, FIELD_OWNER) = owner;
        *(uint64_t *)member(keys, row, FIELD_WRAP) = wrap;
        *(ProtobufCBinaryData *)member(keys, row, FIELD_WRAPPED) = (ProtobufCBinaryData){
                .len = wrapped.len, .data = (uint8_t *)(uintptr_t)wrapped.data};
        return row;
}

/* NULL when there is none or something stuck. Does not disturb what the transaction found last. */
static void *row_of(struct txn *txn, const char *owner)
{
        const struct schema_table *keys = keys_of(txn);
        const struct key_value value = key_text(owner);
        struct place place;
        struct row_view view;
        struct bytes stored;
        struct key under;

        key_clear(&under);
        key_append(&under, value);
        layout_place(&place, TREE_MAIN, keys, key_bytes_of(&under), &value, 1);
        if (!key_fits(txn, keys, &place.key) || !txn_look(txn, key_bytes_of(&place.key), &stored) ||
                !row_open(txn, keys, &place, stored, &view))
                return NULL;
        return row_decode(txn, keys, &view, &place);
}

static bool row_unwrap(struct txn *txn, const void *row, uint8_t key[SEAL_KEY_LEN])
{
        const struct schema_table *keys = keys_of(txn);
        const ProtobufCBinaryData *wrapped = member(keys, row, FIELD_WRAPPED);
        const char *owner = *(const char **)member(keys, row, FIELD_OWNER);

        return seal_unwrap(txn->store->keyring, row_wrap(keys, row), bytes_of_text(owner),
                bytes_of(wrapped->data, wrapped->len), key);
}

const char *owner_key_fault(struct txn *txn, const void *row)
{
        const struct schema_table *keys = keys_of(txn);
        uint8_t key[SEAL_KEY_LEN];

        if (row_wrap(keys, row) == 0 || row_unwrap(txn, row, key))
                return NULL;
        return arena_printf(txn->arena, "wrapping key %" PRIu64 " %s", row_wrap(keys, row),
                keyring_wrap_master(txn->store->keyring, row_wrap(keys, row)) == 0
                        ? "is not there"
                        : "does not open it");
}

/* ---- finding ---- */

static enum owner_key find(struct txn *txn, const char *owner, uint8_t key[SEAL_KEY_LEN])
{
        void *row = row_of(txn, owner);

        if (row == NULL)
                return txn_ok(txn) ? OWNER_KEY_ABSENT : OWNER_KEY_FAILED;
        if (row_wrap(keys_of(txn), row) == 0)
                return OWNER_KEY_ERASED;
        if (row_unwrap(txn, row, key))
                return OWNER_KEY_FOUND;
        txn_stick(txn, DATA_LOSS, "OWNER_KEY_BROKEN", "the key of %s cannot be opened: %s", owner,
                owner_key_fault(txn, row));
        return OWNER_KEY_FAILED;
}

static void remember(
        struct txn *txn, const char *owner, enum owner_key found, const uint8_t key[SEAL_KEY_LEN])
{
        struct key_memo *memo = &txn->key_memo;
        size_t len = strlen(owner);

        memo->known = (found == OWNER_KEY_FOUND || found == OWNER_KEY_ERASED) &&
                      len < sizeof(memo->owner);
        if (!memo->known)
                return;
        memcpy(memo->owner, owner, len + 1);
        memo->erased = found == OWNER_KEY_ERASED;
        if (!memo->erased)
                memcpy(memo->key, key, SEAL_KEY_LEN);
}

enum owner_key owner_key_find(struct txn *txn, const char *owner, uint8_t key[SEAL_KEY_LEN])
{
        const struct key_memo *memo = &txn->key_memo;

        if (memo->known && strcmp(memo->owner, owner) == 0) {
                memcpy(key, memo->key, SEAL_KEY_LEN);
                return memo->erased ? OWNER_KEY_ERASED : OWNER_KEY_FOUND;
        }
        enum owner_key found = find(txn, owner, key);

        remember(txn, owner, found, key);
        return found;
}

/* ---- making ---- */

static const struct fresh_key *fresh_of(struct txn *txn, const char *owner)
{
        struct group *group = txn->group;
        struct fresh_key *fresh;

        for (fresh = group->fresh_keys; fresh != NULL; fresh = fresh->next)
                if (strcmp(fresh->owner, owner) == 0)
                        return fresh;
        fresh = arena_new(group->overlay->arena, struct fresh_key);
        fresh->owner = arena_text(group->overlay->arena, owner);
        seal_random(fresh->key, sizeof(fresh->key));
        fresh->wrap =
                seal_wrap(txn->store->keyring, bytes_of_text(owner), fresh->key, fresh->wrapped);
        fresh->next = group->fresh_keys;
        group->fresh_keys = fresh;
        return fresh;
}

static bool make(struct txn *txn, const char *owner, uint8_t key[SEAL_KEY_LEN])
{
        const struct fresh_key *fresh = fresh_of(txn, owner);
        struct bytes wrapped = bytes_of(fresh->wrapped, sizeof(fresh->wrapped));

        txn_insert(txn, keys_of(txn), row_make(txn, fresh->owner, fresh->wrap, wrapped));
        if (!txn_ok(txn))
                return false;
        memcpy(key, fresh->key, SEAL_KEY_LEN);
        remember(txn, owner, OWNER_KEY_FOUND, key);
        return true;
}

bool owner_key_need(struct txn *txn, const char *owner, uint8_t key[SEAL_KEY_LEN])
{
        switch (owner_key_find(txn, owner, key)) {
        case OWNER_KEY_FOUND:
                return true;
        case OWNER_KEY_ABSENT:
                return make(txn, owner, key);
        case OWNER_KEY_ERASED:
                assert(!"what is personal of an erased owner was cleared before");
                return false;
        case OWNER_KEY_FAILED:
                return false;
        }
        return false;
}

/* ---- destroying, wrapping anew ---- */

void txn_owner_erase(struct txn *txn, const char *owner)
{
        const struct schema_table *keys = keys_of(txn);
        void *gone = row_make(txn, owner, 0, bytes_of(NULL, 0));

        if (!txn_ok(txn))
                return;
        if (txn_has(txn, keys, &key_text(owner)))
                txn_update(txn, keys, gone);
        else
                txn_insert(txn, keys, gone);
        txn->key_memo.known = false;
        memset(txn->opened, 0, sizeof(txn->opened));
}

bool txn_owner_erased(struct txn *txn, const char *owner)
{
        uint8_t key[SEAL_KEY_LEN];

        return txn_ok(txn) && owner_key_find(txn, owner, key) == OWNER_KEY_ERASED;
}

static void wrap_anew(struct txn *txn, const void *row)
{
        const struct schema_table *keys = keys_of(txn);
        const char *owner = *(const char **)member(keys, row, FIELD_OWNER);
        uint8_t key[SEAL_KEY_LEN];
        uint8_t *wrapped = arena_alloc(txn->arena, SEAL_WRAPPED_LEN);

        if (!row_unwrap(txn, row, key)) {
                txn_stick(txn, DATA_LOSS, "OWNER_KEY_BROKEN", "the key of %s cannot be opened: %s",
                        owner, owner_key_fault(txn, row));
                return;
        }
        uint64_t wrap = seal_wrap(txn->store->keyring, bytes_of_text(owner), key, wrapped);

        txn_update(txn, keys, row_make(txn, owner, wrap, bytes_of(wrapped, SEAL_WRAPPED_LEN)));
}

static void newest_note(struct txn *txn, uint64_t newest)
{
        struct bytes there;
        uint8_t value[8];

        layout_put_u64(value, newest);
        if (meta_read(txn, NEWEST_RECORD, &there) && bytes_equal(there, bytes_of(value, 8)))
                return;
        if (txn_ok(txn))
                meta_write(txn, NEWEST_RECORD, bytes_of(value, sizeof(value)));
}

size_t txn_wrap_anew(struct txn *txn, uint64_t wrap, size_t count, const char **after)
{
        const struct schema_table *keys = keys_of(txn);
        const struct key_value from = key_text(*after);
        size_t looked = 0;
        void *row;

        newest_note(txn, wrap);
        struct scan *scan = txn_scan(txn, keys, NULL, NULL, NULL, 0, ASCENDING);
        scan_between(scan, &from, NULL);
        while (looked < count && (row = scan_next(scan)) != NULL) {
                uint64_t old = row_wrap(keys, row);

                *after = *(const char **)member(keys, row, FIELD_OWNER);
                if (old != 0 && old < wrap)
                        wrap_anew(txn, row);
                looked++;
        }
        return looked;
}

enum status owner_keys_open(struct txn *txn, struct error *error)
{
        const struct keyring *keyring = txn->store->keyring;
        struct bytes value;
        uint64_t needed = 0, newest;

        if (txn->store->schema->owner_keys == NULL)
                return OK;
        if (meta_read(txn, NEWEST_RECORD, &value) && value.len == 8)
                needed = layout_get_u64(value.data);
        if (!txn_ok(txn))
                return OK; /* it sticks */
        if (needed > keyring_wrap(keyring))
                return error_set(error, DATA_LOSS, "OWNER_KEYS_MISSING",
                        WRAP_FILE " has wrapping keys up to %" PRIu64
                                  ", the keys of this database were wrapped with %" PRIu64,
                        keyring_wrap(keyring), needed);
        enum status status = keyring_wrap_after(keyring, 0, WRAP_SAME_MASTER, &newest, error);
        if (status == OK && needed == 0)
                newest_note(txn, newest);
        return status;
}
