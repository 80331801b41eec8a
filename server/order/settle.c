/*
 * What an order's states are is read off its unit table, never kept by counting events: a report
 * that comes late or twice then cannot leave the order ahead of its parcels. Only goods count; the
 * shipping fee's unit never travels.
 */
#include "fulfilment.rows.h"
#include "server/loyalty/loyalty.h"
#include "server/order/order.h"
#include "server/order/units.h"
#include "server/reward/reward.h"

struct progress {
        int64_t waiting; /* not sent yet */
        int64_t travelling;
        int64_t arrived; /* delivered, whatever became of them later */
        int64_t lost;    /* lost or back at the sender */
};

static void progress_add(struct progress *progress, const OrderLine *line)
{
        progress->waiting += units_waiting(line);
        progress->travelling += units_in(line, UNIT_STATE_IN_TRANSIT);
        progress->arrived += units_in(line, UNIT_STATE_DELIVERED) +
                             units_in(line, UNIT_STATE_IN_CASE) +
                             units_in(line, UNIT_STATE_RETURNED);
        progress->lost +=
                units_in(line, UNIT_STATE_LOST) + units_in(line, UNIT_STATE_RETURNED_TO_SENDER);
}

static FulfilmentState fulfilment_of(const struct progress *progress)
{
        if (progress->travelling + progress->arrived + progress->lost == 0)
                return FULFILMENT_STATE_OPEN;
        if (progress->waiting > 0)
                return FULFILMENT_STATE_PARTLY_SHIPPED;
        if (progress->travelling > 0 || progress->arrived == 0)
                return FULFILMENT_STATE_SHIPPED;
        return FULFILMENT_STATE_DELIVERED;
}

/* All of it was cancelled before anything left. */
static bool nothing_left(const Order *order, const struct progress *progress)
{
        return order->state == ORDER_STATE_CONFIRMED && progress->waiting == 0 &&
               fulfilment_of(progress) == FULFILMENT_STATE_OPEN;
}

/* When the last parcel that arrived was handed over; NULL while none was. */
static Timestamp *last_delivery(struct call *call, const Order *order)
{
        struct scan *scan = shipment_by_order_id(call->txn, order->id);
        Timestamp *last = NULL;

        for (const Shipment *shipment; (shipment = shipment_next(scan)) != NULL;)
                if (shipment->state == SHIPMENT_STATE_DELIVERED &&
                        time_us(shipment->end_time) > time_us(last))
                        last = shipment->end_time;
        return last;
}

void order_settle(struct call *call, Order *order)
{
        struct order_lines lines = order_lines(call, order->id);
        struct progress progress = {0};
        FulfilmentState before = order->fulfilment_state;

        for (size_t i = 0; i < lines.n; i++)
                if (lines.at[i]->kind == LINE_KIND_GOODS && !lines.at[i]->uncounted)
                        progress_add(&progress, lines.at[i]);
        order->fulfilment_state = fulfilment_of(&progress);
        if (order->fulfilment_state == FULFILMENT_STATE_DELIVERED &&
                before != FULFILMENT_STATE_DELIVERED) {
                int64_t told_us = time_us(order->deliver_time);

                order->deliver_time = last_delivery(call, order);
                /* Refunded though no parcel arrived: it was lost. */
                if (order->deliver_time == NULL)
                        order->fulfilment_state = FULFILMENT_STATE_SHIPPED;
                else if (time_us(order->deliver_time) != told_us)
                        call_event(call, "order.delivered", order->id, order->member_id, NULL);
                loyalty_order_settled(call, order);
        }
        if (nothing_left(order, &progress)) {
                order->state = ORDER_STATE_CANCELLED;
                coupon_release(call, order);
                call_event(call, "order.cancelled", order->id, order->member_id, "gross_minor",
                        order->gross_minor, NULL);
        }
        order_store(call, order);
}
