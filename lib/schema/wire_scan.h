#pragma once
/*
 * The walk over untrusted bytes that comes before decoding them; private to lib/schema.
 */
#include "lib/schema/decode.h"

/* True when bytes may be decoded within the limits; otherwise error says what is wrong. */
bool wire_scan(const ProtobufCMessageDescriptor *descriptor, struct bytes bytes,
        const struct decode_limits *limits, struct error *error);
