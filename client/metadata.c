/*
 * Metadata between a program's texts and the channel's bytes, and the trace that a program begins.
 * What an answer carries is copied into one block, because the channel's own copy is gone when its
 * callback returns.
 */
#include "client/client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/rpc/trace.h"

struct rpc_metadata metadata_of(struct arena *arena, const struct shop_call_options *options)
{
        if (options->metadata_count == 0)
                return (struct rpc_metadata){0};
        struct rpc_metadatum *at =
                arena_array(arena, struct rpc_metadatum, options->metadata_count);

        for (size_t i = 0; i < options->metadata_count; i++) {
                at[i].name = bytes_of_text(options->metadata[i].name);
                at[i].value = bytes_of_text(options->metadata[i].value);
        }
        return (struct rpc_metadata){at, options->metadata_count};
}

static struct bytes copy(struct arena *arena, struct bytes from)
{
        return bytes_of(arena_copy(arena, from.data, from.len), from.len);
}

struct rpc_metadata metadata_copy(struct arena *arena, const struct rpc_metadata *from)
{
        if (from->count == 0)
                return (struct rpc_metadata){0};
        struct rpc_metadatum *at = arena_array(arena, struct rpc_metadatum, from->count);

        for (size_t i = 0; i < from->count; i++) {
                at[i].name = copy(arena, from->at[i].name);
                at[i].value = copy(arena, from->at[i].value);
        }
        return (struct rpc_metadata){at, from->count};
}

static const char *put_text(char **at, struct bytes from)
{
        char *text = *at;

        if (from.len > 0)
                memcpy(text, from.data, from.len);
        text[from.len] = '\0';
        *at += from.len + 1;
        return text;
}

void metadata_fill(struct shop_metadata *metadata, const struct rpc_metadata *from)
{
        size_t size = from->count * sizeof(struct shop_metadatum);

        for (size_t i = 0; i < from->count; i++)
                size += from->at[i].name.len + from->at[i].value.len + 2;
        shop_metadata_release(metadata);
        if (from->count == 0)
                return;
        struct shop_metadatum *at = malloc(size);

        assert(at != NULL);
        char *texts = (char *)(at + from->count);

        for (size_t i = 0; i < from->count; i++) {
                at[i].name = put_text(&texts, from->at[i].name);
                at[i].value = put_text(&texts, from->at[i].value);
        }
        *metadata = (struct shop_metadata){.at = at, .count = from->count, .memory = at};
}

void shop_metadata_release(struct shop_metadata *metadata)
{
        free(metadata->memory);
        *metadata = (struct shop_metadata){0};
}

const char *shop_metadata_get(const struct shop_metadata *metadata, const char *name)
{
        for (size_t i = 0; i < metadata->count; i++)
                if (strcmp(metadata->at[i].name, name) == 0)
                        return metadata->at[i].value;
        return NULL;
}

void shop_traceparent(char out[SHOP_TRACEPARENT_SIZE])
{
        uint8_t random[(TRACE_ID_LEN + SPAN_ID_LEN) / 2];
        char hex[TRACE_ID_LEN + SPAN_ID_LEN + 1];
        struct trace trace = {.sampled = true};

        if (getrandom(random, sizeof(random), 0) != sizeof(random))
                abort();
        bytes_to_hex(bytes_of(random, sizeof(random)), hex);
        memcpy(trace.id, hex, TRACE_ID_LEN);
        trace_format(&trace, hex + TRACE_ID_LEN, out);
}

bool shop_traceparent_ok(const char *text)
{
        struct trace trace;

        return trace_parse(bytes_of_text(text), &trace);
}
