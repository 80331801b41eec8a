#pragma once
/*
 * What reading calls and reading replies share: taking fields off the wire, without copying.
 */
#include "lib/rpc/frame.h"

#include <stdbool.h>

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* One field as it stands on the wire. */
struct field {
        uint32_t number;
        enum wire wire;
        uint64_t value;     /* WIRE_VARINT, WIRE_FIXED64 */
        struct bytes bytes; /* WIRE_BYTES */
};

/* The next field; false when rest does not begin with one. */
bool field_take(struct bytes *rest, struct field *out);
/* Number of elements of field 1, or -1 when body is no message whose field 1 are messages. */
int64_t field_count_elements(struct bytes body);
/* One more entry of metadata; false when it is none or one too many. */
bool field_take_metadatum(struct arena *arena, struct bytes body, struct rpc_metadata *metadata);
