#pragma once
/*
 * Ordered keys: a tuple of values becomes bytes whose memcmp order is the tuples' order, and
 * back. Texts and bytes end in 00 00 with 00 inside written 00 FF; signed numbers, times
 * (microseconds) and enums are 8 bytes big-endian with the sign flipped, unsigned ones 8 bytes
 * big-endian, booleans one byte. A tuple's prefix is a prefix of its bytes.
 */
#include <stdbool.h>
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/schema/schema.h"

#define KEY_LEN_MAX   500
#define KEY_PARTS_MAX 8

enum key_type { KEY_TEXT, KEY_BYTES, KEY_INT, KEY_UINT, KEY_BOOL };

struct key_value {
        enum key_type type;
        union {
                const char *text; /* never NULL; NUL-terminated, valid UTF-8 */
                struct bytes bytes;
                int64_t number;   /* KEY_INT: numbers, enums, times in microseconds */
                uint64_t natural; /* KEY_UINT */
                bool flag;
        };
};

#define key_text(text_)   ((struct key_value){.type = KEY_TEXT, .text = (text_)})
#define key_int(number_)  ((struct key_value){.type = KEY_INT, .number = (number_)})
#define key_uint(number_) ((struct key_value){.type = KEY_UINT, .natural = (number_)})
#define key_bool(flag_)   ((struct key_value){.type = KEY_BOOL, .flag = (flag_)})
#define key_bytes(bytes_) ((struct key_value){.type = KEY_BYTES, .bytes = (bytes_)})

/* A key being built; too long sets overflow and keeps what fits. */
struct key {
        uint8_t data[KEY_LEN_MAX];
        size_t len;
        bool overflow;
};

static inline void key_clear(struct key *key)
{
        key->len = 0;
        key->overflow = false;
}
void key_append(struct key *key, struct key_value value);
static inline void key_append_raw(struct key *key, struct bytes bytes)
{
        size_t room = sizeof(key->data) - key->len;

        if (bytes.len > room) {
                key->overflow = true;
                bytes.len = room;
        }
        if (bytes.len > 0)
                memcpy(key->data + key->len, bytes.data, bytes.len);
        key->len += bytes.len;
}
static inline void key_append_byte(struct key *key, uint8_t byte)
{
        key_append_raw(key, bytes_of(&byte, 1));
}
static inline void key_append_u16(struct key *key, uint16_t number)
{
        const uint8_t bytes[] = {(uint8_t)(number >> 8), (uint8_t)number};

        key_append_raw(key, bytes_of(bytes, sizeof(bytes)));
}
static inline struct bytes key_bytes_of(const struct key *key)
{
        return bytes_of(key->data, key->len);
}

/* Takes one value of the given type off the front of *rest; texts go to the arena.
 * False when the bytes are not such a key. */
bool key_take(struct arena *arena, struct bytes *rest, enum key_type type, struct key_value *out);

/* The type in a key of a field: text, bytes, bool, unsigned and signed numbers, enums, and
 * google.protobuf.Timestamp as KEY_INT in microseconds (an absent one is 0). */
enum key_type key_type_of(const ProtobufCFieldDescriptor *field);
/* The value of a field of a message. */
struct key_value key_value_of(const void *message, const ProtobufCFieldDescriptor *field);
/* True where the value is zero or empty. */
bool key_value_unset(struct key_value value);
