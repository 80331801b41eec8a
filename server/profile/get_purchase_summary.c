/*
 * What a member bought, added up when it is asked for: from orders and cases, which have the
 * figures, so that there is no second account of them that could differ. Of somebody with more
 * orders than a read may look at, the latest count, and the answer says so.
 */
#include <string.h>
#include "aftersales.rows.h"
#include "checkout.rows.h"
#include "profile.handlers.h"

#define ORDERS_MAX     1000
#define CURRENCIES_MAX 16

static PurchaseTotal *total_of(struct call *call, PurchaseSummary *summary, const char *currency)
{
        for (size_t i = 0; i < summary->n_totals; i++)
                if (strcmp(summary->totals[i]->currency_code, currency) == 0)
                        return summary->totals[i];
        if (summary->n_totals == CURRENCIES_MAX)
                return NULL;
        PurchaseTotal *total = call_new(call, PurchaseTotal);

        *total = (PurchaseTotal)PURCHASE_TOTAL_INIT;
        total->currency_code = currency;
        summary->totals[summary->n_totals++] = total;
        return total;
}

/* Paid once, or to be paid by hand. */
static bool was_bought(const Order *order)
{
        return order->pay_time != NULL || order->state == ORDER_STATE_CONFIRMED;
}

static void add_order(struct call *call, PurchaseSummary *summary, const Order *order)
{
        PurchaseTotal *total = total_of(call, summary, order->currency_code);

        if (total == NULL) {
                summary->partial = true;
                return;
        }
        summary->order_count++;
        summary->unit_count += order->unit_count;
        total->captured_minor += order->captured_minor;
        total->refunded_minor += order->refunded_minor;
        if (summary->last_order_time == NULL)
                summary->last_order_time = order->place_time;
}

static void add_orders(struct call *call, PurchaseSummary *summary)
{
        struct scan *scan = order_by_member_id_latest(call->txn, summary->member_id);
        const Order *order;
        size_t n = 0;

        for (; n < ORDERS_MAX && (order = order_next(scan)) != NULL; n++)
                if (was_bought(order))
                        add_order(call, summary, order);
        summary->partial |= n == ORDERS_MAX && order_next(scan) != NULL;
}

static void add_cases(struct call *call, PurchaseSummary *summary)
{
        struct scan *scan = return_case_of(call->txn, summary->member_id);
        const ReturnCase *row;
        size_t n = 0;

        for (; n < ORDERS_MAX && (row = return_case_next(scan)) != NULL; n++)
                if (row->refund_time != NULL)
                        summary->returned_unit_count += row->unit_count;
        summary->partial |= n == ORDERS_MAX && return_case_next(scan) != NULL;
}

enum status profile_get_purchase_summary(
        struct call *call, const GetPurchaseSummaryRequest *request, PurchaseSummary *response)
{
        response->member_id = request->member_id;
        response->totals = call_array(call, PurchaseTotal *, CURRENCIES_MAX);
        add_orders(call, response);
        add_cases(call, response);
        return OK;
}
