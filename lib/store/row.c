/*
 * From a key to a row. The common way, a table at large, is one key built, one lookup, one
 * checksum and one decoding into the arena; a table under owners asks its locator first, unless
 * the owner is part of the key.
 */
#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include "lib/schema/decode.h"
#include "lib/store/sealed.h"
#include "lib/store/wire.h"

uint8_t store_tree(const struct store *store, const struct schema_table *table)
{
        if (!table->log)
                return TREE_MAIN;
        for (size_t i = 0; i < store->log_count; i++) {
                if (store->logs[i] == table)
                        return (uint8_t)(TREE_LOG + i);
        }
        assert(!"a log table of another schema");
        return 0;
}

static void key_part_text(struct buffer *out, struct key_value part)
{
        char hex[2 * 32 + 1];

        switch (part.type) {
        case KEY_TEXT:
                buffer_printf(out, "%s", part.text);
                return;
        case KEY_INT:
                buffer_printf(out, "%" PRId64, part.number);
                return;
        case KEY_UINT:
                buffer_printf(out, "%" PRIu64, part.natural);
                return;
        case KEY_BOOL:
                buffer_printf(out, "%s", part.flag ? "true" : "false");
                return;
        case KEY_BYTES:
                if (part.bytes.len > 32)
                        part.bytes.len = 32;
                bytes_to_hex(part.bytes, hex);
                buffer_printf(out, "%s", hex);
                return;
        }
}

const char *row_key_text(
        struct arena *arena, const struct schema_table *table, struct bytes row_key)
{
        struct buffer text = {0};

        for (uint16_t i = 0; i < table->key_count; i++) {
                const ProtobufCFieldDescriptor *field =
                        &table->message->descriptor->fields[table->key[i]];
                struct key_value part;

                if (!key_take(arena, &row_key, key_type_of(field), &part)) {
                        buffer_printf(&text, "%s?", i > 0 ? "/" : "");
                        break;
                }
                if (i > 0)
                        buffer_printf(&text, "/");
                key_part_text(&text, part);
        }
        char *copy = arena_printf(arena, "%.*s", (int)text.len, (const char *)text.data);
        buffer_release(&text);
        return copy;
}

const char *row_reason(struct arena *arena, const char *table, const char *what)
{
        char *reason = arena_alloc(arena, 2 * strlen(table) + strlen(what) + 2);
        size_t len = 0;

        for (const char *c = table; *c != '\0'; c++) {
                if (isupper((unsigned char)*c) && c > table)
                        reason[len++] = '_';
                reason[len++] = (char)toupper((unsigned char)*c);
        }
        reason[len++] = '_';
        for (const char *c = what; *c != '\0'; c++)
                reason[len++] = (char)toupper((unsigned char)*c);
        return reason;
}

bool key_fits(struct txn *txn, const struct schema_table *table, const struct key *key)
{
        if (!key->overflow)
                return true;
        txn_stick(txn, INVALID_ARGUMENT, "KEY_TOO_LONG", "a key of %s is longer than %d bytes",
                table->name, KEY_LEN_MAX);
        return false;
}

bool row_owner(struct txn *txn, const struct schema_table *table, const struct key_value *values,
        struct key *owner)
{
        const struct schema_table *root = layout_root(table);
        uint16_t part = layout_owner_in_key(root);
        struct bytes value;
        struct key locator;

        key_clear(owner);
        if (part != SCHEMA_NONE) {
                key_append(owner, values[part]);
                return true;
        }
        layout_locator(&locator, root, values);
        if (!key_fits(txn, root, &locator) || !txn_read(txn, key_bytes_of(&locator), &value))
                return false;
        key_append_raw(owner, value);
        return true;
}

bool row_place(struct txn *txn, const struct schema_table *table, const struct key_value *values,
        struct place *out)
{
        struct key owner;

        key_clear(&owner);
        if (layout_under_owner(table) && !row_owner(txn, table, values, &owner))
                return false;
        layout_place(out, store_tree(txn->store, table), table, key_bytes_of(&owner), values,
                table->key_count);
        return key_fits(txn, table, &out->key);
}

/* Of a group a while is the group: what it changes gets a fresh checksum, so it looks at everything
 * once itself. */
static struct proved *proved_of(const struct txn *txn, uint64_t *when)
{
        if (txn->group == NULL) {
                *when = proved_while(txn->begin_us);
                return txn->store->proved;
        }
        *when = txn->group->looked.group;
        return &txn->group->proved;
}

void row_note_proved(struct txn *txn, const uint8_t *value, uint64_t checksum)
{
        uint64_t when;
        struct proved *proved = proved_of(txn, &when);

        if (proved != NULL)
                proved_note(proved, proof_of(value, checksum, when));
}

bool row_open(struct txn *txn, const struct schema_table *table, const struct place *place,
        struct bytes value, struct row_view *out)
{
        uint64_t when;
        struct proved *proved = proved_of(txn, &when);

        if (proved != NULL && layout_row_part(out, table, value) &&
                proved_has(proved, proof_of(value.data, out->checksum, when)))
                return true;
        if (layout_row_open(out, txn->store->keyring, table, key_bytes_of(&place->key), value)) {
                row_note_proved(txn, value.data, out->checksum);
                return true;
        }
        txn_stick(txn, DATA_LOSS, "ROW_CHECKSUM", "%s %s is not what was written", table->name,
                row_key_text(txn->arena, table, place_row_key(place)));
        return false;
}

