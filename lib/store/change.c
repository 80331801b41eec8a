/*
 * Insert, update, delete and a move to another owner are one thing: an old image of the row or
 * none becomes a new one or none, and row, locator and each index follow by themselves. There is
 * no second place that knows what belongs to a row.
 */
#include <assert.h>
#include "lib/schema/decode.h"
#include "lib/store/scan.h"
#include "lib/store/sealed.h"

static const char *table_reason(struct txn *txn, const struct schema_table *table, const char *what)
{
        return row_reason(txn->arena, table->name, what);
}

static const char *place_text(
        struct txn *txn, const struct schema_table *table, const struct place *place)
{
        return row_key_text(txn->arena, table, place_row_key(place));
}

/* ---- entries ---- */

static void index_taken(
        struct txn *txn, const struct schema_table *table, const struct schema_index *index)
{
        const ProtobufCFieldDescriptor *fields = table->message->descriptor->fields;
        struct buffer names = {0};
        struct violation *violation = arena_new(txn->arena, struct violation);

        for (uint16_t i = 0; i < index->field_count; i++)
                buffer_printf(&names, "%s%s", i > 0 ? "_" : "", fields[index->fields[i]].name);
        buffer_printf(&names, "_TAKEN");
        char *what = arena_printf(txn->arena, "%.*s", (int)names.len, (const char *)names.data);
        buffer_release(&names);
        txn_stick(txn, ALREADY_EXISTS, table_reason(txn, table, what),
                "another %s has this %s already", table->name, fields[index->fields[0]].name);
        violation->field = fields[index->fields[index->field_count - 1]].name;
        violation->reason = txn->error.reason;
        violation->description = txn->error.message;
        txn->error.violations = violation;
}

void index_replace(struct txn *txn, const struct schema_table *table,
        const struct schema_index *index, const struct image *old, const struct image *new)
{
        const struct keyring *keyring = txn->store->keyring;
        struct index_entry from, to;
        struct bytes taken;
        bool had = old != NULL && layout_index(&from, keyring, table, index, old);
        bool has = new != NULL &&layout_index(&to, keyring, table, index, new);

        if (has && (!key_fits(txn, table, &to.key) || !key_fits(txn, table, &to.location)))
                return;
        bool same = had && has && bytes_equal(key_bytes_of(&from.key), key_bytes_of(&to.key));
        if (same && bytes_equal(key_bytes_of(&from.location), key_bytes_of(&to.location)))
                return;
        if (had && !same)
                txn_erase(txn, key_bytes_of(&from.key));
        if (!has)
                return;
        if (index->unique && !same &&
                txn_find(txn, key_bytes_of(&to.key), entry_is_fresh(txn, table, index, new->row),
                        &taken)) {
                index_taken(txn, table, index);
                return;
        }
        txn_put(txn, key_bytes_of(&to.key), key_bytes_of(&to.location));
}

static void locator_replace(struct txn *txn, const struct schema_table *table,
        const struct image *old, const struct image *new)
{
        struct key_value values[KEY_PARTS_MAX];
        struct key locator;

        if (old != NULL && new != NULL &&
                bytes_equal(place_owner(&old->place), place_owner(&new->place)))
                return;
        layout_values(table, new != NULL ? new->row : old->row, values);
        layout_locator(&locator, table, values);
        if (new != NULL)
                txn_put(txn, key_bytes_of(&locator), place_owner(&new->place));
        else
                txn_erase(txn, key_bytes_of(&locator));
}

/* The message as it is stored. */
static struct bytes row_encode(
        struct txn *txn, const struct schema_table *table, const struct image *image)
{
        return sealed_close(txn, table, image, encode(txn->arena, image->row));
}

static void row_put(struct txn *txn, const struct schema_table *table, const struct place *place,
        const struct row_view *view)
{
        struct bytes full_key = key_bytes_of(&place->key);
        struct bytes row = layout_row_close(txn->arena, txn->store->keyring, table, full_key, view);
        const uint8_t *value = txn_put(txn, full_key, row);

        if (value != NULL)
                row_note_proved(txn, value, layout_get_u64(row.data + row.len - 8));
}

void row_reseal(struct txn *txn, const struct schema_table *table, const struct image *image,
        const struct row_view *view)
{
        struct row_view sealed = *view;

        sealed.message = row_encode(txn, table, image);
        row_put(txn, table, &image->place, &sealed);
}

static bool is_key(const struct schema_table *table, uint16_t field)
{
        for (uint16_t i = 0; i < table->key_count; i++)
                if (table->key[i] == field)
                        return true;
        return false;
}

/* Whether its entries follow from the row's key, as no update changes them. */
static bool index_is_fixed(const struct schema_table *table, const struct schema_index *index)
{
        for (uint16_t i = 0; i < index->field_count; i++)
                if (!is_key(table, index->fields[i]))
                        return false;
        return !index->under_owner && !layout_under_owner(table);
}

