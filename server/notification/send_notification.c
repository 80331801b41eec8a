/* A notice that people send: of their own templates, with all variables and no other. */
#include "notification.handlers.h"

#include <string.h>
#include "server/notification/notice.h"
#include "server/notification/notification.h"

static bool has_variable(const NotificationTemplate *row, const char *name)
{
        for (size_t i = 0; i < row->n_variables; i++)
                if (strcmp(row->variables[i], name) == 0)
                        return true;
        return false;
}

static enum status check_variables(
        struct call *call, const NotificationTemplate *row, const SendNotificationRequest *request)
{
        uint32_t given = 0;

        for (size_t i = 0; i < request->n_variables; i++) {
                const char *name = request->variables[i]->name;

                if (!has_variable(row, name)) {
                        char *field = call_printf(call, "variables[%zu].name", i);

                        return call_fail_field(call, field, "UNKNOWN_VARIABLE",
                                "%s: %s has no variable %s", field, row->template_key, name);
                }
                for (size_t j = 0; j < row->n_variables; j++)
                        if (strcmp(row->variables[j], name) == 0)
                                given |= 1u << j;
        }
        for (size_t j = 0; j < row->n_variables; j++)
                if (!(given >> j & 1))
                        return call_fail_field(call, "variables", "MISSING_VARIABLE",
                                "variables: %s needs %s", row->template_key, row->variables[j]);
        return OK;
}

static struct notification compose(const SendNotificationRequest *request)
{
        struct notification out = {
                .member_id = request->member_id,
                .template_key = request->template_key,
                .dedupe_key = request->dedupe_key,
                .due_us = time_us(request->due_time),
                .expire_us = time_us(request->expire_time),
        };

        for (size_t i = 0; i < request->n_channels; i++)
                out.channels |= CHANNEL_BIT(request->channels[i]);
        for (size_t i = 0; i < request->n_variables; i++)
                out.variables[i] = (struct notification_value){
                        request->variables[i]->name, request->variables[i]->value};
        return out;
}

/* What was sent under the key, now or before; somebody else's is not shown. */
static enum status answer(struct call *call, const SendNotificationRequest *request,
        SendNotificationResponse *response)
{
        struct scan *scan = notification_by_dedupe_key(call->txn, request->dedupe_key);

        response->notifications = call_array(
                call, Notification *, SHOP__NOTIFICATION_CHANNEL__NOTIFICATION_CHANNEL_PUSH);
        for (Notification *row; (row = notification_next(scan)) != NULL;) {
                if (strcmp(row->member_id, request->member_id) != 0)
                        return call_fail_field(call, "dedupe_key", "DEDUPE_KEY_TAKEN",
                                "dedupe_key: %s was sent to somebody else", request->dedupe_key);
                response->notifications[response->n_notifications++] = row;
        }
        return OK;
}

enum status notification_send_notification(struct call *call,
        const SendNotificationRequest *request, SendNotificationResponse *response)
{
        const NotificationTemplate *row = notification_template_next(
                notification_template_by_template_key(call->txn, request->template_key));

        if (notice_find(request->template_key) != NULL)
                return call_fail_field(call, "template_key", "SHOPS_OWN_NOTICE",
                        "template_key: the shop itself sends %s", request->template_key);
        if (row == NULL)
                return call_fail_field(call, "template_key", "TEMPLATE_UNKNOWN",
                        "template_key: there is no template of %s", request->template_key);
        for (size_t i = 0; i < request->n_channels; i++)
                if (request->channels[i] == NOTIFICATION_CHANNEL_UNSPECIFIED) {
                        char *field = call_printf(call, "channels[%zu]", i);

                        return call_fail_field(
                                call, field, "REQUIRED", "%s: say which channel", field);
                }
        enum status status = check_variables(call, row, request);

        if (status != OK)
                return status;
        struct notification notification = compose(request);

        notification_send(call, &notification);
        return answer(call, request, response);
}
