#pragma once
/*
 * Large answers in fewer bytes, where the caller has said that it reads them so, and large requests
 * to a server that has said so: Zstandard at its fastest level, each for itself. Never a whole
 * message, which may carry several callers' answers: who sees their common length would learn of
 * one from the other. For the same reason (CRIME, BREACH) no answer of a method that is marked
 * secret; a request with a secret in it is never large enough (a test knows all of them).
 */
#include <stdbool.h>
#include "lib/base/arena.h"
#include "lib/base/bytes.h"

#define COMPRESS_BYTES_MIN 4096 /* smaller ones are not worth it */
#define COMPRESS_MESSAGE_MAX                                                                       \
        (16u << 20) /* of all compressed answers of a message, as they were                        \
                     */

/* False, and out is as it was: it is small, or does not shrink by an eighth. */
bool compress_shrink(struct bytes plain, struct buffer *out);
/* The arena's. False, and nothing of that size is allocated, unless it is one frame that says to
 * hold so many bytes; false too unless it does. */
bool compress_expand(struct arena *arena, struct bytes packed, size_t len, struct bytes *out);

/* A call's request as it was before it was compressed, if it was: for who takes the call, once it
 * is sure that there is room for it. False: it is not what it says, or more than len_max. */
struct rpc_call;
bool compress_request(
        struct arena *arena, const struct rpc_call *call, size_t len_max, struct bytes *out);
