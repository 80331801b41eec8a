/*
 * One entry at a time, each against what it claims: a row against its key, owner, parent,
 * references and index entries; an index entry or locator against its row. Each direction alone
 * would miss half: rows know nothing of entries too many, entries nothing of entries too few.
 */
#include <inttypes.h>
#include "lib/store/sealed.h"
#include "lib/store/verify.h"

static const char *place_text(
        struct verify *verify, const struct schema_table *table, const struct place *place)
{
        return row_key_text(&verify->arena, table, place_row_key(place));
}

static void check_owner(struct verify *verify, const struct schema_table *table,
        const struct place *place, const void *row)
{
        struct key_value values[KEY_PARTS_MAX];
        struct key owner, locator;
        struct bytes located;
        const char *key = place_text(verify, table, place);

        if (!layout_under_owner(table))
                return;
        if (table->owner != SCHEMA_NONE) {
                key_clear(&owner);
                key_append(&owner,
                        key_value_of(row, &table->message->descriptor->fields[table->owner]));
                if (!bytes_equal(key_bytes_of(&owner), place_owner(place)))
                        proof_fault(verify, "OWNER_WRONG", table, key,
                                "the row lies under another owner than it says");
        }
        layout_values(table, row, values);
        layout_locator(&locator, layout_root(table), values);
        if (!txn_read(&verify->txn, key_bytes_of(&locator), &located)) {
                if (table->parent == NULL)
                        proof_fault(verify, "LOCATOR_MISSING", table, key,
                                "no locator names the owner of the row");
        } else if (!bytes_equal(located, place_owner(place))) {
                proof_fault(verify, "LOCATOR_WRONG", table, key,
                        "the locator names another owner than the one the row lies under");
        }
}

static void check_parent(struct verify *verify, const struct schema_table *table,
        const struct place *place, const void *row)
{
        struct key_value values[KEY_PARTS_MAX];
        struct place parent;
        struct bytes value;

        if (table->parent == NULL)
                return;
        layout_values(table, row, values);
        layout_place(&parent, TREE_MAIN, table->parent, place_owner(place), values,
                table->parent->key_count);
        if (!txn_read(&verify->txn, key_bytes_of(&parent.key), &value))
                proof_fault(verify, "CHILD_ORPHAN", table, place_text(verify, table, place),
                        "the row has no %s", table->parent->name);
}

struct at {
        const struct schema_table *table;
        const struct place *place;
};

static void check_ref(struct verify *verify, const struct at *at, const char *field,
        const struct schema_table *ref, const char *text)
{
        if (ref->key_count != 1 || text[0] == '\0')
                return;
        if (!txn_has(&verify->txn, ref, &key_text(text)) && txn_ok(&verify->txn))
                proof_fault(verify, "REF_DANGLING", at->table,
                        place_text(verify, at->table, at->place),
                        "%s names %s %s, which is not there", field, ref->name, text);
}

/* Message types do not recurse, so this ends. */
static void check_refs(struct verify *verify, const struct at *at,
        const struct schema_message *message, const void *value)
{
        for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
                const struct schema_field *rules = &message->fields[i];
                bool ref = rules->ref != NULL && (rules->flags & SCHEMA_WEAK) == 0 &&
                           field->type == PROTOBUF_C_TYPE_STRING;

                if (!ref && (rules->message == NULL || (rules->flags & SCHEMA_CHILD) != 0))
                        continue;
                for (size_t n = 0; n < schema_count(value, field); n++) {
                        if (ref)
                                check_ref(verify, at, field->name, rules->ref,
                                        schema_text_at(value, field, n));
                        else
                                check_refs(verify, at, rules->message,
                                        schema_message_at(value, field, n));
                }
        }
}

static void check_indexes(
        struct verify *verify, const struct schema_table *table, const struct image *image)
{
        const struct keyring *keyring = verify->txn.store->keyring;
        const struct place *place = &image->place;

        for (uint16_t i = 0; i < table->index_count; i++) {
                const struct schema_index *index = &table->indexes[i];
                struct index_entry entry;
                struct bytes stored;

                if (!layout_index(&entry, keyring, table, index, image))
                        continue;
                if (verify->txn.building && build_unfinished(&verify->txn, table, index))
                        continue;
                if (!txn_read(&verify->txn, key_bytes_of(&entry.key), &stored))
                        proof_fault(verify, "INDEX_MISSING", table,
                                place_text(verify, table, place), "the row is not in index %s",
                                index->name);
                else if (!bytes_equal(stored, key_bytes_of(&entry.location)))
                        proof_fault(verify, "INDEX_WRONG", table, place_text(verify, table, place),
                                "the row's entry in index %s names another row", index->name);
        }
}

