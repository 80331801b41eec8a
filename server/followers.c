/*
 * Who follows the event log. A follower's handler is its domain's, declared in the domain's header.
 */
#include "server/follow.h"

#include "server/insight/followers.h"
#include "server/notification/order_notices.h"

const struct follower followers[] = {
        {.name = "insight.activity",
                .types = {"member.imported", "member.signed_up", "member.updated", "order.paid",
                        "order.points_back", "payment.refund_opened", "payment.released",
                        "tier.upgraded", "tier.downgraded"},
                .handle = insight_follow_activity},
        {.name = "notification.orders",
                .types = {"order.paid", "order.cancelled", "order.expired", "shipment.shipped",
                        "shipment.delivered", "payment.attempt_ended"},
                .handle = order_notices},
        {.name = "insight.products",
                .types = {"order.paid"},
                .handle = insight_follow_products,
                .events_max = 16},
        {.name = NULL},
};