/* Whether nothing beside a row changes when it does, and nothing of the old one is needed. */
static bool stands_alone(const struct schema_table *table)
{
        for (uint16_t i = 0; i < table->index_count; i++)
                if (!index_is_fixed(table, &table->indexes[i]))
                        return false;
        return !layout_under_owner(table) && table->sealed_count == 0;
}

static void row_replace(struct txn *txn, const struct schema_table *table, const struct image *old,
        const struct image *new)
{
        if (old != NULL && (new == NULL || !bytes_equal(key_bytes_of(&old->place.key),
                                                   key_bytes_of(&new->place.key))))
                txn_erase(txn, key_bytes_of(&old->place.key));
        if (new != NULL)
                row_put(txn, table, &new->place,
                        &(struct row_view){
                                .message = row_encode(txn, table, new),
                                .sequence = txn->sequence,
                        });
        if (layout_under_owner(table) && table->parent == NULL)
                locator_replace(txn, table, old, new);
        for (uint16_t i = 0; i < table->index_count; i++)
                if (old == NULL || new == NULL || !index_is_fixed(table, &table->indexes[i]))
                        index_replace(txn, table, &table->indexes[i], old, new);
}

/* ---- images ---- */

/* A copy of the message without what is not stored: the etag, and elements of child fields. */
static void *row_stored(struct txn *txn, const struct schema_table *table, const void *row)
{
        const ProtobufCMessageDescriptor *descriptor = table->message->descriptor;
        uint8_t *copy = arena_copy(txn->arena, row, descriptor->sizeof_message);

        assert(((const ProtobufCMessage *)row)->descriptor == descriptor);
        if (table->etag != SCHEMA_NONE)
                *(const char **)schema_member(copy, &descriptor->fields[table->etag]) = "";
        for (uint16_t i = 0; i < table->child_count; i++) {
                const ProtobufCFieldDescriptor *field =
                        &descriptor->fields[table->children[i].field];
                size_t *count = (size_t *)(void *)(copy + field->quantifier_offset);

                *count = 0;
        }
        return copy;
}

/* Child rows carry a copy of the owner's id; it is the parent's, whatever they say. */
static void row_set_owner(
        struct txn *txn, const struct schema_table *table, void *row, struct bytes owner)
{
        struct key_value value;

        if (table->owner == SCHEMA_NONE || !key_take(txn->arena, &owner, KEY_TEXT, &value))
                return;
        *(const char **)schema_member(row, &table->message->descriptor->fields[table->owner]) =
                value.text;
}

/* Where a row will lie: a root's own field tells the owner, a child follows its parent. */
static bool image_make(
        struct txn *txn, const struct schema_table *table, const void *row, struct image *out)
{
        struct key_value values[KEY_PARTS_MAX];
        struct key owner;

        out->row = row_stored(txn, table, row);
        layout_values(table, row, values);
        key_clear(&owner);
        if (layout_under_owner(table) && table->parent != NULL) {
                if (!row_owner(txn, table, values, &owner))
                        return false;
                row_set_owner(txn, table, out->row, key_bytes_of(&owner));
        } else if (layout_under_owner(table)) {
                const ProtobufCFieldDescriptor *field =
                        &table->message->descriptor->fields[table->owner];

                key_append(&owner, key_value_of(row, field));
        }
        layout_place(&out->place, store_tree(txn->store, table), table, key_bytes_of(&owner),
                values, table->key_count);
        sealed_forget(txn, table, out);
        return key_fits(txn, table, &out->place.key);
}

/* Where the row is, or an error. */
static bool image_place(struct txn *txn, const struct schema_table *table,
        const struct key_value *values, struct image *out, struct row_view *view)
{
        out->row = NULL;
        if (row_find(txn, table, values, &out->place, view))
                return true;
        if (txn_ok(txn)) {
                layout_place(
                        &out->place, TREE_MAIN, table, bytes_of(NULL, 0), values, table->key_count);
                txn_stick(txn, NOT_FOUND, table_reason(txn, table, "NOT_FOUND"),
                        "there is no %s %s", table->name, place_text(txn, table, &out->place));
        }
        return false;
}

static bool image_find(struct txn *txn, const struct schema_table *table,
        const struct key_value *values, struct image *out)
{
        struct row_view view;

        if (image_place(txn, table, values, out, &view))
                out->row = row_decode(txn, table, &view, &out->place);
        return out->row != NULL;
}

/* ---- what hangs on a row ---- */

static void descendants_delete(struct txn *txn, const struct schema_table *table,
        struct bytes owner, const struct key_value *values, size_t count)
{
        for (uint16_t i = 0; i < table->child_count; i++) {
                const struct schema_table *child = table->children[i].table;
                struct image old;
                struct place prefix;

                layout_place(&prefix, TREE_MAIN, child, owner, values, count);
                struct scan *scan = scan_rows(txn, child, key_bytes_of(&prefix.key), MERGE_UP);
                while ((old.row = scan_next(scan)) != NULL) {
                        old.place = scan->place;
                        row_replace(txn, child, &old, NULL);
                }
                descendants_delete(txn, child, owner, values, count);
        }
}