/* What is personal must be sealed, and a key must be one that can be used. */
static void check_sealed(struct verify *verify, const struct schema_table *table,
        const struct image *image, const struct row_view *view)
{
        struct txn *txn = &verify->txn;
        const char *key = place_text(verify, table, &image->place);
        struct bytes progress;
        char name[32];

        build_name(name, table->number, 0);
        if (sealed_missing(table, view) && !(txn->building && meta_read(txn, name, &progress)))
                proof_fault(verify, "PERSONAL_CLEAR", table, key,
                        "the row has personal data that is not sealed");
        const char *fault =
                table == txn->store->schema->owner_keys ? owner_key_fault(txn, image->row) : NULL;
        if (fault != NULL)
                proof_fault(verify, "OWNER_KEY_BROKEN", table, key, "%s", fault);
}

bool verify_row(struct verify *verify, const struct schema_table *table, const struct place *place,
        struct bytes value, struct row_view *view)
{
        struct key_value values[KEY_PARTS_MAX];
        struct place own;
        const char *key = place_text(verify, table, place);
        const struct at at = {table, place};

        if (!layout_row_open(
                    view, verify->txn.store->keyring, table, key_bytes_of(&place->key), value)) {
                proof_fault(verify, "ROW_CHECKSUM", table, key, "the row is not what was written");
                return false;
        }
        void *row = row_decode(&verify->txn, table, view, place);
        if (row == NULL) {
                proof_fault(verify, verify->txn.error.reason, table, key, "%s",
                        verify->txn.error.message);
                return true;
        }
        const struct image image = {.place = *place, .row = row};
        if (view->sequence > verify->sequence)
                proof_fault(verify, "SEQUENCE_BEHIND", table, key,
                        "the row was changed by call %" PRIu64 ", the last is %" PRIu64,
                        view->sequence, verify->sequence);
        layout_values(table, row, values);
        layout_place(&own, place->key.data[0], table, place_owner(place), values, table->key_count);
        if (!bytes_equal(key_bytes_of(&own.key), key_bytes_of(&place->key))) {
                proof_fault(verify, "ROW_MISPLACED", table, key,
                        "the row lies under another key than its own");
                return true;
        }
        check_owner(verify, table, place, row);
        check_parent(verify, table, place, row);
        check_refs(verify, &at, table->message, row);
        check_indexes(verify, table, &image);
        check_sealed(verify, table, &image, view);
        return true;
}

void verify_locator(struct verify *verify, const struct schema_table *table,
        const struct place *place, struct bytes owner)
{
        struct place row;
        struct bytes value;

        layout_place_raw(&row, TREE_MAIN, table, owner, place_row_key(place));
        if (owner.len == 0 || layout_text_len(owner) != owner.len ||
                !txn_read(&verify->txn, key_bytes_of(&row.key), &value))
                proof_fault(verify, "LOCATOR_DANGLING", table, place_text(verify, table, place),
                        "the locator names an owner who does not have the row");
}

void verify_index_entry(struct verify *verify, const struct schema_table *table,
        const struct schema_index *index, const struct place *entry, struct bytes value)
{
        uint8_t tree = store_tree(verify->txn.store, table);
        struct image image;
        struct index_entry due;
        struct row_view view;
        struct bytes stored;

        if (!layout_follow(&image.place, tree, table, index, place_owner(entry), value) ||
                !txn_read(&verify->txn, key_bytes_of(&image.place.key), &stored)) {
                proof_fault(verify, "INDEX_DANGLING", table,
                        row_key_text(&verify->arena, table, value),
                        "an entry of index %s names a row that is not there", index->name);
                return;
        }
        const struct keyring *keyring = verify->txn.store->keyring;
        if (!layout_row_open(&view, keyring, table, key_bytes_of(&image.place.key), stored))
                return; /* the row's own fault */
        image.row = row_decode(&verify->txn, table, &view, &image.place);
        if (image.row == NULL)
                return;
        if (!layout_index(&due, keyring, table, index, &image) ||
                !bytes_equal(key_bytes_of(&due.key), key_bytes_of(&entry->key)))
                proof_fault(verify, "INDEX_WRONG", table, place_text(verify, table, &image.place),
                        "an entry of index %s names the row, whose values are others", index->name);
}
