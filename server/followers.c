/*
 * Who follows the event log. A follower's handler is its domain's, declared in the domain's header.
 */
#include "server/follow.h"

#include "server/insight/followers.h"

const struct follower followers[] = {
        {.name = "insight.activity",
                .types = {"member.imported", "member.signed_up", "member.updated", "order.paid",
                        "payment.refund_opened", "payment.released"},
                .handle = insight_follow_activity},
        {.name = NULL},
};