static void descendants_move(struct txn *txn, const struct schema_table *table,
        const struct key_value *values, size_t count, const struct bytes owners[2])
{
        for (uint16_t i = 0; i < table->child_count; i++) {
                const struct schema_table *child = table->children[i].table;
                struct image old, new;
                struct place prefix;

                layout_place(&prefix, TREE_MAIN, child, owners[0], values, count);
                struct scan *scan = scan_rows(txn, child, key_bytes_of(&prefix.key), MERGE_UP);
                while ((old.row = scan_next(scan)) != NULL) {
                        old.place = scan->place;
                        new.row = row_stored(txn, child, old.row);
                        row_set_owner(txn, child, new.row, owners[1]);
                        layout_place_raw(
                                &new.place, TREE_MAIN, child, owners[1], place_row_key(&old.place));
                        if (!key_fits(txn, child, &new.place.key))
                                return;
                        row_replace(txn, child, &old, &new);
                }
                descendants_move(txn, child, values, count, owners);
        }
}

/* ---- the public ones ---- */

static bool parent_exists(
        struct txn *txn, const struct schema_table *table, const struct key_value *values)
{
        if (table->parent == NULL || txn_has(txn, table->parent, values))
                return true;
        txn_stick(txn, NOT_FOUND, table_reason(txn, table->parent, "NOT_FOUND"),
                "there is no %s for a %s", table->parent->name, table->name);
        return false;
}

static bool key_is_new(struct txn *txn, const struct schema_table *table, const struct image *image,
        const struct key_value *values)
{
        struct key locator;
        struct bytes full_key = key_bytes_of(&image->place.key);
        struct bytes there;

        if (layout_by_locator(table)) {
                layout_locator(&locator, table, values);
                full_key = key_bytes_of(&locator);
        }
        if (!txn_find(txn, full_key, row_is_fresh(txn, table, &image->place, values), &there))
                return txn_ok(txn);
        txn_stick(txn, ALREADY_EXISTS, table_reason(txn, table, "EXISTS"),
                "there is a %s %s already", table->name, place_text(txn, table, &image->place));
        return false;
}

void txn_insert(struct txn *txn, const struct schema_table *table, const void *row)
{
        struct key_value values[KEY_PARTS_MAX];
        struct image new;

        assert(!table->log);
        layout_values(table, row, values);
        if (!txn_ok(txn) || !parent_exists(txn, table, values) ||
                !image_make(txn, table, row, &new) || !key_is_new(txn, table, &new, values) ||
                sealed_refuse(txn, table, &new))
                return;
        row_replace(txn, table, NULL, &new);
        row_note_inserted(txn, table, &new.place);
}

void txn_update(struct txn *txn, const struct schema_table *table, const void *row)
{
        struct key_value values[KEY_PARTS_MAX];
        struct image old, new;
        struct row_view view;

        assert(!table->log);
        layout_values(table, row, values);
        bool found = stands_alone(table) ? image_place(txn, table, values, &old, &view)
                                         : image_find(txn, table, values, &old);
        if (!found || !image_make(txn, table, row, &new))
                return;
        row_replace(txn, table, &old, &new);
        if (layout_under_owner(table) && table->parent == NULL &&
                !bytes_equal(place_owner(&old.place), place_owner(&new.place))) {
                const struct bytes owners[2] = {place_owner(&old.place), place_owner(&new.place)};

                descendants_move(txn, table, values, table->key_count, owners);
        }
}

void txn_delete(struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        struct image old;

        assert(!table->log);
        if (!image_find(txn, table, key, &old))
                return;
        descendants_delete(txn, table, place_owner(&old.place), key, table->key_count);
        row_replace(txn, table, &old, NULL);
}

uint64_t txn_append(struct txn *txn, const struct schema_table *table, void *row)
{
        const ProtobufCFieldDescriptor *field = &table->message->descriptor->fields[table->key[0]];
        struct key_value number[KEY_PARTS_MAX];
        struct log_head head;
        struct image new;

        assert(table->log && table->key_count == 1);
        if (!txn_ok(txn))
                return 0;
        log_head_read(txn, table, &head);
        head.number++;
        head.sequence = txn->sequence;
        assert(field->type == PROTOBUF_C_TYPE_UINT64);
        *(uint64_t *)schema_member(row, field) = head.number;
        new.row = row_stored(txn, table, row);
        layout_values(table, row, number);
        layout_place(
                &new.place, store_tree(txn->store, table), table, bytes_of(NULL, 0), number, 1);
        sealed_forget(txn, table, &new);
        const struct row_view view = {
                .message = row_encode(txn, table, &new),
                .link = table->chained ? head.link : NULL,
                .sequence = head.sequence,
        };
        if (table->chained)
                log_link(head.link, view.message, head.sequence, head.link);
        row_put(txn, table, &new.place, &view);
        for (uint16_t i = 0; i < table->index_count; i++)
                index_replace(txn, table, &table->indexes[i], NULL, &new);
        log_head_write(txn, table, &head);
        return head.number;
}
