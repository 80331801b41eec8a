/* How the sandbox gateway answers is a row, so that a test can change it while the shop runs. */
#include "notification.handlers.h"

enum status notification_set_sandbox_channel(
        struct call *call, const SetSandboxChannelRequest *request, SandboxChannel *response)
{
        SandboxChannel row = SANDBOX_CHANNEL_INIT;

        if (call->terms->message_gateway != MESSAGE_GATEWAY_SANDBOX)
                return call_fail(call, FAILED_PRECONDITION, "NO_SANDBOX",
                        "messages of this shop do not go to the sandbox gateway");
        if (request->channel == NOTIFICATION_CHANNEL_IN_APP)
                return call_fail_field(call, "channel", "NO_GATEWAY",
                        "channel: what goes into the inbox passes no gateway");
        row.channel = request->channel;
        row.delivery = request->delivery;
        if (sandbox_channel_has(call->txn, row.channel))
                sandbox_channel_update(call->txn, &row);
        else
                sandbox_channel_insert(call->txn, &row);
        call_event(call, "notification.sandbox_set", "sandbox", "", "channel", (int64_t)row.channel,
                NULL);
        call_respond(response, sandbox_channel_get(call->txn, row.channel));
        return OK;
}
