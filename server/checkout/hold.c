/*
 * Placing an order holds stock before anything is paid, so nobody may do it without end: rule 7
 * caps the units held for one member. Their latest orders are looked at, as far back as one can
 * still be unpaid by any terms, those of now or those that it was placed under. Refused: a counter
 * on the member, which every end of an order would have to keep.
 */
#include "server/checkout/hold.h"

#include "server/order/order.h"

#define UNPAID_MOST_US ((TERMS_HOLD_MINUTES_MOST + TERMS_CLOSE_MINUTES_MOST) * TERMS_MINUTE_US)

/* Its stock is kept for a customer who has paid nothing, and could not be sent yet. */
static bool waits_by_hand(const Order *order)
{
        return order_by_hand(order) && order->state == ORDER_STATE_CONFIRMED &&
               order->payment_state == PAYMENT_STATE_UNPAID &&
               order->fulfilment_state == FULFILMENT_STATE_OPEN;
}

/* Of orders that stand, added by revisions that are not paid. */
static int64_t waiting_units(struct call *call, const char *member_id)
{
        struct scan *scan = order_revision_by_holder_id(call->txn, member_id);
        int64_t units = 0;

        for (const OrderRevision *row; (row = order_revision_next(scan)) != NULL;)
                units += row->added_units;
        return units;
}

static int64_t held_units(struct call *call, const char *member_id)
{
        struct scan *scan = order_by_member_id_latest(call->txn, member_id);
        const Order *order = order_next(scan);
        int64_t units = 0;

        /* Most people's first order is their only one. */
        if (order != NULL)
                units = waiting_units(call, member_id);
        for (; order != NULL; order = order_next(scan)) {
                if (time_us(order->place_time) < call->now_us - UNPAID_MOST_US)
                        break;
                if (order->state == ORDER_STATE_PLACED || waits_by_hand(order))
                        units += order->unit_count;
        }
        return units;
}

static enum status check(struct call *call, const char *member_id, int64_t wanted)
{
        int64_t most = call->terms->held_units_max;
        int64_t held = held_units(call, member_id);

        if (held + wanted <= most)
                return OK;
        call_fact(call, "held", "%lld", (long long)held);
        call_fact(call, "wanted", "%lld", (long long)wanted);
        call_fact(call, "limit", "%lld", (long long)most);
        return call_fail(call, FAILED_PRECONDITION, "TOO_MANY_UNITS_HELD",
                "unpaid orders of one customer hold at most %lld units; pay or cancel one first",
                (long long)most);
}

enum status hold_check(struct call *call, const Order *order)
{
        /* Staff answer for themselves; what costs nothing is paid, not held. */
        if (call_is_staff(call) || order_owed(order) == 0)
                return OK;
        return check(call, order->member_id, order->unit_count);
}

enum status hold_check_more(struct call *call, const Order *order, const struct edit *edit)
{
        bool held = edit->waits || order->state == ORDER_STATE_PLACED || waits_by_hand(order);

        if (call_is_staff(call) || !held || edit->added_units == 0)
                return OK;
        return check(call, order->member_id, edit->added_units);
}
