/*
 * Keys and row envelopes. One tree for everything but logs, with the owner in front where there
 * is one: what a checkout touches then lies on a few neighbouring pages. A tree per index, the
 * usual way, costs one random page per index and call (measured: half the commits per second).
 */
#include "lib/store/layout.h"
#include <assert.h>

const struct schema_table *layout_root(const struct schema_table *table)
{
        while (table->parent != NULL)
                table = table->parent;
        return table;
}

bool layout_under_owner(const struct schema_table *table)
{
        const struct schema_table *root = layout_root(table);

        return root->under_owner && !root->log;
}

uint16_t layout_owner_in_key(const struct schema_table *root)
{
        for (uint16_t i = 0; i < root->key_count; i++) {
                if (root->key[i] == root->owner)
                        return i;
        }
        return SCHEMA_NONE;
}

bool layout_by_locator(const struct schema_table *table)
{
        return layout_under_owner(table) && table->parent == NULL &&
               layout_owner_in_key(table) == SCHEMA_NONE;
}

static struct key_value field_value(
        const struct schema_table *table, const void *row, uint16_t field)
{
        return key_value_of(row, &table->message->descriptor->fields[field]);
}

void layout_values(
        const struct schema_table *table, const void *row, struct key_value values[KEY_PARTS_MAX])
{
        assert(table->key_count <= KEY_PARTS_MAX);
        for (uint16_t i = 0; i < table->key_count; i++)
                values[i] = field_value(table, row, table->key[i]);
}

void layout_prefix(struct key *out, uint16_t table, uint8_t index, struct bytes owner)
{
        const uint8_t tail[] = {(uint8_t)(table >> 8), (uint8_t)table, index};

        out->overflow = false;
        out->data[0] = TREE_MAIN;
        out->data[1] = owner.len == 0 ? ZONE_LARGE : ZONE_OWNER;
        out->len = 2;
        if (owner.len > 0)
                key_append_raw(out, owner);
        key_append_raw(out, bytes_of(tail, sizeof(tail)));
}

static void place_begin(
        struct place *out, uint8_t tree, const struct schema_table *table, struct bytes owner)
{
        out->owner_len = 0;
        if (table->log) {
                key_clear(&out->key);
                key_append_byte(&out->key, tree);
        } else {
                layout_prefix(&out->key, table->number, 0, owner);
                out->owner_len = owner.len;
        }
        out->key_at = out->key.len;
}

void layout_place(struct place *out, uint8_t tree, const struct schema_table *table,
        struct bytes owner, const struct key_value *values, size_t count)
{
        place_begin(out, tree, table, owner);
        for (size_t i = 0; i < count; i++)
                key_append(&out->key, values[i]);
}

void layout_place_raw(struct place *out, uint8_t tree, const struct schema_table *table,
        struct bytes owner, struct bytes row_key)
{
        place_begin(out, tree, table, owner);
        key_append_raw(&out->key, row_key);
}

void layout_locator(
        struct key *out, const struct schema_table *root, const struct key_value *values)
{
        layout_prefix(out, root->number, 0, bytes_of(NULL, 0));
        for (uint16_t i = 0; i < root->key_count; i++)
                key_append(out, values[i]);
}

/* Under which owner an entry of the index lies; a log's rows lie at large, its entries need not. */
static void index_owner(struct key *out, const struct schema_table *table,
        const struct place *place, const void *row)
{
        key_clear(out);
        if (place->owner_len > 0)
                key_append_raw(out, place_owner(place));
        else
                key_append(out, field_value(table, row, table->owner));
}

static bool index_hides(
        const struct schema_table *table, const struct schema_index *index, uint16_t part)
{
        for (uint16_t i = 0; index->blind && i < table->sealed_count; i++)
                if (table->sealed[i] == index->fields[part])
                        return true;
        return false;
}

void layout_append_indexed(struct key *out, const struct keyring *keyring,
        const struct index_part *part, struct key_value value)
{
        uint8_t hash[SEAL_BLIND_LEN];

        if (index_hides(part->table, part->index, part->at)) {
                seal_blind(keyring, value.text, hash);
                value = key_bytes(bytes_of(hash, sizeof(hash)));
        }
        key_append(out, value);
}

