#pragma once
/* When and where a notice may go, for this folder. */
#include "server/call.h"
#include "membership.rows.h"
#include "notification.rows.h"
#include "notification_internal.rows.h"

/* The member's own address for a channel, "" where there is none that is verified. Lives as the
 * row. */
const char *delivery_address(struct txn *txn, const Member *member, NotificationChannel channel);
/* Whether the member wants this there. */
bool delivery_wanted(struct txn *txn, const char *member_id, NotificationPurpose purpose,
        NotificationChannel channel);
/* When the quiet hours end that hold this now; 0: it may go. */
int64_t delivery_quiet_end_us(const struct trade_terms *terms, NotificationPurpose purpose,
        NotificationChannel channel, int64_t now_us);
