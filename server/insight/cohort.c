/*
 * Counters of months, raised as orders are paid: a cohort's members are counted in a month with
 * the first order that they pay in it, which their row tells. Months are the shop's.
 */
#include "server/insight/member.h"
#include "server/insight/standing.h"

static CohortMonth *cohort_month(struct call *call, int32_t cohort, int32_t month)
{
        CohortMonth *row = cohort_month_get(call->txn, cohort, month);

        if (row != NULL)
                return row;
        row = call_new(call, CohortMonth);
        *row = (CohortMonth)COHORT_MONTH_INIT;
        row->cohort = cohort;
        row->month = month;
        cohort_month_insert(call->txn, row);
        return row;
}

static ChurnMonth *churn_month(struct call *call, int32_t month)
{
        ChurnMonth *row = churn_month_get(call->txn, month);

        if (row != NULL)
                return row;
        row = call_new(call, ChurnMonth);
        *row = (ChurnMonth)CHURN_MONTH_INIT;
        row->month = month;
        churn_month_insert(call->txn, row);
        return row;
}

static void count_new(struct call *call, int32_t month)
{
        ChurnMonth *row = churn_month(call, month);

        row->new_count++;
        churn_month_update(call->txn, row);
}

void cohort_count_order(
        struct call *call, const CustomerActivity *before, int64_t first_us, int64_t paid_us)
{
        CohortMonth *row = cohort_month(call, month_of(first_us), month_of(paid_us));

        if (before->order_count == 0 || month_of(time_us(before->last_order_time)) != row->month)
                row->member_count++;
        row->order_count++;
        row->repeat_count += before->order_count == 1;
        cohort_month_update(call->txn, row);
        if (before->order_count == 0)
                count_new(call, row->month);
}

/* What a guest ordered in between is not known any more: the months of the first and the latest
 * order count. */
void cohort_adopt(struct call *call, const CustomerActivity *activity)
{
        if (activity->order_count == 0)
                return;
        int32_t first = month_of(time_us(activity->first_order_time));
        int32_t last = month_of(time_us(activity->last_order_time));
        CohortMonth *row = cohort_month(call, first, first);

        row->member_count++;
        row->order_count += first == last ? activity->order_count : 1;
        row->repeat_count += first == last && activity->order_count > 1;
        cohort_month_update(call->txn, row);
        count_new(call, first);
        if (first == last)
                return;
        row = cohort_month(call, first, last);
        row->member_count++;
        row->order_count += activity->order_count - 1;
        row->repeat_count++;
        cohort_month_update(call->txn, row);
}

void churn_count_stage(
        struct call *call, const CustomerActivity *activity, LifecycleStage to, int64_t at_us)
{
        bool was = activity->stage == LIFECYCLE_STAGE_CHURNED;
        bool is = to == LIFECYCLE_STAGE_CHURNED;

        /* Whoever had churned without an order is new with the first. */
        if (was == is || activity->order_count == 0 || (was && activity->order_count == 1))
                return;
        ChurnMonth *row = churn_month(call, month_of(at_us));

        row->churned_count += is;
        row->won_back_count += was;
        churn_month_update(call->txn, row);
}
