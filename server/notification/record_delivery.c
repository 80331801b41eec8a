/*
 * The outcome of a delivery. The first one counts: a job that is performed again after a crash may
 * have sent the message twice under one id, and tells the same once more.
 */
#include "notification.handlers.h"
#include "notification_internal.rows.h"
#include "server/notification/inbox.h"

/* What the sandbox gateway took is kept, where people can see it; not of who was erased while it
 * was on its way. */
static void keep_sandbox(
        struct call *call, const Notification *row, const RecordDeliveryRequest *request)
{
        SandboxMessage message = SANDBOX_MESSAGE_INIT;

        if (sandbox_message_has(call->txn, row->id) || txn_owner_erased(call->txn, row->member_id))
                return;
        message.id = row->id;
        message.member_id = row->member_id;
        message.channel = row->channel;
        message.recipient = request->recipient;
        message.subject = request->subject;
        message.body = request->body;
        message.create_time = call_now(call);
        sandbox_message_insert(call->txn, &message);
}

/* A dead letter keeps the address that it was for, because it may be sent again; what carried a
 * code may not. */
static void forget_secret(struct call *call, const Notification *row)
{
        const NotificationSecret *secret = notification_secret_get(call->txn, row->id);

        if (secret != NULL && (row->state != NOTIFICATION_STATE_DEAD || secret->code[0] != '\0'))
                notification_secret_delete(call->txn, row->id);
}

enum status notification_record_delivery(
        struct call *call, const RecordDeliveryRequest *request, Notification *response)
{
        Notification *row = notification_get(call->txn, request->notification_id);
        bool delivered = request->state == NOTIFICATION_STATE_DELIVERED;

        if (row->state == NOTIFICATION_STATE_WAITING) {
                inbox_end(call, row, request->state, request->reason);
                forget_secret(call, row);
                row->gateway_reference = request->gateway_reference;
                if (delivered && row->channel == NOTIFICATION_CHANNEL_IN_APP) {
                        row->subject = request->subject;
                        row->body = request->body;
                } else if (delivered) {
                        keep_sandbox(call, row, request);
                }
                notification_update(call->txn, row);
                call_event(call, inbox_event(row), row->id, row->member_id, "channel",
                        (int64_t)row->channel, NULL);
        }
        call_respond(response, notification_get(call->txn, row->id));
        return OK;
}
