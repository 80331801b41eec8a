#pragma once
/*
 * Decoding what encoders write, fast; private to lib/schema.
 */
#include "lib/schema/decode.h"

/* What protobuf-c makes of the bytes, in the arena, when wire_scan lets them pass and nothing
 * unusual is in them. NULL says nothing about them: the arena is as it was, wire_scan and
 * protobuf-c judge. The descriptor is of proto3: that a required field is missing is not seen. */
void *decode_plain(struct arena *arena, const ProtobufCMessageDescriptor *descriptor,
        struct bytes bytes, const struct decode_limits *limits);
