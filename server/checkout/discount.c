/*
 * Rule 0 (c), of which there is one kind: a coupon's fixed amount off the goods, split over the
 * lines by rule 4 with their amounts as weights. It comes before shipping and tax, so that tax is
 * on what is left of a line and delivery is free from what is left of the goods.
 */
#include "server/checkout/making.h"

#include "lib/base/money.h"
#include "server/reward/reward.h"

static void split(struct making *making, int64_t amount)
{
        Quote *answer = making->quote->answer;
        int64_t *weights = call_array(making->call, int64_t, answer->n_lines);
        int64_t *parts = call_array(making->call, int64_t, answer->n_lines);

        for (size_t i = 0; i < answer->n_lines; i++)
                weights[i] = answer->lines[i]->amount_minor;
        money_split(amount, weights, answer->n_lines, parts);
        for (size_t i = 0; i < answer->n_lines; i++)
                answer->lines[i]->discount_minor = parts[i];
        answer->discount_minor = amount;
}

void making_discount(struct making *making)
{
        const struct quote_wish *wish = making->wish;
        Quote *answer = making->quote->answer;
        const struct coupon_use use = {.member_id = wish->cart->member_id,
                .currency_code = making->list->currency_code,
                .goods_minor = answer->goods_minor};
        const char *reason;

        if (wish->coupon_id[0] == '\0')
                return;
        int64_t amount = coupon_worth(
                making->call, coupon_get(making->call->txn, wish->coupon_id), &use, &reason);

        if (reason != NULL)
                quote_block(making->call, making->quote, reason, 0);
        if (amount > 0)
                split(making, amount);
}
