/*
 * What somebody may like, from their latest purchases and views and from what everybody buys. Stock
 * and sale are asked when it is answered, so that nothing that cannot be ordered is ever shown;
 * neighbours are rows that were computed before.
 */
#include <string.h>
#include "catalog.rows.h"
#include "insight.handlers.h"
#include "server/catalog/catalog.h"
#include "server/insight/affinity.h"
#include "server/insight/recommend.h"
#include "server/supply/supply.h"

#define COUNT_DEFAULT 10
#define PURCHASES_MAX 60 /* of the latest that speak for something */
#define VIEWS_MAX     20
#define LOOKED_MAX    400 /* candidates asked for their stock */

static void add_neighbours(struct call *call, struct affinity_sums *sums, const char *product_id,
        double weight, RecommendationReason reason)
{
        const ProductNeighbours *row = product_neighbours_get(call->txn, product_id);

        for (size_t i = 0; row != NULL && i < row->n_neighbours; i++)
                affinity_add(sums, row->neighbours[i]->product_id,
                        weight * row->neighbours[i]->strength / AFFINITY_UNIT, product_id,
                        (int)reason);
}

static void add_purchases(struct call *call, struct affinity_sums *sums, const char *member_id)
{
        struct scan *scan = member_product_by_member_id_latest(call->txn, member_id);
        const MemberProduct *row;

        for (size_t n = 0; n < PURCHASES_MAX && (row = member_product_next(scan)) != NULL; n++)
                add_neighbours(call, sums, row->product_id,
                        affinity_purchase_weight(call->now_us - time_us(row->last_time)),
                        RECOMMENDATION_REASON_BOUGHT_TOGETHER);
}

static void add_views(struct call *call, struct affinity_sums *sums, const char *member_id)
{
        struct scan *scan = recent_view_by_member_id_latest(call->txn, member_id);
        const RecentView *row;

        for (size_t n = 0; n < VIEWS_MAX && (row = recent_view_next(scan)) != NULL; n++) {
                double weight = affinity_view_weight(call->now_us - time_us(row->view_time));

                /* What they looked at and did not buy speaks for itself too. */
                affinity_add(sums, row->product_id, weight / 2, row->product_id,
                        RECOMMENDATION_REASON_VIEWED);
                add_neighbours(call, sums, row->product_id, weight, RECOMMENDATION_REASON_VIEWED);
        }
}

static struct affinity_entry *rank(struct call *call, struct affinity_sums *sums)
{
        struct affinity_popular *popular =
                call_array(call, struct affinity_popular, AFFINITY_POPULAR);
        const TotalDemand *total = total_demand_get(call->txn, TOTAL_ID);
        struct scan *scan = product_demand_all_by_heat_latest(call->txn);
        const ProductDemand *row;
        size_t n = 0;

        while (n < AFFINITY_POPULAR && (row = product_demand_next(scan)) != NULL)
                popular[n++] = (struct affinity_popular){
                        row->product_id, affinity_heat_at(row->heat, call->now_us)};
        return affinity_rank(sums, popular, n,
                total != NULL ? affinity_heat_at(total->heat, call->now_us) : 0,
                RECOMMENDATION_REASON_POPULAR);
}

static bool can_be_ordered(struct call *call, const char *product_id)
{
        const Product *product = product_get(call->txn, product_id);
        struct scan *scan = variant_by_product_id(call->txn, product_id);
        const Variant *variant;

        if (product == NULL || product->state != PRODUCT_STATE_LISTED)
                return false;
        while ((variant = variant_next(scan)) != NULL)
                if (supply_available(call, variant->id) > 0)
                        return true;
        return false;
}

static Recommendation *recommendation(struct call *call, const struct affinity_entry *entry)
{
        Recommendation *row = call_new(call, Recommendation);

        *row = (Recommendation)RECOMMENDATION_INIT;
        row->product_id = entry->id;
        row->reason = (RecommendationReason)entry->best_kind;
        row->because_of_id = entry->best_of;
        row->score = (int32_t)(entry->weight * AFFINITY_UNIT);
        return row;
}

enum status insight_recommend(
        struct call *call, const RecommendRequest *request, RecommendResponse *response)
{
        const char *member_id = request->member_id;
        size_t count = request->count > 0 ? (size_t)request->count : COUNT_DEFAULT;
        struct affinity_sums sums;

        if (member_id[0] == '\0' && !call_is_staff(call))
                member_id = call->caller->id;
        affinity_init(&sums, call->arena);
        if (request->product_id[0] != '\0')
                add_neighbours(call, &sums, request->product_id, 1, RECOMMENDATION_REASON_VIEWED);
        else
                add_views(call, &sums, member_id);
        if (request->product_id[0] == '\0' || sums.count == 0)
                add_purchases(call, &sums, member_id);
        const struct affinity_entry *list = rank(call, &sums);

        response->recommendations = call_array(call, Recommendation *, count);
        for (size_t i = 0; i < sums.count && i < LOOKED_MAX && response->n_recommendations < count;
                i++) {
                if (strcmp(list[i].id, request->product_id) == 0 ||
                        member_product_has(call->txn, member_id, list[i].id) ||
                        !can_be_ordered(call, list[i].id))
                        continue;
                response->recommendations[response->n_recommendations++] =
                        recommendation(call, &list[i]);
        }
        return OK;
}
