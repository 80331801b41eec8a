/*
 * Faults of insight, for test_planted_faults.c.
 */
#include "insight.rows.h"
#include "insight_internal.rows.h"
#include "tests/domain/planted.h"

void segment_count_off(struct world *world, struct txn *txn)
{
        Segment segment = SEGMENT_INIT;

        segment.id = "seg";
        segment.slug = "seg";
        segment.member_count = 1;
        segment_insert(txn, &segment);
}

void customer_with_too_many_orders(struct world *world, struct txn *txn)
{
        CustomerActivity *row = customer_activity_get(txn, world->stall.alice.id);

        row->order_count++;
        customer_activity_update(txn, row);
}

void cohort_of_nobody(struct world *world, struct txn *txn)
{
        CohortMonth *row = cohort_month_next(cohort_month_all(txn));

        row->member_count++;
        cohort_month_update(txn, row);
}

void product_bought_by_nobody(struct world *world, struct txn *txn)
{
        ProductDemand *row = product_demand_next(product_demand_all(txn));

        row->buyer_count++;
        product_demand_update(txn, row);
}
