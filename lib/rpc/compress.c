/*
 * One context for each thread that ever compresses: making one costs as much as a page of products.
 * Its window is small, because so is its memory then. Expanding needs no window at all: it writes
 * straight to where the bytes belong, which has exactly the size that was promised.
 */
#include "lib/rpc/compress.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <zstd.h>

#include "lib/rpc/frame.h"

#define LEVEL      1
#define WINDOW_LOG 17 /* 128 KiB */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static void free_context(void *context)
{
        ZSTD_freeCCtx(context);
}

static void make_key(void)
{
        if (pthread_key_create(&key, free_context) != 0)
                abort();
}

static ZSTD_CCtx *own_context(void)
{
        pthread_once(&once, make_key);
        ZSTD_CCtx *context = pthread_getspecific(key);

        if (context != NULL)
                return context;
        context = ZSTD_createCCtx();
        assert(context != NULL);
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, WINDOW_LOG);
        pthread_setspecific(key, context);
        return context;
}

/* The room is what it may take at most: without it, it fails. */
bool compress_shrink(struct bytes plain, struct buffer *out)
{
        if (plain.len < COMPRESS_BYTES_MIN)
                return false;
        size_t room = plain.len - plain.len / 8;
        size_t len = ZSTD_compress2(
                own_context(), buffer_reserve(out, room), room, plain.data, plain.len);

        if (ZSTD_isError(len))
                return false;
        out->len += len;
        return true;
}

bool compress_expand(struct arena *arena, struct bytes packed, size_t len, struct bytes *out)
{
        if (ZSTD_getFrameContentSize(packed.data, packed.len) != len)
                return false;
        uint8_t *room = arena_alloc(arena, len);

        *out = bytes_of(room, len);
        return ZSTD_decompress(room, len, packed.data, packed.len) == len;
}

bool compress_request(
        struct arena *arena, const struct rpc_call *call, size_t len_max, struct bytes *out)
{
        *out = call->request;
        return call->zstd_bytes == 0 ||
               (call->zstd_bytes <= len_max &&
                       compress_expand(arena, call->request, call->zstd_bytes, out));
}
