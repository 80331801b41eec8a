/* See frame_rig.h. */
#include "tests/unit/rpc/frame_rig.h"

#include <stdlib.h>

int frame_rig_open(void **state)
{
        struct frame_rig *f = calloc(1, sizeof(*f));

        arena_init(&f->arena);
        error_init(&f->error, &f->arena);
        random_seed(&f->random, 20);
        *state = f;
        return 0;
}

int frame_rig_close(void **state)
{
        struct frame_rig *f = *state;

        arena_release(&f->arena);
        buffer_release(&f->body);
        free(f);
        return 0;
}

void frame_rig_renew(struct frame_rig *f)
{
        arena_reset(&f->arena);
        error_init(&f->error, &f->arena);
        buffer_clear(&f->body);
}

static struct bytes random_text(struct frame_rig *f, size_t len_max)
{
        size_t len = random_below(&f->random, len_max + 1);
        char *text = arena_alloc(&f->arena, len + 1);

        for (size_t i = 0; i < len; i++)
                text[i] = (char)(0x20 + random_below(&f->random, 0x5f));
        return bytes_of(text, len);
}

uint64_t frame_random_number(struct frame_rig *f)
{
        return random_next(&f->random) >> random_below(&f->random, 64);
}

static struct rpc_metadata random_metadata(struct frame_rig *f)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
        size_t count = random_below(&f->random, 4) == 0
                               ? random_below(&f->random, RPC_METADATA_MAX + 1)
                               : 0;
        struct rpc_metadatum *at = arena_array(&f->arena, struct rpc_metadatum, count);

        for (size_t i = 0; i < count; i++) {
                size_t len = 1 + random_below(&f->random, RPC_METADATA_NAME_MAX);
                char *name = arena_alloc(&f->arena, len + 1);

                for (size_t n = 0; n < len; n++)
                        name[n] = letters[random_below(&f->random, sizeof(letters) - 1)];
                at[i] = (struct rpc_metadatum){bytes_of(name, len), random_text(f, 30)};
        }
        return (struct rpc_metadata){at, count};
}

struct rpc_call frame_random_call(struct frame_rig *f)
{
        return (struct rpc_call){
                .id = (uint32_t)frame_random_number(f),
                .method = random_text(f, 40),
                .request = random_text(f, 300),
                .token = random_text(f, 60),
                .request_id = random_text(f, 36),
                .traceparent = random_text(f, 55),
                .accept_language = random_text(f, 10),
                .agent = random_text(f, 20),
                .metadata = random_metadata(f),
                .min_sequence = frame_random_number(f),
        };
}

void frame_fill_error(struct error *error)
{
        error_violation(error, "lines[2].quantity", "TOO_SMALL", "at least 1");
        error_violation(error, "lines[3].quantity", "TOO_LARGE", "at most 10");
        error->violations->locale = "zh";
        error->violations->localized = "\xe5\xa4\xaa\xe5\xb0\x8f";
        error_set(error, FAILED_PRECONDITION, "STOCK_SHORT", "only 3 are left");
        error_fact(error, "available", "3");
        error_fact(error, "empty", "%s", "");
        error->retry_after_ms = 250;
        error->detail_type = "shop.checkout.v1.Quote";
        error->detail = (const uint8_t *)"\x00\xff";
        error->detail_len = 2;
        error->locale = "pl";
        error->localized = "zosta\xc5\x82y 3";
}

void frame_pack(struct frame_rig *f, const void *message)
{
        size_t len = protobuf_c_message_get_packed_size(message);

        protobuf_c_message_pack(message, buffer_reserve(&f->body, len));
        f->body.len += len;
}
