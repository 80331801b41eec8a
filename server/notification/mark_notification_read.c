/* The first time that somebody says so is when they read it. */
#include "notification.handlers.h"

enum status notification_mark_notification_read(
        struct call *call, const MarkNotificationReadRequest *request, Notification *response)
{
        Notification *row = notification_get(call->txn, request->id);

        if (row->state != NOTIFICATION_STATE_DELIVERED ||
                row->channel != NOTIFICATION_CHANNEL_IN_APP)
                return call_fail(call, FAILED_PRECONDITION, "NOT_IN_INBOX",
                        "notice %s is not in the inbox", row->id);
        if (row->read_time == NULL) {
                row->read_time = call_now(call);
                row->update_time = row->read_time;
                notification_update(call->txn, row);
                call_event(call, "notification.read", row->id, row->member_id, NULL);
        }
        call_respond(response, notification_get(call->txn, row->id));
        return OK;
}