bool row_of_entry(struct txn *txn, const struct schema_table *table, struct bytes key,
        struct bytes value, struct place *place, struct row_view *view)
{
        bool under = !table->log && key.data[1] == ZONE_OWNER;

        key_clear(&place->key);
        key_append_raw(&place->key, key);
        place->owner_len = under ? layout_text_len(bytes_of(key.data + 2, key.len - 2)) : 0;
        place->key_at = table->log ? 1 : 5 + place->owner_len;
        return row_open(txn, table, place, value, view);
}

bool row_at(struct txn *txn, const struct schema_table *table, const struct place *place,
        struct row_view *out)
{
        struct bytes value;

        return txn_read(txn, key_bytes_of(&place->key), &value) &&
               row_open(txn, table, place, value, out);
}

bool row_find(struct txn *txn, const struct schema_table *table, const struct key_value *values,
        struct place *place, struct row_view *out)
{
        return txn_ok(txn) && row_place(txn, table, values, place) &&
               row_at(txn, table, place, out);
}

static char *etag_text(struct txn *txn, uint64_t sequence)
{
        char text[DECIMAL_SIZE];

        return arena_copy(txn->arena, text, decimal_text(sequence, text) + 1);
}

/* The row's message with what is personal in it, into room for view->message.len bytes; the bytes
 * written. */
static size_t row_clear(uint8_t *out, struct txn *txn, const struct schema_table *table,
        const struct row_view *view, const struct place *place)
{
        size_t len = view->open.len;

        if (len > 0)
                memcpy(out, view->open.data, len);
        if (view->sealed.data != NULL)
                len += sealed_open(txn, table, place, view, out + len);
        return len;
}

void *row_decode(struct txn *txn, const struct schema_table *table, const struct row_view *view,
        const struct place *place)
{
        const ProtobufCMessageDescriptor *descriptor = table->message->descriptor;
        struct bytes message = view->open;

        if (view->sealed.data != NULL) {
                uint8_t *clear = arena_room(txn->arena, view->message.len);
                size_t len = row_clear(clear, txn, table, view, place);

                if (!txn_ok(txn))
                        return NULL;
                message = bytes_of(clear, len);
        }
        void *row = decode_trusted(txn->arena, descriptor, message);

        if (row == NULL) {
                txn_stick(txn, DATA_LOSS, "ROW_MALFORMED", "row %s of %s cannot be decoded",
                        row_key_text(txn->arena, table, place_row_key(place)), table->name);
                return NULL;
        }
        if (table->etag != SCHEMA_NONE) {
                char **etag = schema_member(row, &descriptor->fields[table->etag]);

                *etag = etag_text(txn, view->sequence);
        }
        return row;
}

size_t row_write(uint8_t *out, struct txn *txn, const struct schema_table *table,
        const struct row_view *view, const struct place *place)
{
        char etag[DECIMAL_SIZE];
        size_t len = row_clear(out, txn, table, view, place);

        if (!txn_ok(txn) || table->etag == SCHEMA_NONE)
                return len;
        uint32_t id = table->message->descriptor->fields[table->etag].id;
        size_t digits = decimal_text(view->sequence, etag);

        len += wire_put_varint(out + len, (uint64_t)id << 3 | WIRE_BYTES);
        out[len++] = (uint8_t)digits;
        memcpy(out + len, etag, digits);
        return len + digits;
}

struct bytes row_bytes(struct txn *txn, const struct schema_table *table,
        const struct row_view *view, const struct place *place)
{
        uint8_t *data = arena_room(txn->arena, view->message.len + ROW_ETAG_MAX);
        size_t len = row_write(data, txn, table, view, place);

        return txn_ok(txn) ? bytes_of(data, len) : bytes_of(NULL, 0);
}

void *txn_get(struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        struct place place;
        struct row_view view;

        if (!row_find(txn, table, key, &place, &view))
                return txn_row(txn, NULL);
        return txn_row(txn, row_decode(txn, table, &view, &place));
}

struct bytes txn_get_bytes(
        struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        struct place place;
        struct row_view view;

        if (!row_find(txn, table, key, &place, &view))
                return bytes_of(NULL, 0);
        return row_bytes(txn, table, &view, &place);
}

bool txn_has(struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        struct place place;
        struct bytes value;

        if (!txn_ok(txn))
                return false;
        if (layout_by_locator(table))
                layout_locator(&place.key, table, key); /* comes and goes with the row */
        else if (!row_place(txn, table, key, &place))
                return false;
        return key_fits(txn, table, &place.key) &&
               txn_find(txn, key_bytes_of(&place.key), values_are_fresh(txn, key, table->key_count),
                       &value);
}

uint64_t txn_row_sequence(
        struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        struct place place;
        struct row_view view;

        return row_find(txn, table, key, &place, &view) ? view.sequence : 0;
}

static const char *owner_text(struct txn *txn, struct bytes owner)
{
        struct key_value value;

        return key_take(txn->arena, &owner, KEY_TEXT, &value) ? value.text : NULL;
}

const char *txn_owner(
        struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        struct place place;
        struct row_view view;

        if (!row_find(txn, table, key, &place, &view))
                return NULL;
        if (place.owner_len > 0)
                return owner_text(txn, place_owner(&place));
        const struct schema_table *root = table->owner == SCHEMA_NONE ? layout_root(table) : table;
        if (root->owner == SCHEMA_NONE)
                return "";
        void *row = root == table ? row_decode(txn, table, &view, &place) : txn_get(txn, root, key);
        if (row == NULL)
                return NULL;
        return schema_text_at(row, &root->message->descriptor->fields[root->owner], 0);
}