bool layout_index(struct index_entry *out, const struct keyring *keyring,
        const struct schema_table *table, const struct schema_index *index,
        const struct image *image)
{
        const struct place *place = &image->place;
        struct index_part part = {table, index, index->under_owner ? 1 : 0};
        struct key owner;

        if (index->sparse && key_value_unset(field_value(table, image->row, index->fields[0])))
                return false;
        key_clear(&owner);
        if (index->under_owner)
                index_owner(&owner, table, place, image->row);
        layout_prefix(&out->key, table->number, index->number, key_bytes_of(&owner));
        for (; part.at < index->field_count; part.at++)
                layout_append_indexed(&out->key, keyring, &part,
                        field_value(table, image->row, index->fields[part.at]));
        if (!index->unique)
                key_append_raw(&out->key, place_row_key(place));
        key_clear(&out->location);
        if (place->owner_len > 0 && !index->under_owner)
                key_append_raw(&out->location, place_owner(place));
        key_append_raw(&out->location, place_row_key(place));
        return true;
}

size_t layout_text_len(struct bytes bytes)
{
        for (size_t i = 0; i + 1 < bytes.len; i++) {
                if (bytes.data[i] != 0)
                        continue;
                if (bytes.data[i + 1] == 0)
                        return i + 2;
                i++;
        }
        return 0;
}

bool layout_follow(struct place *out, uint8_t tree, const struct schema_table *table,
        const struct schema_index *index, struct bytes owner, struct bytes location)
{
        if (!layout_under_owner(table)) {
                layout_place_raw(out, tree, table, bytes_of(NULL, 0), location);
                return location.len > 0;
        }
        if (!index->under_owner) {
                owner = bytes_of(location.data, layout_text_len(location));
                location.data += owner.len;
                location.len -= owner.len;
        }
        layout_place_raw(out, tree, table, owner, location);
        return owner.len > 0 && location.len > 0;
}

/* The tree's byte is this process's own; it is not part of what is proved. */
static struct bytes proved_key(struct bytes full_key)
{
        return bytes_of(full_key.data + 1, full_key.len - 1);
}

bool layout_row_part(struct row_view *out, const struct schema_table *table, struct bytes value)
{
        size_t tail = (table->chained ? LINK_LEN : 0) + 8;

        if (value.len < tail + 8)
                return false;
        struct bytes row = bytes_of(value.data, value.len - 8);
        out->message = bytes_of(row.data, row.len - tail);
        out->link = table->chained ? row.data + row.len - tail : NULL;
        out->sequence = layout_get_u64(row.data + row.len - 8);
        layout_split(out, table);
        out->checksum = layout_get_u64(row.data + row.len);
        return true;
}

bool layout_row_open(struct row_view *out, const struct keyring *keyring,
        const struct schema_table *table, struct bytes full_key, struct bytes value)
{
        struct row_view view;

        if (!layout_row_part(&view, table, value) ||
                !seal_row_is(keyring, table->number, proved_key(full_key),
                        bytes_of(value.data, value.len - 8), view.checksum))
                return false;
        *out = view;
        return true;
}

struct bytes layout_row_close(struct arena *arena, const struct keyring *keyring,
        const struct schema_table *table, struct bytes full_key, const struct row_view *row)
{
        size_t link_len = row->link != NULL ? LINK_LEN : 0;
        size_t len = row->message.len + link_len + 8;
        uint8_t *value = arena_room(arena, len + 8);

        if (row->message.len > 0)
                memcpy(value, row->message.data, row->message.len);
        if (link_len > 0)
                memcpy(value + row->message.len, row->link, link_len);
        layout_put_u64(value + len - 8, row->sequence);
        layout_put_u64(value + len,
                seal_row(keyring, table->number, proved_key(full_key), bytes_of(value, len)));
        return bytes_of(value, len + 8);
}
