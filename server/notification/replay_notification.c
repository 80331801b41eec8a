/*
 * Sends a dead letter again, as if it were new. One that carried a code cannot be: the code went
 * with the first outcome, and whoever waits for it asks for another.
 */
#include "notification.handlers.h"
#include "server/notification/notice.h"

enum status notification_replay_notification(
        struct call *call, const ReplayNotificationRequest *request, Notification *response)
{
        Notification *row = notification_get(call->txn, request->id);
        const struct notice *notice = notice_find(row->template_key);

        if (row->state != NOTIFICATION_STATE_DEAD)
                return call_fail(call, FAILED_PRECONDITION, "NOT_DEAD",
                        "notice %s is no dead letter", row->id);
        if (notice != NULL && notice_has_code(notice))
                return call_fail(call, FAILED_PRECONDITION, "SECRET_GONE",
                        "notice %s carried a code, which is not kept", row->id);
        row->state = NOTIFICATION_STATE_WAITING;
        row->reason = "";
        row->update_time = call_now(call);
        notification_update(call->txn, row);
        call_job(call, "notification.deliver", row->id, call->now_us);
        call_event(call, "notification.replayed", row->id, row->member_id, NULL);
        call_respond(response, notification_get(call->txn, row->id));
        return OK;
}
