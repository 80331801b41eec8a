/*
 * Edits of orders for tests: previewed and then made by the preview's fingerprint, as a customer
 * does it.
 */
#include "tests/domain/edits.h"

#include <stdio.h>
#include <string.h>

const char *edits_text(struct stall *stall, const char *format, ...)
{
        va_list args;
        char text[512];

        va_start(args, format);
        vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        return arena_printf(shop_arena(stall->shop), "{%s}", text);
}

const char *edits_remove(struct stall *stall, int line, int quantity)
{
        return edits_text(stall, "'removals':[{'number':%d,'quantity':%d}]", line, quantity);
}

const char *edits_add(struct stall *stall, enum ware ware, int quantity)
{
        return edits_text(stall, "'additions':[{'variant_id':'%s','quantity':%d}]",
                stall->variant_ids[ware], quantity);
}

const OrderEditPreview *edits_preview(
        struct stall *stall, struct persona who, const char *order_id, const char *edit)
{
        return stall_ok(
                stall, who, "checkout.PreviewOrderEdit", "{'id':'%s','edit':%s}", order_id, edit);
}

const Order *edits_make(
        struct stall *stall, struct persona who, const char *order_id, const char *edit)
{
        const OrderEditPreview *preview = edits_preview(stall, who, order_id, edit);
        const Order *order = stall_ok(stall, who, "checkout.EditOrder",
                "{'id':'%s','edit':%s,'fingerprint':'%s','reason':'other'}", order_id, edit,
                preview->fingerprint);

        shop_settle(stall->shop);
        return order;
}

/* The request with single quotes, as stall_ok takes it. */
static struct outcome try(struct stall *stall, struct persona who, const char *method, char *json)
{
        for (char *at = json; *at != '\0'; at++)
                if (*at == '\'')
                        *at = '"';
        return shop_call_json(stall->shop, who, method, json);
}

const struct error *edits_refused(struct stall *stall, struct persona who, const char *order_id,
        const char *reason, const char *edit)
{
        struct arena *arena = shop_arena(stall->shop);
        struct outcome preview = try(stall, who, "checkout.PreviewOrderEdit",
                arena_printf(arena, "{'id':'%s','edit':%s}", order_id, edit));
        struct outcome made = try(stall, who, "checkout.EditOrder",
                arena_printf(arena, "{'id':'%s','edit':%s,'fingerprint':'00'}", order_id, edit));

        assert_non_null(preview.error);
        assert_string_equal(preview.error->reason, reason);
        assert_non_null(made.error);
        /* Only what is looked up for a preview has another reason without one. */
        if (strcmp(reason, "OUT_OF_STOCK") != 0)
                assert_string_equal(made.error->reason, reason);
        return made.error;
}
