/*
 * Splits a row's encoding by its top-level fields, seals one half and joins them again. Working on
 * the encoding costs one walk over the tags, where two copies of the message would cost two
 * encodings, and it keeps fields whole that this program does not know.
 */
#include "lib/store/sealed.h"
#include <assert.h>
#include "lib/store/wire.h"

#define SEALED_ID  19001
#define HEAD_MAX   (3 + WIRE_VARINT_MAX)
#define OWNER_NONE ""

bool sealed_field(const struct schema_table *table, uint16_t field)
{
        for (uint16_t i = 0; i < table->sealed_count; i++)
                if (table->sealed[i] == field)
                        return true;
        return false;
}

static bool sealed_id(const struct schema_table *table, uint32_t id)
{
        const ProtobufCFieldDescriptor *fields = table->message->descriptor->fields;

        for (uint16_t i = 0; i < table->sealed_count; i++)
                if (fields[table->sealed[i]].id == id)
                        return true;
        return false;
}

/* What is authenticated beside what is sealed. Returns its length. */
static struct bytes context_of(
        const struct schema_table *table, const struct place *place, uint8_t room[2 + KEY_LEN_MAX])
{
        struct bytes key = place_row_key(place);

        room[0] = (uint8_t)(table->number >> 8);
        room[1] = (uint8_t)table->number;
        memcpy(room + 2, key.data, key.len);
        return bytes_of(room, 2 + key.len);
}

/* The owner's name, from where the row lies or from its own field; "" where it says none. */
static const char *owner_of(struct txn *txn, const struct schema_table *table,
        const struct place *place, struct bytes message)
{
        struct key_value value;
        struct bytes owner = place_owner(place);
        struct wire_field field;

        if (owner.len > 0)
                return key_take(txn->arena, &owner, KEY_TEXT, &value) ? value.text : OWNER_NONE;
        if (table->owner == SCHEMA_NONE)
                return OWNER_NONE;
        uint32_t id = table->message->descriptor->fields[table->owner].id;
        while (wire_take(&message, &field))
                if (field.id == id)
                        return arena_printf(txn->arena, "%.*s", (int)field.value.len,
                                (const char *)field.value.data);
        return OWNER_NONE;
}

static bool has_personal(const struct schema_table *table, const void *row)
{
        for (uint16_t i = 0; i < table->sealed_count; i++)
                if (schema_count(row, &table->message->descriptor->fields[table->sealed[i]]) > 0)
                        return true;
        return false;
}

static const char *owner_of_image(
        struct txn *txn, const struct schema_table *table, const struct image *image)
{
        struct key_value value;
        struct bytes owner = place_owner(&image->place);

        if (owner.len > 0)
                return key_take(txn->arena, &owner, KEY_TEXT, &value) ? value.text : OWNER_NONE;
        return schema_text_at(image->row, &table->message->descriptor->fields[table->owner], 0);
}

bool sealed_refuse(struct txn *txn, const struct schema_table *table, const struct image *image)
{
        if (!table->forget || !txn_owner_erased(txn, owner_of_image(txn, table, image)))
                return false;
        txn_stick(txn, FAILED_PRECONDITION, row_reason(txn->arena, table->name, "OWNER_ERASED"),
                "nothing new is kept of %s, who was erased", owner_of_image(txn, table, image));
        return true;
}

void sealed_forget(struct txn *txn, const struct schema_table *table, struct image *image)
{
        if (!has_personal(table, image->row) ||
                !txn_owner_erased(txn, owner_of_image(txn, table, image)))
                return;
        for (uint16_t i = 0; i < table->sealed_count; i++)
                schema_clear(table->message, image->row, table->sealed[i]);
}

struct halves {
        struct bytes open;
        struct bytes personal;
};

static struct halves split(
        struct arena *arena, const struct schema_table *table, struct bytes message)
{
        uint8_t *open = arena_room(arena, 2 * message.len + 1);
        uint8_t *personal = open + message.len;
        struct halves halves = {bytes_of(open, 0), bytes_of(personal, 0)};
        struct wire_field field;

        while (wire_take(&message, &field)) {
                bool sealed = sealed_id(table, field.id);
                struct bytes *half = sealed ? &halves.personal : &halves.open;

                memcpy((sealed ? personal : open) + half->len, field.all.data, field.all.len);
                half->len += field.all.len;
        }
        return halves;
}

