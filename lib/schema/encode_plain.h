#pragma once
/*
 * Encoding what nearly all messages are, fast; private to lib/schema.
 */
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/schema/schema.h"

/* The bytes that protobuf-c writes for the message, in the arena. False says nothing about it: it
 * has something unusual, and protobuf-c encodes it. The message is of proto3. */
bool encode_plain(struct arena *arena, const void *message, struct bytes *out);
