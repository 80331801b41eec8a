/* Changes the words of a template, judged as when it was made. */
#include "notification.handlers.h"
#include "server/change.h"
#include "server/notification/words.h"

enum status notification_update_notification_template(struct call *call,
        const UpdateNotificationTemplateRequest *request, NotificationTemplate *response)
{
        struct change change;
        void *row = NULL;

        if (!change_of(call, &notification_template_table, request->notification_template,
                    request->update_mask, &change))
                return call->error.code;
        enum status status = change_check(call, &change);

        if (status == OK)
                status = change_apply(call, &change, &row);
        if (status != OK || row == NULL)
                return status;
        status = words_check(call, row, "notification_template");
        if (status != OK)
                return status;
        notification_template_update(call->txn, row);
        call_event(
                call, "notification_template.updated", ((NotificationTemplate *)row)->id, "", NULL);
        *response = *notification_template_get(call->txn, ((NotificationTemplate *)row)->id);
        return OK;
}