bool sealed_missing(const struct schema_table *table, const struct row_view *view)
{
        struct bytes rest = view->open;
        struct wire_field field;

        while (table->sealed_count > 0 && wire_take(&rest, &field))
                if (sealed_id(table, field.id))
                        return true;
        return false;
}

static void remember(struct txn *txn, struct bytes sealed, struct bytes clear)
{
        txn->opened[txn->opened_next++ % OPENED_MAX] = (struct opened){sealed, clear};
}

static const struct opened *remembered(const struct txn *txn, struct bytes sealed)
{
        for (size_t i = 0; i < OPENED_MAX; i++)
                if (bytes_equal(sealed, txn->opened[i].sealed))
                        return &txn->opened[i];
        return NULL;
}

static struct bytes join(struct txn *txn, const struct halves *halves, struct bytes context,
        const uint8_t key[SEAL_KEY_LEN])
{
        size_t sealed_len = halves->personal.len + SEAL_OVERHEAD;
        uint8_t *out = arena_room(txn->arena, HEAD_MAX + sealed_len + halves->open.len);
        size_t len = wire_put_varint(out, (uint64_t)SEALED_ID << 3 | WIRE_BYTES);

        len += wire_put_varint(out + len, sealed_len);
        seal_close(key, context, halves->personal, out + len);
        remember(txn, bytes_of(out + len, sealed_len), halves->personal);
        len += sealed_len;
        if (halves->open.len > 0)
                memcpy(out + len, halves->open.data, halves->open.len);
        return bytes_of(out, len + halves->open.len);
}

struct bytes sealed_close(struct txn *txn, const struct schema_table *table,
        const struct image *image, struct bytes message)
{
        uint8_t room[2 + KEY_LEN_MAX], key[SEAL_KEY_LEN];

        if (table->sealed_count == 0)
                return message;
        struct halves halves = split(txn->arena, table, message);

        if (halves.personal.len == 0)
                return message;
        const char *owner = owner_of(txn, table, &image->place, halves.open);

        if (owner[0] == '\0') {
                txn_stick(txn, FAILED_PRECONDITION, row_reason(txn->arena, table->name, "UNOWNED"),
                        "a %s without an owner cannot hold personal data", table->name);
                return message;
        }
        if (!owner_key_need(txn, owner, key))
                return message;
        return join(txn, &halves, context_of(table, &image->place, room), key);
}

void layout_split(struct row_view *view, const struct schema_table *table)
{
        struct bytes rest = view->message;
        struct wire_field field;

        view->open = view->message;
        view->sealed = bytes_of(NULL, 0);
        if (table->sealed_count == 0 || !wire_take(&rest, &field) || field.id != SEALED_ID)
                return;
        view->open = rest;
        view->sealed = field.value;
}

static void stick(struct txn *txn, const struct schema_table *table, const struct place *place,
        const char *reason, const char *sentence)
{
        txn_stick(txn, DATA_LOSS, reason, "%s %s: %s", table->name,
                row_key_text(txn->arena, table, place_row_key(place)), sentence);
}

size_t sealed_open(struct txn *txn, const struct schema_table *table, const struct place *place,
        const struct row_view *view, uint8_t *out)
{
        uint8_t room[2 + KEY_LEN_MAX], key[SEAL_KEY_LEN];

        const struct opened *opened = remembered(txn, view->sealed);

        if (opened != NULL) {
                memcpy(out, opened->clear.data, opened->clear.len);
                return opened->clear.len;
        }
        switch (owner_key_find(txn, owner_of(txn, table, place, view->open), key)) {
        case OWNER_KEY_FOUND:
                break;
        case OWNER_KEY_ERASED:
        case OWNER_KEY_FAILED:
                return 0;
        case OWNER_KEY_ABSENT:
                stick(txn, table, place, "OWNER_KEY_MISSING",
                        "the key of its owner, under which it is sealed, is not there");
                return 0;
        }
        if (seal_open(key, context_of(table, place, room), view->sealed, out))
                return view->sealed.len - SEAL_OVERHEAD;
        stick(txn, table, place, "ROW_SEAL", "what is personal in it is not what was sealed");
        return 0;
}
