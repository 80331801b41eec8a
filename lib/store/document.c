/*
 * A document is its parent's bytes followed by the tagged bytes of its child rows, which is how
 * protobuf defines a repeated field, so no row is decoded to make one. What is stored was once
 * encoded here and its checksum is right, so reading a field of it needs no suspicion.
 */
#include <assert.h>
#include "lib/schema/decode.h"
#include "lib/store/scan.h"
#include "lib/store/wire.h"

#define ELEMENT_ROOM 512 /* for the first elements of a document */
#define HEAD_MAX     15  /* of an element: its tag and its length */

static void append_bytes(struct buffer *out, struct bytes bytes)
{
        if (bytes.len > 0)
                buffer_append(out, bytes.data, bytes.len);
}

static void append_element(struct buffer *out, uint32_t field_id, struct bytes element)
{
        uint8_t *at = buffer_reserve(out, HEAD_MAX);
        size_t head = wire_put_varint(at, (uint64_t)field_id << 3 | WIRE_BYTES);

        out->len += head + wire_put_varint(at + head, element.len);
        append_bytes(out, element);
}

/* Of one table, of one row. */
struct children {
        struct txn *txn;
        const struct schema_table *table;
        uint32_t field_id;
        struct place prefix;
};

/* made: the row is the call's own. */
static void append_children(struct txn *txn, const struct schema_table *table,
        const struct place *place, bool made, struct buffer *out);

/* Children of children are inside their parent's element. Depth is that of the declarations. */
static void append_child(const struct children *of, const struct place *place,
        const struct row_view *view, struct buffer *out)
{
        struct bytes row = row_bytes(of->txn, of->table, view, place);
        struct buffer element = {0};

        if (of->table->child_count == 0) {
                append_element(out, of->field_id, row);
                return;
        }
        append_bytes(&element, row);
        append_children(of->txn, of->table, place, false, &element);
        append_element(out, of->field_id, bytes_of(element.data, element.len));
        buffer_release(&element);
}

/* All of them are changes of the call, since it inserted the row. */
static void append_made(const struct children *of, struct buffer *out)
{
        struct txn *txn = of->txn;
        size_t count;
        const struct sorted_node **nodes = overlay_made(
                txn->group->overlay, txn->arena, key_bytes_of(&of->prefix.key), &count);
        struct row_view view;
        struct place place;

        for (size_t i = 0; i < count; i++) {
                if (row_of_entry(txn, of->table, nodes[i]->key, nodes[i]->value, &place, &view))
                        append_child(of, &place, &view, out);
        }
}

static void append_scanned(const struct children *of, struct buffer *out)
{
        struct scan *scan = scan_rows(of->txn, of->table, key_bytes_of(&of->prefix.key), MERGE_UP);
        struct row_view view;

        while (scan_step(scan, &view))
                append_child(of, &scan->place, &view, out);
}

static void append_children(struct txn *txn, const struct schema_table *table,
        const struct place *place, bool made, struct buffer *out)
{
        for (uint16_t i = 0; i < table->child_count; i++) {
                struct children of = {
                        .txn = txn,
                        .table = table->children[i].table,
                        .field_id = table->message->descriptor->fields[table->children[i].field].id,
                };

                layout_place_raw(
                        &of.prefix, TREE_MAIN, of.table, place_owner(place), place_row_key(place));
                if (made)
                        append_made(&of, out);
                else
                        append_scanned(&of, out);
        }
}

static bool document_is_made(const struct txn *txn, const struct place *place)
{
        return txn->document.data != NULL &&
               txn->document_changes == txn->group->overlay->changes &&
               bytes_equal(key_bytes_of(&txn->document_key), key_bytes_of(&place->key));
}

static void document_keep(struct txn *txn, const struct place *place, struct bytes document)
{
        txn->document = document;
        txn->document_changes = txn->group->overlay->changes;
        key_clear(&txn->document_key);
        key_append_raw(&txn->document_key, key_bytes_of(&place->key));
}

struct bytes txn_document_bytes(
        struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        struct bytes document = {NULL, 0};
        struct buffer out = {0};
        struct row_view view;
        struct place place;

        if (!txn_ok(txn) || !row_place(txn, table, key, &place))
                return document;
        if (document_is_made(txn, &place))
                return txn->document;
        if (!row_at(txn, table, &place, &view))
                return document;
        append_bytes(&out, row_bytes(txn, table, &view, &place));
        append_children(
                txn, table, &place, bytes_equal(key_bytes_of(&place.key), txn->inserted), &out);
        if (txn_ok(txn))
                document = bytes_of(arena_copy(txn->arena, out.data, out.len), out.len);
        buffer_release(&out);
        if (txn->group != NULL)
                document_keep(txn, &place, document);
        return document;
}

void *txn_document(struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        struct bytes bytes = txn_document_bytes(txn, table, key);

        if (bytes.data == NULL)
                return txn_row(txn, NULL);
        void *document = decode_trusted(txn->arena, table->message->descriptor, bytes);
        if (document == NULL)
                txn_stick(txn, DATA_LOSS, "ROW_MALFORMED", "a document of %s cannot be decoded",
                        table->name);
        return txn_row(txn, document);
}

/* A message that grows in the arena, at once with room for as much again. */
struct growing {
        struct arena *arena;
        uint8_t *data;
        size_t len;
        size_t capacity;
};

static uint8_t *grow(struct growing *out, size_t size)
{
        if (size > out->capacity - out->len) {
                size_t capacity = 2 * (out->len + size);
                uint8_t *data = arena_room(out->arena, capacity);

                if (out->len > 0)
                        memcpy(data, out->data, out->len);
                out->data = data;
                out->capacity = capacity;
        }
        return out->data + out->len;
}

/* A row's length is known when it is written; its head then takes the place before it. */
static void grow_by_row(
        struct growing *out, struct scan *scan, const struct row_view *view, uint32_t field_id)
{
        uint8_t *at = grow(out, HEAD_MAX + view->message.len + ROW_ETAG_MAX);
        size_t len = row_write(at + HEAD_MAX, scan->txn, scan->table, view, &scan->place);
        size_t head = wire_put_varint(at, (uint64_t)field_id << 3 | WIRE_BYTES);

        head += wire_put_varint(at + head, len);
        memmove(at + head, at + HEAD_MAX, len);
        out->len += head + len;
}

struct bytes scan_append(struct scan *scan, struct bytes message, uint32_t field_id)
{
        struct growing out = {.arena = scan->txn->arena};
        struct row_view view;

        uint8_t *at = grow(&out, message.len + ELEMENT_ROOM);

        if (message.len > 0)
                memcpy(at, message.data, message.len);
        out.len = message.len;
        while (scan_step(scan, &view))
                grow_by_row(&out, scan, &view, field_id);
        return bytes_of(out.data, out.len);
}

struct stored txn_stored(
        struct txn *txn, const struct schema_table *table, const struct key_value *key)
{
        return (struct stored){table, txn_get_bytes(txn, table, key)};
}

int64_t stored_number(struct stored row, uint32_t number)
{
        struct bytes rest = row.bytes;
        struct wire_field at;

        while (wire_take(&rest, &at))
                if (at.id == number)
                        return (int64_t)at.number;
        return 0;
}
