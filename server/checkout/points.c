/*
 * Rule 0 (g): points pay, after everything is known that an order costs. They are asked for by
 * number, or as many as may be, and refused as a coupon is: the quote says why not, and goes on
 * without them.
 */
#include "server/checkout/making.h"

/* Goods after discounts, with tax, as points are earned on them. */
static int64_t goods_gross(const Quote *answer)
{
        int64_t gross = 0;

        for (size_t i = 0; i < answer->n_lines; i++)
                if (answer->lines[i]->kind == LINE_KIND_GOODS)
                        gross += answer->lines[i]->gross_minor;
        return gross;
}

void making_points(struct making *making)
{
        const struct quote_wish *wish = making->wish;
        struct quote *quote = making->quote;
        Quote *answer = quote->answer;
        const struct tender_wish tender = {.member_id = wish->cart->member_id,
                .currency_code = answer->currency_code,
                .goods_minor = goods_gross(answer),
                .payable_minor = answer->payable_minor,
                .points = wish->points,
                .most = wish->points_most};

        if (wish->points > 0 || wish->points_most)
                quote->points = loyalty_tender_offer(making->call, &tender);
        if (quote->points.refused != NULL)
                quote_block(making->call, quote, quote->points.refused, 0);
        answer->points = quote->points.points;
        answer->points_minor = quote->points.amount_minor;
        answer->due_minor = answer->payable_minor - answer->points_minor;
}
