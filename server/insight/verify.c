/*
 * What is counted while events come in must be what is there: members of segments, customers of
 * cohorts, orders of customers. Followers are a moment behind, so a customer may have paid more
 * orders than their row says; never fewer, and as many once nothing is left to follow.
 */
#include <inttypes.h>
#include <string.h>
#include "checkout.rows.h"
#include "governance.rows.h"
#include "follow_internal.rows.h"
#include "insight_internal.rows.h"
#include "server/insight/insight.h"
#include "server/insight/standing.h"

struct totals {
        int64_t customers; /* with an account and orders */
        int64_t orders;    /* theirs */
};

static void check_segments(struct verify_context *context, struct txn *txn)
{
        struct scan *scan = segment_all(txn);

        for (const Segment *segment; (segment = segment_next(scan)) != NULL;) {
                struct scan *members = segment_member_of(txn, segment->id);
                int64_t count = 0;

                scan_fleeting(members);
                while (scan_next_bytes(members).data != NULL)
                        count++;
                if (count != segment->member_count)
                        verify_fault(context, "SEGMENT_COUNT", "Segment", segment->id,
                                "member_count is %" PRId64 ", members are %" PRId64,
                                segment->member_count, count);
        }
}

/* Nothing that activity follows from is still to be followed, nor parked. */
static bool is_caught_up(struct txn *txn)
{
        const FollowerCursor *cursor = follower_cursor_get(txn, "insight.activity");
        struct key_value from = key_uint(cursor != NULL ? cursor->number + 1 : 1);
        struct scan *scan = event_all(txn);

        if (parked_event_next(parked_event_of(txn, "insight.activity")) != NULL)
                return false;
        scan_between(scan, &from, NULL);
        scan_fleeting(scan);
        for (const Event *event; (event = event_next(scan)) != NULL;)
                if (strcmp(event->type, "order.paid") == 0)
                        return false;
        return true;
}

static int64_t paid_orders(struct txn *txn, const char *member_id)
{
        struct scan *scan = order_of(txn, member_id);
        int64_t count = 0;

        for (const Order *order; (order = order_next(scan)) != NULL;)
                count += order->pay_time != NULL;
        return count;
}

static bool check_activity(struct verify_context *context, struct txn *txn,
        const CustomerActivity *row, bool caught_up)
{
        int64_t paid = paid_orders(txn, row->member_id);

        if (row->order_count <= paid && (!caught_up || row->order_count == paid))
                return true;
        verify_fault(context, "ACTIVITY_ORDERS", "CustomerActivity", row->member_id,
                "order_count is %" PRId64 ", paid orders are %" PRId64, row->order_count, paid);
        return false;
}

static void check_cohorts(
        struct verify_context *context, struct txn *txn, const struct totals *totals)
{
        struct scan *scan = cohort_month_all(txn);
        struct totals counted = {0};

        for (const CohortMonth *row; (row = cohort_month_next(scan)) != NULL;) {
                counted.customers += row->cohort == row->month ? row->member_count : 0;
                counted.orders += row->order_count;
        }
        if (counted.customers != totals->customers || counted.orders != totals->orders)
                verify_fault(context, "COHORT_SUM", "CohortMonth", "all",
                        "cohorts have %" PRId64 " members and %" PRId64
                        " orders, customers are %" PRId64 " with %" PRId64,
                        counted.customers, counted.orders, totals->customers, totals->orders);
}

static void check_products(struct verify_context *context, struct txn *txn)
{
        struct scan *scan = product_demand_all(txn);

        scan_fleeting(scan);
        for (const ProductDemand *row; (row = product_demand_next(scan)) != NULL;) {
                struct txn_memory memory = txn_memory(txn);
                struct scan *buyers = member_product_by_product_id(txn, row->product_id);
                int64_t count = 0;

                while (scan_next_bytes(buyers).data != NULL)
                        count++;
                if (count != row->buyer_count)
                        verify_fault(context, "PRODUCT_BUYERS", "ProductDemand", row->product_id,
                                "buyer_count is %" PRId64 ", buyers are %" PRId64, row->buyer_count,
                                count);
                txn_forget(txn, memory);
        }
}

void insight_verify(struct verify_context *context, struct txn *txn)
{
        bool caught_up = is_caught_up(txn);
        struct scan *scan = customer_activity_all(txn);
        struct totals totals = {0};
        bool right = true;

        scan_fleeting(scan);
        for (const CustomerActivity *row; (row = customer_activity_next(scan)) != NULL;) {
                struct txn_memory memory = txn_memory(txn);

                right &= check_activity(context, txn, row, caught_up);
                if (row->has_account && row->order_count > 0) {
                        totals.customers++;
                        totals.orders += row->order_count;
                }
                txn_forget(txn, memory);
        }
        if (right) /* else its fault is named */
                check_cohorts(context, txn, &totals);
        check_segments(context, txn);
        check_products(context, txn);
}
