/*
 * Fields as they stand on the wire, and where they end. Nearly all numbers have one byte or two.
 */
#include "lib/rpc/frame_field.h"

static bool take_long_varint(struct bytes *rest, uint64_t *out)
{
        uint64_t value = 0;

        for (size_t i = 0; i < rest->len && i < 10; i++) {
                value |= (uint64_t)(rest->data[i] & 0x7f) << (7 * i);
                if (rest->data[i] < 0x80) {
                        rest->data += i + 1;
                        rest->len -= i + 1;
                        *out = value;
                        return true;
                }
        }
        return false;
}

static inline bool take_varint(struct bytes *rest, uint64_t *out)
{
        size_t size = rest->len > 0 && rest->data[0] < 0x80   ? 1
                      : rest->len > 1 && rest->data[1] < 0x80 ? 2
                                                              : 0;

        if (size == 0)
                return take_long_varint(rest, out);
        *out = size == 1 ? rest->data[0] : (rest->data[0] & 0x7Fu) | (uint64_t)rest->data[1] << 7;
        rest->data += size;
        rest->len -= size;
        return true;
}

static inline bool take_bytes(struct bytes *rest, uint64_t len, struct bytes *out)
{
        if (len > rest->len)
                return false;
        *out = bytes_of(rest->data, (size_t)len);
        rest->data += len;
        rest->len -= (size_t)len;
        return true;
}

static bool take_fixed64(struct bytes *rest, struct field *out)
{
        if (!take_bytes(rest, 8, &out->bytes))
                return false;
        for (size_t i = 0; i < 8; i++)
                out->value |= (uint64_t)out->bytes.data[i] << (8 * i);
        return true;
}

bool field_take(struct bytes *rest, struct field *out)
{
        uint64_t tag;

        if (!take_varint(rest, &tag) || tag >> 3 == 0 || tag > UINT32_MAX)
                return false;
        *out = (struct field){.number = (uint32_t)(tag >> 3), .wire = (enum wire)(tag & 7)};
        switch (tag & 7) {
        case WIRE_VARINT:
                return take_varint(rest, &out->value);
        case WIRE_BYTES:
                return take_varint(rest, &out->value) && take_bytes(rest, out->value, &out->bytes);
        case WIRE_FIXED64:
                return take_fixed64(rest, out);
        case WIRE_FIXED32:
                return take_bytes(rest, 4, &out->bytes);
        default:
                return false;
        }
}

int64_t field_count_elements(struct bytes body)
{
        int64_t count = 0;
        struct field field;

        while (body.len > 0) {
                if (!field_take(&body, &field))
                        return -1;
                if (field.number != 1)
                        continue;
                if (field.wire != WIRE_BYTES)
                        return -1;
                count++;
        }
        return count;
}

/* One more; the few calls that have any pay for room for all. */
bool field_take_metadatum(struct arena *arena, struct bytes body, struct rpc_metadata *metadata)
{
        struct rpc_metadatum *at = (struct rpc_metadatum *)metadata->at;
        struct field field;

        if (at == NULL)
                metadata->at = at = arena_array(arena, struct rpc_metadatum, RPC_METADATA_MAX);
        if (metadata->count == RPC_METADATA_MAX)
                return false;
        at += metadata->count++;
        while (body.len > 0) {
                if (!field_take(&body, &field))
                        return false;
                if (field.number > 2)
                        continue;
                if (field.wire != WIRE_BYTES)
                        return false;
                if (field.number == 1)
                        at->name = field.bytes;
                else
                        at->value = field.bytes;
        }
        return true;
}
