/* What stands in the way of ordering a quote, told to people and programs. */
#include "server/checkout/quote.h"

#include <stdlib.h>
#include <string.h>
#include "server/supply/supply.h"

/* A line's part in the demand for its variant. */
struct demand {
        const char *variant_id;
        int64_t quantity;
        int32_t line;
};

static int by_variant(const void *a, const void *b)
{
        const struct demand *left = a, *right = b;
        int order = strcmp(left->variant_id, right->variant_id);

        return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

/* Blocks the lines of one variant from the one on that cannot be served. */
static void check_variant(
        struct call *call, struct quote *quote, const struct demand *demands, size_t count)
{
        int64_t available = supply_available(call, demands[0].variant_id);

        for (size_t i = 0; i < count; i++) {
                available -= demands[i].quantity;
                if (available < 0)
                        quote_block(call, quote, "OUT_OF_STOCK", demands[i].line);
        }
}

void quote_check_stock(struct call *call, struct quote *quote)
{
        struct demand *demands = call_array(call, struct demand, quote->lines.n + 1);
        size_t end;

        for (size_t i = 0; i < quote->lines.n; i++)
                demands[i] = (struct demand){.variant_id = quote->lines.at[i]->variant_id,
                        .quantity = quote->lines.at[i]->quantity,
                        .line = quote->lines.at[i]->number};
        qsort(demands, quote->lines.n, sizeof(*demands), by_variant);
        for (size_t i = 0; i < quote->lines.n; i = end) {
                for (end = i + 1; end < quote->lines.n; end++)
                        if (strcmp(demands[end].variant_id, demands[i].variant_id) != 0)
                                break;
                check_variant(call, quote, demands + i, end - i);
        }
}

void quote_tell_blockers(struct call *call, struct quote *quote)
{
        Quote *answer = quote->answer;

        answer->blockers = call_array(call, const char *, quote->blocker_count);
        for (size_t i = 0; i < quote->blocker_count; i++) {
                const struct quote_blocker *blocker = &quote->blockers[i];
                char *text = blocker->line == 0 ? call_text(call, blocker->reason)
                                                : call_printf(call, "%s line %d", blocker->reason,
                                                          blocker->line);

                answer->blockers[answer->n_blockers++] = text;
        }
}
