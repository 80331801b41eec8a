/*
 * The parts that targets share. The messages are named rather than all taken: a corpus stays
 * useful when the contract grows, since a choice goes on to mean the same message.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/schema/decode.h"
#include "shop.schema.h"

uint8_t fuzz_byte(struct bytes *input)
{
        if (input->len == 0)
                return 0;
        input->len--;
        return *input->data++;
}

const struct schema_message *fuzz_message(uint8_t choice)
{
        static const char *const names[] = {
                "shop.catalog.v1.CreateProductRequest",
                "shop.catalog.v1.UpdateProductRequest",
                "shop.checkout.v1.PlaceOrderRequest",
                "shop.checkout.v1.Quote",
                "shop.cart.v1.AddCartLinesRequest",
                "shop.governance.v1.CreateServiceKeyRequest",
                "shop.supply.v1.BatchGetAvailabilityRequest",
                "shop.internal.v1.Replay",
        };
        const char *name = names[choice % (sizeof(names) / sizeof(names[0]))];
        const struct schema_message *message = schema_message(&shop_schema, name);

        assert(message != NULL);
        return message;
}

void *fuzz_decode(struct arena *arena, const struct schema_message *message, struct bytes wire)
{
        static const struct decode_limits limits = {
                .bytes_max = 1u << 20,
                .fields_max = 10000,
                .memory_max = 1u << 20,
                .refuse_unknown = true,
        };
        struct error error;

        error_init(&error, arena);
        return decode_guarded(arena, message->descriptor, wire, &limits, &error);
}
