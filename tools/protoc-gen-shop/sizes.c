/*
 * Worst sizes, from declared limits. Counted in rows as 3 bytes a code point where a text may be
 * anything (Chinese takes 3; the bound guards page use, not correctness) and 1 where the format
 * allows ASCII only; in keys as 4, because there the bound is LMDB's and hard.
 */
#include "tools/protoc-gen-shop/sizes.h"

#define TIMESTAMP_BYTES  12 /* seconds until the year 10,000 and nanoseconds */
#define ROW_TRAILER      16 /* sequence and checksum */
#define KEY_PREFIX_BYTES 4  /* table and index */
#define KEY_TEXT_END     2
#define BLIND_BYTES      32

bool sizes_has_len(const struct field *field)
{
        return field->key_class == KEY_CLASS_TEXT || field->key_class == KEY_CLASS_BYTES;
}

uint32_t sizes_len_max(const struct field *field)
{
        return field->rule->has_max_len ? field->rule->max_len : 256;
}

uint32_t sizes_items_max(const struct field *field)
{
        if (field->rule->has_max_items)
                return field->rule->max_items;
        return field->rule->child ? 2000 : 100;
}

/* One byte a code point. What holds the key of a row that exists is written as that key is. */
static bool is_ascii(const struct field *field)
{
        Shop__Format format = field->rule->format;

        if (format == SHOP__FORMAT__FORMAT_ANY && field->ref != NULL && !field->rule->weak &&
                field->ref->key[0] != NULL)
                format = field->ref->key[0]->rule->format;
        return format != SHOP__FORMAT__FORMAT_ANY && format != SHOP__FORMAT__FORMAT_LINE &&
               format != SHOP__FORMAT__FORMAT_NAME;
}

static uint64_t varint_bytes(uint64_t number)
{
        uint64_t bytes = 1;

        while (number >= 128) {
                number >>= 7;
                bytes++;
        }
        return bytes;
}

static uint64_t message_bytes(const struct message *message);

/* Of one element, without its tag. */
static uint64_t element_bytes(const struct field *field)
{
        uint64_t len = sizes_len_max(field);

        switch (field->key_class) {
        case KEY_CLASS_TEXT:
                len *= is_ascii(field) ? 1 : 3;
                return varint_bytes(len) + len;
        case KEY_CLASS_BYTES:
                return varint_bytes(len) + len;
        case KEY_CLASS_BOOL:
                return 1;
        case KEY_CLASS_UINT:
        case KEY_CLASS_INT:
                if (field->rule->has_max && field->rule->max >= 0 &&
                        (field->key_class == KEY_CLASS_UINT ||
                                (field->rule->has_min && field->rule->min >= 0)))
                        return varint_bytes((uint64_t)field->rule->max);
                return 10;
        case KEY_CLASS_ENUM:
                return 2;
        case KEY_CLASS_TIME:
                return 1 + TIMESTAMP_BYTES;
        case KEY_CLASS_NONE:
                break;
        }
        if (field->message == NULL)
                return 10;
        uint64_t inner = message_bytes(field->message);
        return varint_bytes(inner) + inner;
}

static uint64_t message_bytes(const struct message *message)
{
        uint64_t total = 0;

        for (size_t i = 0; i < message->field_count; i++) {
                const struct field *field = &message->fields[i];
                uint64_t tag = varint_bytes((uint64_t)field->proto->number << 3);
                uint64_t items = field->repeated ? sizes_items_max(field) : 1;

                if (!field->rule->child)
                        total += items * (tag + element_bytes(field));
        }
        return total;
}

uint64_t sizes_row_bytes(const struct table *table)
{
        return message_bytes(table->message) + ROW_TRAILER;
}

static uint64_t key_part_bytes(const struct field *field)
{
        if (field == NULL)
                return 0;
        if (field->key_class == KEY_CLASS_BYTES)
                return 2 * (uint64_t)sizes_len_max(field) + KEY_TEXT_END;
        if (field->key_class == KEY_CLASS_BOOL)
                return 1;
        if (field->key_class != KEY_CLASS_TEXT)
                return 8;
        return (uint64_t)sizes_len_max(field) * (is_ascii(field) ? 1 : 4) + KEY_TEXT_END;
}

uint64_t sizes_key_bytes(const struct table *table, const struct index *index)
{
        uint64_t total = KEY_PREFIX_BYTES;

        for (size_t i = 0; i < table->key_count; i++)
                total += key_part_bytes(table->key[i]);
        for (size_t i = 0; index != NULL && i < index->field_count; i++) {
                const struct field *field = index->fields[i];
                bool blind = field != NULL && index->options->blind && field->rule->personal;

                total += blind ? 2 * BLIND_BYTES + KEY_TEXT_END : key_part_bytes(field);
        }
        if (index == NULL && table->options->in != NULL)
                total += key_part_bytes(table->owner);
        return total;
}
