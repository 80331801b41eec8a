/*
 * Keys that no snapshot can have need not be looked for there, which is a third of what a checkout
 * would look for. What the group has done is looked at all the same, so a call that inserts twice,
 * or after another, is refused as ever.
 *
 * A child goes with its parent, so there is none below a parent that the call inserted itself. An
 * id that the call made is in nothing that was there before, neither as a key or a part of one nor
 * behind a word ("order.placed:ID").
 */
#include <assert.h>
#include "lib/store/internal.h"

void txn_id_is_new(struct txn *txn, const char *id)
{
        assert(strlen(id) == ID_LEN);
        if (txn->group == NULL)
                return; /* a reader has nothing but its snapshot */
        memcpy(txn->new_ids[txn->new_id_count++ % NEW_IDS_MAX], id, ID_LEN + 1);
}

void row_note_inserted(struct txn *txn, const struct schema_table *table, const struct place *place)
{
        struct bytes key = key_bytes_of(&place->key);

        if (table->child_count > 0 && table->parent == NULL)
                txn->inserted = bytes_of(arena_copy(txn->arena, key.data, key.len), key.len);
}

/* Is it a child of the row that the call inserted last? */
static bool parent_is_new(
        const struct txn *txn, const struct schema_table *table, const struct place *place)
{
        struct bytes row_key = place_row_key(place);
        struct place parent;

        if (table->parent == NULL || txn->inserted.len < place->key_at ||
                txn->inserted.len > place->key.len)
                return false;
        row_key.len = txn->inserted.len - place->key_at;
        layout_place_raw(&parent, TREE_MAIN, table->parent, place_owner(place), row_key);
        return bytes_equal(key_bytes_of(&parent.key), txn->inserted);
}

static bool ends_with_new_id(const struct txn *txn, const char *text)
{
        size_t len = strlen(text);

        if (len < ID_LEN)
                return false;
        for (size_t i = 0; i < NEW_IDS_MAX; i++)
                if (memcmp(text + len - ID_LEN, txn->new_ids[i], ID_LEN) == 0)
                        return true;
        return false;
}

static bool value_is_fresh(const struct txn *txn, struct key_value value)
{
        return txn->new_id_count > 0 && value.type == KEY_TEXT && ends_with_new_id(txn, value.text);
}

bool values_are_fresh(const struct txn *txn, const struct key_value *values, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (value_is_fresh(txn, values[i]))
                        return true;
        return false;
}

bool row_is_fresh(const struct txn *txn, const struct schema_table *table,
        const struct place *place, const struct key_value *values)
{
        return parent_is_new(txn, table, place) || values_are_fresh(txn, values, table->key_count);
}

bool entry_is_fresh(const struct txn *txn, const struct schema_table *table,
        const struct schema_index *index, const void *row)
{
        const ProtobufCFieldDescriptor *fields = table->message->descriptor->fields;

        for (uint16_t i = 0; i < index->field_count; i++)
                if (value_is_fresh(txn, key_value_of(row, &fields[index->fields[i]])))
                        return true;
        return false;
}
