/*
 * What a paid order tells of its products: who has what and how often, how much it is bought
 * lately, and that what goes with it is to be computed anew, once it has twice as many customers.
 * Neighbours are then computed by a job from a snapshot: the writer only stores the answer.
 */
#include <string.h>
#include "catalog.rows.h"
#include "checkout.rows.h"
#include "server/insight/affinity.h"
#include "server/insight/followers.h"
#include "server/insight/recommend.h"
#include "server/insight/repurchase.h"

#define BUYERS_MIN    3 /* fewer say nothing */
#define NEIGHBOUR_JOB "insight.neighbours"

static MemberProduct *member_product(
        struct call *call, const char *member_id, const char *product_id)
{
        MemberProduct *row = member_product_get(call->txn, member_id, product_id);

        if (row != NULL)
                return row;
        row = call_new(call, MemberProduct);
        *row = (MemberProduct)MEMBER_PRODUCT_INIT;
        row->member_id = member_id;
        row->product_id = product_id;
        return row;
}

static ProductDemand *product_demand(struct call *call, const char *product_id)
{
        ProductDemand *row = product_demand_get(call->txn, product_id);

        if (row != NULL)
                return row;
        row = call_new(call, ProductDemand);
        *row = (ProductDemand)PRODUCT_DEMAND_INIT;
        row->product_id = product_id;
        product_demand_insert(call->txn, row);
        return row;
}

static void heat_total(struct call *call, int64_t at_us)
{
        TotalDemand *total = total_demand_get(call->txn, TOTAL_ID);
        TotalDemand first = TOTAL_DEMAND_INIT;

        first.id = TOTAL_ID;
        if (total == NULL)
                total_demand_insert(call->txn, total = &first);
        total->heat = affinity_heat_add(total->heat, at_us);
        total_demand_update(call->txn, total);
}

/* Twice as many customers as the last time: each is then part of two computations, on average. What
 * was asked for then and did not come until there are four times as many is asked for again. */
static bool is_news(const ProductDemand *demand)
{
        int64_t before = demand->buyer_count - demand->new_count;

        return demand->buyer_count >= BUYERS_MIN &&
               demand->new_count >= (demand->computing ? 3 * before + 4 * BUYERS_MIN : before);
}

/* In one order, whatever lines it has there. */
static void buy(struct call *call, const Order *order, const char *product_id, int64_t units)
{
        MemberProduct *row = member_product(call, order->member_id, product_id);
        ProductDemand *demand = product_demand(call, product_id);
        int32_t interval_days;

        repurchase_count(call, row, order->pay_time, &interval_days);
        row->unit_count += units;
        demand->buyer_count += row->order_count == 1;
        demand->new_count += row->order_count == 1;
        demand->repeat_count += row->order_count == 2;
        if (interval_days > 0)
                repurchase_learn(call, demand, interval_days);
        demand->heat = affinity_heat_add(demand->heat, time_us(order->pay_time));
        heat_total(call, time_us(order->pay_time));
        repurchase_expect(call, row, demand);
        if (is_news(demand)) {
                demand->computing = true;
                call_job(call, NEIGHBOUR_JOB, product_id, 0);
        }
        product_demand_update(call->txn, demand);
        if (row->order_count == 1)
                member_product_insert(call->txn, row);
        else
                member_product_update(call->txn, row);
        recommend_bought(call, order->member_id, product_id, time_us(order->pay_time));
}

/* The products of the order, each once, with their units. */
static void add_products(struct call *call, const Order *order, struct affinity_sums *products)
{
        struct scan *scan = order_line_of(call->txn, order->id);

        for (const OrderLine *line; (line = order_line_next(scan)) != NULL;) {
                const Variant *variant = line->kind == LINE_KIND_GOODS && !line->uncounted
                                                 ? variant_get(call->txn, line->variant_id)
                                                 : NULL;

                if (variant != NULL)
                        affinity_add(products, variant->product_id, (double)line->quantity, "", 0);
        }
}

enum status insight_follow_products(struct call *call, const Event *event)
{
        const Order *order = order_get(call->txn, event->subject);

        if (order == NULL || order->pay_time == NULL)
                return OK;
        struct affinity_sums products;

        affinity_init(&products, call->arena);
        add_products(call, order, &products);
        for (size_t i = 0; i < products.room; i++)
                if (products.at[i].id != NULL)
                        buy(call, order, products.at[i].id, (int64_t)products.at[i].weight);
        return OK;
}
