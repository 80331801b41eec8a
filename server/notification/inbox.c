/*
 * How a notice ends. Variables are forgotten with it, but a dead letter keeps them, because it may
 * be sent again.
 */
#include "server/notification/inbox.h"

#include "server/notification/delivery.h"
#include "server/notification/words.h"

void inbox_end(struct call *call, Notification *row, NotificationState state, const char *reason)
{
        row->state = state;
        row->reason = reason;
        row->update_time = call_now(call);
        if (state == NOTIFICATION_STATE_DELIVERED)
                row->deliver_time = row->update_time;
        if (state != NOTIFICATION_STATE_DEAD)
                row->n_variables = 0;
}

const char *inbox_event(const Notification *row)
{
        static const char *const types[] = {
                [NOTIFICATION_STATE_UNSPECIFIED] = "",
                [NOTIFICATION_STATE_WAITING] = "notification.queued",
                [NOTIFICATION_STATE_DELIVERED] = "notification.delivered",
                [NOTIFICATION_STATE_SUPPRESSED] = "notification.suppressed",
                [NOTIFICATION_STATE_DEAD] = "notification.died",
        };

        return types[row->state];
}

void inbox_put(struct call *call, Notification *row, const Member *member)
{
        struct words_fill fill = {
                .variables = row->variables,
                .count = row->n_variables,
                .display_name = member->display_name,
        };
        struct words words;

        if (!delivery_wanted(call->txn, row->member_id, row->purpose, row->channel)) {
                inbox_end(call, row, NOTIFICATION_STATE_SUPPRESSED, "NO_CONSENT");
                return;
        }
        if (!words_find(call->txn, row->template_key, member->language, row->channel, &words)) {
                inbox_end(call, row, NOTIFICATION_STATE_DEAD, "NO_TEMPLATE");
                return;
        }
        words = words_filled(call->arena, &words, &fill);
        row->subject = words.subject;
        row->body = words.body;
        inbox_end(call, row, NOTIFICATION_STATE_DELIVERED, "");
}
